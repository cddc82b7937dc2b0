package dev.whittle.quantizer.qat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.calibrate.RepresentativeImages;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.trainer.data.CastingGenerator;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkBuilder;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QuantizationAwareTrainingTest {
    private static final Shape INPUT = Shape.of(36, 36, 3);
    private static final ImageSource IMAGES = new CastingGenerator(5, 0, 96, 36);
    private static final ImageSource NO_VALIDATION = IMAGES.subset(new int[0]);

    private static Network prepared;
    private static Network aware;
    private static Model int8;

    @BeforeAll
    static void train() throws IOException {
        Network trained = Network.create(
                NetworkSpec.imageClassifier(INPUT, 32, true, 0.2f, IMAGES.classNames()), 1);
        Trainer.fit(trained, IMAGES, NO_VALIDATION, TrainingSettings.ofEpochs(2),
                List.of());
        prepared = QuantizationAwareTraining.prepare(trained,
                new RepresentativeImages(IMAGES, 20, Shape.of(1, 36, 36, 3), new Range(0, 255)));
        aware = QuantizationAwareTraining.fit(prepared.copy(), IMAGES, NO_VALIDATION, TrainingSettings.ofEpochs(1),
                new Schedule(1, 1, 1e-3f, 1e-4f), List.of());
        int8 = QuantizationAwareTraining.toInt8(aware, "qat", "", ElementType.FLOAT32, ElementType.FLOAT32);
    }

    private static FakeQuantize range(Network network, String name) {
        return network.layers().stream().filter(layer -> layer.name().equals(name)).map(FakeQuantize.class::cast)
                .findFirst().orElseThrow();
    }

    private static Tensor tensor(String name) {
        return int8.primary().tensors().stream().filter(tensor -> tensor.name().equals(name)).findFirst()
                .orElseThrow();
    }

    @Test
    void rangesThatFollowFromTheImageAreFrozenFromTheStart() {
        assertThat(range(prepared, "random_rotation/range").frozen()).isTrue();
        assertThat(prepared.quantization(range(prepared, "random_rotation/range")))
                .isEqualTo(QuantizationParameters.perTensor(1f / 255, -128));
        assertThat(range(prepared, "relu_1/range").frozen()).isFalse();
    }

    @Test
    void rangesMoveWhileTrainingAndAreFrozenInTheEnd() {
        assertThat(aware.quantization(range(aware, "relu_2/range")))
                .isNotEqualTo(prepared.quantization(range(prepared, "relu_2/range")));
        assertThat(range(aware, "relu_2/range").frozen()).isTrue();
    }

    @Test
    void theFileHoldsTheParametersThatWereTrainedWith() {
        Conv2D conv = aware.layers().stream().filter(Conv2D.class::isInstance).map(Conv2D.class::cast).findFirst()
                .orElseThrow();

        assertThat(tensor("conv_1").quantization()).isEqualTo(aware.quantization(range(aware, "relu_1/range")));
        assertThat(tensor("dense_2").quantization()).isEqualTo(aware.quantization(range(aware, "dense_2/range")));
        assertThat(tensor("conv_1/kernel").quantization()).isEqualTo(aware.kernelQuantization(conv));
    }

    /// The network rounds where the integer model rounds; what is left is the bias's rounding and softmax's table.
    @Test
    void theFileComputesWhatTheFakeQuantizedNetworkComputes() {
        float[][] expected = aware.predict(IMAGES);
        try (Interpreter interpreter = Interpreter.of(int8);
                ReferenceInterpreter reference = ReferenceInterpreter.of(int8)) {
            for (int i = 0; i < IMAGES.size(); i++) {
                float[] image = IMAGES.image(i).toFloats();
                interpreter.input(0).putFloats(image);
                interpreter.invoke();

                assertThat(interpreter.output(0).toFloats()).as("image %d", i)
                        .containsExactly(expected[i], within(6f / 256))
                        .containsExactly(reference.run(image), within(2.01f / 256));
            }
        }
    }

    /// A residual network: normalization is folded into kernels that were rounded before, channel by channel.
    @Test
    void aGraphWithNormalizationComputesTheSameInInt8() throws IOException {
        NetworkBuilder builder = new NetworkBuilder(INPUT).add(new Rescaling("rescaling", 1 / 255f, 0))
                .add(new Conv2D("conv_1", 8, 3, Padding.SAME).withStride(2)).add(new BatchNorm("norm_1", 0.5f, 1e-3f))
                .add(new ReLU("relu_1"));
        builder.add(new DepthwiseConv2D("conv_2", 3, 1, Padding.SAME)).add(new BatchNorm("norm_2", 0.5f, 1e-3f));
        NetworkSpec spec = builder.add(new Add("add"), "relu_1", "norm_2").add(new ReLU6("relu_2"))
                .add(new AveragePool2D("pool", 18, 18)).add(new Flatten("flatten"))
                .add(new Dense("logits", 2)).add(new Softmax("softmax")).build(IMAGES.classNames());
        Network trained = Network.create(spec, 1);
        Trainer.fit(trained, IMAGES, NO_VALIDATION, TrainingSettings.ofEpochs(2));
        Network graph = QuantizationAwareTraining.fit(
                QuantizationAwareTraining.prepare(trained,
                        new RepresentativeImages(IMAGES, 20, Shape.of(1, 36, 36, 3), new Range(0, 255))),
                IMAGES, NO_VALIDATION, TrainingSettings.ofEpochs(1), new Schedule(1, 1, 1e-3f, 1e-4f), List.of());
        Model model = QuantizationAwareTraining.toInt8(graph, "graph", "", ElementType.FLOAT32, ElementType.FLOAT32);
        float[][] expected = graph.predict(IMAGES);
        try (Interpreter interpreter = Interpreter.of(model)) {
            for (int i = 0; i < IMAGES.size(); i++) {
                interpreter.input(0).putFloats(IMAGES.image(i).toFloats());
                interpreter.invoke();
                assertThat(interpreter.output(0).toFloats()).as("image %d", i)
                        .containsExactly(expected[i], within(6f / 256));
            }
        }
    }

    @Test
    void aRangeThatHasSeenNothingFailsNamingTheLayer() {
        Network network = Network.create(
                NetworkSpec.imageClassifier(INPUT, 32, false, 0, IMAGES.classNames()), 1);
        Network unobserved = network.withSpec(FakeQuantization.place(network.spec(), 8));

        assertThatThrownBy(() -> QuantizationAwareTraining.toInt8(unobserved, "qat", "", ElementType.INT8,
                ElementType.INT8)).isInstanceOf(IllegalStateException.class)
                .hasMessage("layer \"rescaling/range\" has seen no activation yet");
    }
}
