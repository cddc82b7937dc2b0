package dev.whittle.quantizer.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Concat;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Tanh;
import dev.whittle.trainer.layer.ZeroPadding;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkBuilder;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.NetworkZoo;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Networks of every layer as int8 models, beside the float model and the reference runtime.
class NetworkQuantizationTest {
    private static final Shape IMAGE = Shape.of(9, 8, 3);

    private static List<float[]> inputs(NetworkSpec spec) {
        SplittableRandom random = new SplittableRandom(4);
        List<float[]> inputs = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            float[] input = new float[spec.inputShape().elementCount()];
            for (int j = 0; j < input.length; j++) {
                input[j] = (float) random.nextDouble(-2, 2);
            }
            inputs.add(input);
        }
        return inputs;
    }

    private static Model plain(NetworkSpec spec) {
        return Lowering.lower(Network.create(spec, 2), "test", "").model();
    }

    private static Model int8(Model plain, List<float[]> inputs) {
        return Quantizer.quantize(plain, Recipe.of(Mode.INT8),
                Calibrator.minMax().calibrate(plain, inputs.stream().map(List::of).toList()),
                Ends.of(ElementType.FLOAT32));
    }

    /// The scale of what the model puts out, before the last DEQUANTIZE.
    private static float outputScale(Model int8) {
        Operator last = int8.primary().operators().getLast();
        return Objects.requireNonNull(int8.primary().tensor(last.inputs().getFirst()).quantization()).scale(0);
    }

    static Stream<Layer> layers() {
        return Stream.of(new LeakyReLU("layer", 0.2f), new HardSwish("layer"), new Sigmoid("layer"), new Tanh("layer"),
                new ZeroPadding("layer", 1, 0, 2, 1), new GlobalAveragePool("layer"), new BatchNorm("layer"));
    }

    /// A code more or less from rounding, and half a one each from quantizing the input and the output.
    @ParameterizedTest
    @MethodSource("layers")
    void aLayerAloneIsWithinTwoStepsOfFloat(Layer layer) {
        NetworkSpec spec = NetworkSpec.chain(IMAGE, List.of(layer), List.of());
        List<float[]> inputs = inputs(spec);
        Model plain = plain(spec);
        Model int8 = int8(plain, inputs);
        float inputStep = 4 / 255f;
        float tolerance = 2 * Math.max(outputScale(int8), inputStep);
        for (float[] input : inputs) {
            assertThat(Rewrites.run(int8, input)).containsExactly(Rewrites.run(plain, input), within(tolerance));
        }
        agree(int8, inputs, 1.01f * outputScale(int8));
    }

    private static void agree(Model int8, List<float[]> inputs, float tolerance) {
        assertThat(int8.primary().operators().subList(1, int8.primary().operators().size() - 1))
                .flatExtracting(Operator::outputs).extracting(output -> int8.primary().tensor((int) output))
                .extracting(Tensor::type).containsOnly(ElementType.INT8);
        try (ReferenceInterpreter reference = ReferenceInterpreter.of(int8)) {
            for (float[] input : inputs) {
                assertThat(Rewrites.run(int8, input)).containsExactly(reference.run(input), within(tolerance));
            }
        }
    }

    private static NetworkSpec branches() {
        NetworkBuilder network = new NetworkBuilder(IMAGE).add(new Conv2D("conv", 4, 3, Padding.SAME))
                .add(new HardSwish("swish"));
        network.add(new DepthwiseConv2D("left", 3, 1, Padding.SAME), "swish").add(new Tanh("tanh"));
        network.add(new Conv2D("right", 5, 1, Padding.SAME), "swish").add(new LeakyReLU("leaky"));
        network.add(new Concat("concat"), "tanh", "swish", "leaky").add(new BatchNorm("norm"));
        network.add(new Sigmoid("sigmoid"), "norm").add(new Add("add"), "norm", "sigmoid");
        return network.add(new GlobalAveragePool("pool")).add(new Dense("dense", 3)).add(new Softmax("softmax"))
                .build(List.of("a", "b", "c"));
    }

    @Test
    void partsThatAreJoinedGetTheParametersOfTheWhole() {
        Model int8 = int8(plain(branches()), inputs(branches()));
        Operator concat = Rewrites.operator(int8, OperatorCode.CONCATENATION, 0);
        var whole = int8.primary().tensor(concat.outputs().getFirst()).quantization();
        assertThat(concat.inputs()).hasSize(3)
                .allSatisfy(input -> assertThat(int8.primary().tensor(input).quantization()).isEqualTo(whole));
    }

    static Stream<NetworkSpec> networks() {
        List<String> labels = List.of("a", "b", "c");
        return Stream.of(branches(), NetworkZoo.resNet8(labels), NetworkZoo.dsCnn(labels), NetworkZoo.mobileNet(labels),
                NetworkZoo.autoencoder());
    }

    /// Two steps of the output, and a softmax moves by no more than a quarter of what its scores move apart; see
    /// `SharedModelsTest`.
    @ParameterizedTest
    @MethodSource("networks")
    void networksAgreeWithTheReferenceRuntime(NetworkSpec spec) {
        List<float[]> inputs = inputs(spec);
        Model int8 = int8(plain(spec), inputs);
        var operators = int8.primary().operators();
        Operator last = operators.get(operators.size() - 2);
        float scores = last.code() == OperatorCode.SOFTMAX
                ? Objects.requireNonNull(int8.primary().tensor(last.inputs().getFirst()).quantization()).scale(0)
                : 0;
        agree(int8, inputs, 2.01f * outputScale(int8) + scores);
    }
}
