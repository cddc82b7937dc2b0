package dev.whittle.converter.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Concat;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Initializer;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Reshape;
import dev.whittle.trainer.layer.SeparableConv2D;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Tanh;
import dev.whittle.trainer.layer.ZeroPadding;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkBuilder;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.NetworkZoo;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Each layer as the engine and the reference runtime compute it, beside the network that it comes from.
class LayerLoweringTest {
    private static final Shape IMAGE = Shape.of(9, 8, 3);

    static Network chain(Layer... layers) {
        return random(NetworkSpec.chain(IMAGE, List.of(layers), List.of()));
    }

    /// All variables random, variances positive.
    static Network random(NetworkSpec spec) {
        Network network = Network.create(spec, 3);
        SplittableRandom random = new SplittableRandom(8);
        for (Layer layer : network.layers()) {
            List<String> variables = switch (layer) {
                case BatchNorm _ -> List.of("gamma", "beta", "moving_mean", "moving_variance");
                case Conv2D conv when conv.useBias() -> List.of("bias");
                case DepthwiseConv2D conv when conv.useBias() -> List.of("bias");
                case Dense dense when dense.useBias() -> List.of("bias");
                default -> List.of();
            };
            for (String variable : variables) {
                float[] values = network.values(layer.name(), variable);
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) random.nextDouble(variable.equals("moving_variance") ? 0.5 : -1, 2);
                }
                network.assign(layer.name(), variable, values);
            }
        }
        return network;
    }

    private static Model assertSameOutputs(Network network) {
        Model model = Lowering.lower(network, "test", "").model();
        SplittableRandom random = new SplittableRandom(4);
        float[] input = new float[network.inputShape().elementCount()];
        try (Interpreter interpreter = Interpreter.of(model);
                ReferenceInterpreter reference = ReferenceInterpreter.of(model)) {
            for (int run = 0; run < 3; run++) {
                for (int i = 0; i < input.length; i++) {
                    input[i] = (float) random.nextDouble(-2, 2);
                }
                float[] expected = network.predict(input)[0];
                float largest = 1;
                for (float value : expected) {
                    largest = Math.max(largest, Math.abs(value));
                }
                interpreter.input(0).putFloats(input);
                interpreter.invoke();
                assertThat(interpreter.output(0).toFloats()).containsExactly(expected, within(1e-5f * largest));
                assertThat(reference.run(input)).containsExactly(expected, within(1e-5f * largest));
            }
        }
        return model;
    }

    private static List<OperatorCode> operators(Model model) {
        return model.primary().operators().stream().map(Operator::code).toList();
    }

    static Stream<Arguments> layers() {
        return Stream.of(
                of(OperatorCode.CONV_2D, new Conv2D("layer", 4, 3, Padding.SAME).withDilation(2, 1)),
                of(OperatorCode.CONV_2D, new Conv2D("layer", 4, 3, Padding.VALID).withStride(2).withoutBias()),
                of(OperatorCode.DEPTHWISE_CONV_2D, new DepthwiseConv2D("layer", 3, 2, Padding.SAME)),
                of(OperatorCode.DEPTHWISE_CONV_2D, new DepthwiseConv2D("layer", 2, 3, 1, 1, 2, 2, 2, Padding.VALID,
                        false, Initializer.HE_NORMAL, 0)),
                of(OperatorCode.MAX_POOL_2D, new MaxPool2D("layer", 2, 3, 2, 1, Padding.SAME)),
                of(OperatorCode.AVERAGE_POOL_2D, new AveragePool2D("layer", 3, 2, 2, 1, Padding.SAME)),
                of(OperatorCode.MEAN, new GlobalAveragePool("layer")),
                of(OperatorCode.PAD, new ZeroPadding("layer", 1, 2, 0, 3)),
                of(OperatorCode.RELU, new ReLU("layer")), of(OperatorCode.RELU6, new ReLU6("layer")),
                of(OperatorCode.LEAKY_RELU, new LeakyReLU("layer", 0.2f)),
                of(OperatorCode.HARD_SWISH, new HardSwish("layer")), of(OperatorCode.LOGISTIC, new Sigmoid("layer")),
                of(OperatorCode.TANH, new Tanh("layer")), of(OperatorCode.RESHAPE, new Flatten("layer")),
                of(OperatorCode.RESHAPE, new Reshape("layer", Shape.of(6, 36))));
    }

    private static Arguments of(OperatorCode code, Layer layer) {
        return Arguments.of(code, layer);
    }

    @ParameterizedTest
    @MethodSource("layers")
    void aLayerIsOneOperator(OperatorCode code, Layer layer) {
        assertThat(operators(assertSameOutputs(chain(layer)))).containsExactly(code);
    }

    @Test
    void normalizationAloneIsAProductAndASumThatTakesTheReLU() {
        Model model = assertSameOutputs(chain(new BatchNorm("norm"), new ReLU6("relu")));
        assertThat(operators(model)).containsExactly(OperatorCode.MUL, OperatorCode.ADD);
        assertThat(model.primary().operators().getLast().options()).isEqualTo(new Options.Add(Activation.RELU6));
    }

    @Test
    void normalizationAndActivationGoIntoTheLayerBefore() {
        Model model = assertSameOutputs(chain(new Conv2D("conv", 5, 3, Padding.SAME).withoutBias(),
                new BatchNorm("norm_1"), new Dropout("dropout", 0.1f), new ReLU6("relu_1"),
                new DepthwiseConv2D("depthwise", 3, 1, Padding.SAME), new BatchNorm("norm_2"), new ReLU("relu_2"),
                new Flatten("flatten"), new Dense("dense", 7), new BatchNorm("norm_3"), new ReLU("relu_3"),
                new Softmax("softmax")));
        assertThat(operators(model)).containsExactly(OperatorCode.CONV_2D, OperatorCode.DEPTHWISE_CONV_2D,
                OperatorCode.RESHAPE, OperatorCode.FULLY_CONNECTED, OperatorCode.SOFTMAX);
        assertThat(model.primary().operators().getFirst().options())
                .isEqualTo(new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, Activation.RELU6));
    }

    @Test
    void normalizationStaysWhereOthersTakeTheConvolutionToo() {
        NetworkBuilder network = new NetworkBuilder(IMAGE).add(new Conv2D("conv", 5, 3, Padding.SAME))
                .add(new BatchNorm("norm")).add(new ReLU("relu")).add(new Add("add"), "conv", "relu", "norm");
        assertThat(operators(assertSameOutputs(random(network.add(new ReLU("relu_2")).build(List.of())))))
                .containsExactly(OperatorCode.CONV_2D, OperatorCode.MUL, OperatorCode.ADD, OperatorCode.RELU,
                        OperatorCode.ADD, OperatorCode.ADD);
    }

    @Test
    void branchesAreJoined() {
        NetworkBuilder network = new NetworkBuilder(IMAGE).add(new Conv2D("conv", 5, 3, Padding.SAME));
        network.add(new SeparableConv2D("separable", 4, 3, 1, Padding.SAME), "conv");
        network.add(new Concat("concat"), "separable", "conv", "separable").add(new GlobalAveragePool("pool"));
        assertThat(operators(assertSameOutputs(random(network.build(List.of()))))).containsExactly(
                OperatorCode.CONV_2D, OperatorCode.DEPTHWISE_CONV_2D, OperatorCode.CONV_2D, OperatorCode.CONCATENATION,
                OperatorCode.MEAN);
    }

    @Test
    void paddingThatIsSameGoesIntoTheConvolution() {
        // Nine rows with stride 2: SAME has one row on both sides. Eight columns: none before, one after.
        Model same = assertSameOutputs(chain(new ZeroPadding("padding", 1, 1, 0, 1),
                new Conv2D("conv", 4, 3, Padding.VALID).withStride(2), new BatchNorm("norm"), new ReLU("relu")));
        assertThat(operators(same)).containsExactly(OperatorCode.CONV_2D);
        assertThat(same.primary().operators().getFirst().options())
                .isEqualTo(new Options.Conv2d(Padding.SAME, 2, 2, 1, 1, Activation.RELU));
        Model other = assertSameOutputs(chain(new ZeroPadding("padding", 1),
                new DepthwiseConv2D("conv", 3, 2, Padding.VALID)));
        assertThat(operators(other)).containsExactly(OperatorCode.PAD, OperatorCode.DEPTHWISE_CONV_2D);
        Model depthwise = assertSameOutputs(chain(new ZeroPadding("padding", 1),
                new DepthwiseConv2D("conv", 3, 1, Padding.VALID)));
        assertThat(operators(depthwise)).containsExactly(OperatorCode.DEPTHWISE_CONV_2D);
    }

    /// With the number of operators: convolutions, dense layers and additions, then pool, reshape and softmax. The autoencoder
    /// has dense layers only, the MobileNet a product for its rescaling.
    static Stream<Arguments> zoo() {
        return Stream.of(Arguments.of(NetworkZoo.resNet8(labels(10)), 9 + 1 + 3 + 3),
                Arguments.of(NetworkZoo.dsCnn(labels(12)), 9 + 1 + 3),
                Arguments.of(NetworkZoo.autoencoder(), 10),
                Arguments.of(NetworkZoo.mobileNet(labels(2)), 1 + 27 + 1 + 3));
    }

    private static List<String> labels(int count) {
        String[] labels = new String[count];
        Arrays.setAll(labels, i -> "class " + i);
        return List.of(labels);
    }

    @ParameterizedTest
    @MethodSource("zoo")
    void benchmarkNetworksComputeTheSame(NetworkSpec spec, int operatorCount) {
        Model model = assertSameOutputs(Network.create(spec, 1));
        assertThat(operators(model)).doesNotContain(OperatorCode.RELU, OperatorCode.PAD)
                .hasSize(operatorCount);
    }
}
