package dev.whittle.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Cutout;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Fill;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GaussianNoise;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomBrightness;
import dev.whittle.trainer.layer.RandomContrast;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.RandomTranslation;
import dev.whittle.trainer.layer.RandomZoom;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.loss.Loss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkTest {
    private static final List<String> LABELS = List.of("lower", "upper");
    private static final Conv2D CONV = new Conv2D("conv", 4, 3, 2, 1, 1, Padding.SAME);
    private static final Dense DENSE = new Dense("dense", 2);

    private static Network small() {
        return Network.create(NetworkSpec.chain(Shape.of(6, 6, 3),
                List.of(new Rescaling("rescaling", 1 / 255f, 0), CONV,
                        new ReLU("relu"), new MaxPool2D("pool", 2), new Flatten("flatten"), DENSE,
                        new Softmax("softmax")),
                LABELS), 1);
    }

    @Test
    void theImageClassifierHasTheParametersOfTheNotebook() {
        NetworkSpec spec = NetworkSpec.imageClassifier(Shape.of(300, 300, 3), 75, true, 0, LABELS);
        Network network = Network.create(spec, 1);
        assertThat(network.parameterCount()).isEqualTo(224_482);
        assertThat(spec.shapes()).contains(Shape.of(75, 75, 3), Shape.of(73, 73, 16), Shape.of(36, 36, 16),
                Shape.of(34, 34, 32),
                Shape.of(15, 15, 64), Shape.of(7, 7, 64), Shape.of(3136), Shape.of(64), Shape.of(2));
    }

    @Test
    void kernelsAreGlorotUniformAndBiasesZero() {
        Network network = Network.create(NetworkSpec.imageClassifier(Shape.of(75, 75, 3), 75, true, 0, LABELS), 1);
        Conv2D conv = (Conv2D) network.layers().get(10);
        float[] filter = network.filterOhwi(conv);
        float limit = (float) Math.sqrt(6.0 / (9 * 32 + 9 * 64));
        double squares = 0;
        for (float weight : filter) {
            assertThat(Math.abs(weight)).isLessThanOrEqualTo(limit);
            squares += weight * weight;
        }
        assertThat(filter).hasSize(18_432);
        assertThat(squares / filter.length).isCloseTo(limit * limit / 3, within(0.02 * limit * limit));
        assertThat(network.bias(conv)).containsOnly(0).hasSize(64);
    }

    /// The gradient of the mean cross-entropy through a whole chain, with fused ReLU and softmax.
    @Test
    void gradientOfTheLossMatchesFiniteDifferences() {
        Network network = small();
        int[] labels = {0, 1, 1};
        float[] input = new float[3 * 108];
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < input.length; i++) {
            input[i] = random.nextInt(256);
        }
        float[] gradient = new float[network.parameterCount()];
        Execution execution = Execution.forTraining(network, 0, network.layers().size(), name -> false);
        Execution.Workspace workspace = execution.workspace(3);
        execution.refresh();
        loss(workspace, input, labels, gradient);
        Loss loss = new Loss.SparseCategoricalCrossEntropy(0);
        workspace.loss(loss, new float[]{1, 0, 0, 1, 0, 1}, new float[]{1 / 3f, 1 / 3f, 1 / 3f});
        workspace.backward(execution.lastBackward(loss), 0);
        // Small enough that no ReLU or maximum changes sides.
        float distance = 0x1p-12f;
        for (int i = 0; i < gradient.length; i++) {
            float value = network.parameters()[i];
            network.parameters()[i] = value + distance;
            execution.refresh();
            double above = loss(workspace, input, labels, gradient);
            network.parameters()[i] = value - distance;
            execution.refresh();
            double below = loss(workspace, input, labels, gradient);
            network.parameters()[i] = value;
            assertThat((double) gradient[i]).as("parameter %d", i).isCloseTo((above - below) / (2 * distance),
                    within(2e-3));
        }
    }

    private static double loss(Execution.Workspace workspace, float[] input, int[] labels, float[] gradient) {
        System.arraycopy(input, 0, workspace.input(), 0, input.length);
        workspace.step().begin(labels.length, gradient, new float[0]);
        workspace.forward();
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            sum -= Math.log(workspace.output()[i * 2 + labels[i]]);
        }
        return sum / labels.length;
    }

    @Test
    void weightsGoInAsTheyComeOut() {
        Network network = small();
        SplittableRandom random = new SplittableRandom(1);
        float[] filter = new float[4 * 3 * 2 * 3];
        float[] weights = new float[2 * 36];
        for (int i = 0; i < 72; i++) {
            filter[i] = random.nextInt(100);
            weights[i] = random.nextInt(100);
        }
        network.assign(CONV, filter, new float[]{1, 2, 3, 4});
        network.assign(DENSE, weights, new float[]{5, 6});
        assertThat(network.filterOhwi(CONV)).isEqualTo(filter);
        assertThat(network.bias(CONV)).containsExactly(1, 2, 3, 4);
        assertThat(network.weights(DENSE)).isEqualTo(weights);
        assertThat(network.bias(DENSE)).containsExactly(5, 6);
        // [filterY, filterX, inChannel, outChannel]: filterY 2, filterX 1, inChannel 1, outChannel 3.
        assertThat(network.parameters()[((2 * 2 + 1) * 3 + 1) * 4 + 3])
                .isEqualTo(filter[((3 * 3 + 2) * 2 + 1) * 3 + 1]);
        assertThat(network.parameters()[network.parameterOffset(5) + 7 * 2 + 1]).isEqualTo(weights[36 + 7]);
    }

    @Test
    void kernelScalesAreTheLargestWeightOfEachChannelOver127() {
        Network network = small();
        float[] weights = new float[72];
        weights[3] = -2.54f;
        weights[40] = 1.27f;
        network.assign(DENSE, weights, new float[2]);
        Dense quantized = DENSE.withFakeQuantizedKernel();
        List<Layer> layers = new ArrayList<>(network.layers());
        layers.set(layers.indexOf(DENSE), quantized);
        assertThat(network.withLayers(layers).kernelQuantization(quantized))
                .isEqualTo(QuantizationParameters.perChannel(new float[]{2.54f / 127, 1.27f / 127}, new long[2], 0));
    }

    @Test
    void otherLayersKeepTheWeights() {
        Network network = small();
        List<Layer> layers = new ArrayList<>(network.layers());
        layers.set(1, CONV.withFakeQuantizedKernel());
        FakeQuantize quantize = new FakeQuantize("quantize", 0.99f, false);
        layers.add(3, quantize);
        Network quantized = network.withLayers(layers);
        assertThat(quantized.parameters()).isEqualTo(network.parameters());
        assertThat(quantized.quantization(quantize)).isNull();
        quantized.assign(quantize, 0, 2.55f);
        assertThat(quantized.quantization(quantize)).isEqualTo(FakeQuantize.parametersOf(0, 2.55f));
        layers.set(3, quantize.withFrozen(true));
        assertThat(quantized.withLayers(layers).state()).containsExactly(0, 2.55f);
        layers.remove(3);
        assertThat(quantized.withLayers(layers).parameters()).isEqualTo(network.parameters());
    }

    @Test
    void aNewLayerWithParametersIsRefused() {
        Network network = small();
        List<Layer> layers = new ArrayList<>(network.layers());
        layers.set(5, new Dense("other", 2));
        assertThatThrownBy(() -> network.withLayers(layers)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("layer \"other\" has no layer of that name and shape to take its parameters from");
    }

    @Test
    void predictionsDoNotDependOnTheBatchOrTheThreads() {
        Network network = small();
        DrawnImages images = new DrawnImages(11, 6, 1);
        float[][] expected = network.predict(images);
        float[] batch = new float[11 * 108];
        for (int i = 0; i < 11; i++) {
            images.image(i).readFloats(batch, i * 108);
        }
        assertThat(network.predict(batch)).isDeepEqualTo(expected);
        try (Predictor predictor = new Predictor(network, 3)) {
            assertThat(predictor.predict(images)).isDeepEqualTo(expected);
            for (int i = 0; i < 11; i++) {
                assertThat(predictor.predict(Arrays.copyOfRange(batch, i * 108, (i + 1) * 108))[0])
                        .isEqualTo(expected[i]);
            }
        }
    }

    @Test
    void imagesOfAnotherSizeAreResizedToTheInput() {
        float[][] probabilities = small().predict(new DrawnImages(3, 20, 1));
        assertThat(probabilities).hasDimensions(3, 2);
    }

    @Test
    void aNetworkReadIsTheNetworkWritten(@TempDir Path folder) throws IOException {
        NetworkSpec spec = NetworkSpec.chain(Shape.of(9, 9, 3),
                List.of(new Resizing("resizing", 8, 7), new Rescaling("rescaling", 0.5f, -1),
                        new RandomFlip("flip", true, false),
                        new RandomRotation("rotation", 0.1f), new RandomZoom("zoom", 0.2f, Fill.WRAP),
                        new RandomTranslation("translation", 0.1f, 0.2f, Fill.constant(3)),
                        new RandomContrast("contrast", 0.3f, 0, 1), new RandomBrightness("brightness", 0.4f, -1, 1),
                        new GaussianNoise("noise", 0.05f), new Cutout("cutout", 0.25f, 0.5f),
                        CONV.withFakeQuantizedKernel(), new ReLU("relu"),
                        new FakeQuantize("quantize", 0.9f, true), new MaxPool2D("pool", 3, 2, 1, 2, Padding.SAME),
                        new Flatten("flatten"), new Dropout("dropout", 0.3f), DENSE, new Softmax("softmax")),
                List.of("größer", "kleiner"));
        Network network = Network.create(spec, 7);
        Path file = folder.resolve("net.whittle");
        network.write(file);
        Network read = Network.read(file);
        assertThat(read.spec()).isEqualTo(spec);
        assertThat(read.parameters()).isEqualTo(network.parameters());
        assertThat(read.state()).isEqualTo(network.state());
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aForeignFileIsNotANetwork(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("model.tflite"), new byte[]{28, 0, 0, 0, 'T', 'F', 'L', '3'});
        assertThatThrownBy(() -> Network.read(file)).isInstanceOf(CheckpointException.class)
                .hasMessage("[model.tflite] is not a Whittle network, which would start with \"WHITTLEN\"");
    }

    @Test
    void layersThatDoNotEndInTheLabelsAreRefused() {
        assertThatThrownBy(
                () -> NetworkSpec.chain(Shape.of(4), List.of(new Dense("dense", 3), new Softmax("softmax")), LABELS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the network has 3 outputs for 2 labels, must be as many");
        assertThatThrownBy(() -> NetworkSpec.chain(Shape.of(4), List.of(new Dense("a", 2), new Softmax("a")), LABELS))
                .hasMessage("two layers are named \"a\", names must be distinct");
    }
}
