package dev.whittle.converter.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoweringTest {
    /// The notebook's network: 300 × 300 in, 75 × 75 seen.
    private static final Network CLASSIFIER = Network.create(
            NetworkSpec.imageClassifier(Shape.of(300, 300, 3), 75, true, 0.2f, List.of("defective", "ok")), 1);

    private static Network network(Layer... layers) {
        return Network.create(NetworkSpec.chain(Shape.of(12, 14, 3), List.of(layers), List.of("a", "b", "c")), 3);
    }

    private static Model lower(Network network) {
        return Lowering.lower(network, "test", "").model();
    }

    private static List<OperatorCode> operators(Model model) {
        return model.primary().operators().stream().map(Operator::code).toList();
    }

    @Test
    void onlyInferenceLayersRemainAndReLUsAreFused() {
        Model model = lower(CLASSIFIER);

        assertThat(operators(model)).containsExactly(OperatorCode.RESIZE_BILINEAR, OperatorCode.MUL,
                OperatorCode.CONV_2D, OperatorCode.MAX_POOL_2D, OperatorCode.CONV_2D, OperatorCode.MAX_POOL_2D,
                OperatorCode.CONV_2D, OperatorCode.MAX_POOL_2D, OperatorCode.RESHAPE, OperatorCode.FULLY_CONNECTED,
                OperatorCode.FULLY_CONNECTED, OperatorCode.SOFTMAX);
        assertThat(model.primary().operators().get(2).options())
                .isEqualTo(new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, Activation.RELU));
        assertThat(model.primary().operators().get(0).options()).isEqualTo(new Options.ResizeBilinear(false, true));
        assertThat(model.primary().operators().get(9).options())
                .isEqualTo(new Options.FullyConnected(Activation.RELU, false, false));
        assertThat(model.primary().operators().get(10).options())
                .isEqualTo(new Options.FullyConnected(Activation.NONE, false, false));
    }

    @Test
    void theBatchIsOpenAndTensorsAreNamedAfterLayers() {
        Model model = lower(CLASSIFIER);

        Tensor input = model.primary().tensor(model.primary().inputs().getFirst());
        Tensor output = model.primary().tensor(model.primary().outputs().getFirst());
        assertThat(input.shapeSignature()).isEqualTo(Shape.of(-1, 300, 300, 3));
        assertThat(input.shape()).isEqualTo(Shape.of(1, 300, 300, 3));
        assertThat(output.shapeSignature()).isEqualTo(Shape.of(-1, 2));
        assertThat(model.primary().tensors()).extracting(Tensor::name).contains("image", "resizing", "rescaling",
                "conv_1", "conv_1/kernel", "conv_1/bias", "max_pool_1", "flatten", "dense_2", "softmax");
        assertThat(model.signatures()).hasSize(1);
        assertThat(model.signatures().getFirst().key()).isEqualTo("serving_default");
        assertThat(model.signatures().getFirst().inputs()).containsOnly(
                Map.entry("image", model.primary().inputs().getFirst()));
        assertThat(model.signatures().getFirst().outputs()).containsOnly(
                Map.entry("probabilities", model.primary().outputs().getFirst()));
    }

    @Test
    void theFileTellsLabelsAndInputRange() {
        assertThat(ImageModelMetadata.of(lower(CLASSIFIER)))
                .contains(new ImageModelMetadata(List.of("defective", "ok"), 0, 255));
    }

    @Test
    void metadataOfAnotherKindIsNoMetadata() {
        assertThat(ImageModelMetadata.of(SampleModels.cnn(1))).isEmpty();
    }

    /// The notebook's float file has 902,552 bytes.
    @Test
    void theFloatFileIsAtMostTwoPercentOverTheNotebooks() {
        assertThat(ModelWriter.toBytes(lower(CLASSIFIER)).length).isLessThanOrEqualTo(902_552 * 102 / 100);
    }

    @Test
    void aRescalingWithAnOffsetBecomesMulAndAdd() {
        Network network = network(new Rescaling("rescaling", 1 / 127.5f, -1), new Flatten("flatten"),
                new Dense("dense", 3), new Softmax("softmax"));

        assertThat(operators(lower(network))).containsExactly(OperatorCode.MUL, OperatorCode.ADD, OperatorCode.RESHAPE,
                OperatorCode.FULLY_CONNECTED, OperatorCode.SOFTMAX);
    }

    @Test
    void aReLUBehindAnotherLayerStaysAnOperator() {
        Network network = network(new MaxPool2D("pool", 2), new ReLU("relu"), new Flatten("flatten"),
                new Dense("dense", 3), new Softmax("softmax"));

        assertThat(operators(lower(network))).containsExactly(OperatorCode.MAX_POOL_2D, OperatorCode.RELU,
                OperatorCode.RESHAPE, OperatorCode.FULLY_CONNECTED, OperatorCode.SOFTMAX);
    }

    @Test
    void fakeQuantizationIsGoneAndKnowsItsTensors() {
        FakeQuantize image = new FakeQuantize("image_range", 0.9f, true);
        FakeQuantize conv = new FakeQuantize("conv_range", 0.9f, false);
        Network network = network(new Rescaling("rescaling", 1 / 255f, 0), image,
                new Conv2D("conv", 4, 3, Padding.SAME).withFakeQuantizedKernel(), new ReLU("relu"), conv,
                new Flatten("flatten"), new Dense("dense", 3), new Softmax("softmax"));

        LoweredNetwork lowered = Lowering.lower(network, "test", "");

        assertThat(operators(lowered.model())).containsExactly(OperatorCode.MUL, OperatorCode.CONV_2D,
                OperatorCode.RESHAPE, OperatorCode.FULLY_CONNECTED, OperatorCode.SOFTMAX);
        assertThat(lowered.fakeQuantized().sequencedKeySet()).containsExactly(image, conv);
        assertThat(lowered.fakeQuantized().sequencedValues())
                .extracting(tensor -> lowered.model().primary().tensor(tensor).name())
                .containsExactly("rescaling", "conv");
    }

    @Test
    void theModelComputesWhatTheNetworkComputes() {
        Network network = network(new Resizing("resizing", 9, 10), new Rescaling("rescaling", 1 / 127.5f, -1),
                new RandomFlip("flip", true, true), new Conv2D("conv", 6, 3, 2, 1, 2, Padding.SAME),
                new ReLU("relu"), new MaxPool2D("pool", 3, 2, 1, 2, Padding.SAME), new Flatten("flatten"),
                new Dropout("dropout", 0.5f), new Dense("dense_1", 8), new ReLU("relu_2"), new Dense("dense_2", 3),
                new Softmax("softmax"));
        Model model = lower(network);
        try (Interpreter interpreter = Interpreter.of(model);
                ReferenceInterpreter reference = ReferenceInterpreter.of(model)) {
            for (int seed = 0; seed < 10; seed++) {
                float[] image = SampleModels.image(seed, 12 * 14 * 3);
                float[] expected = network.predict(image)[0];
                interpreter.input(0).putFloats(image);
                interpreter.invoke();

                assertThat(interpreter.output(0).toFloats()).containsExactly(expected, within(1e-5f));
                assertThat(reference.run(image)).containsExactly(expected, within(1e-5f));
            }
        }
    }
}
