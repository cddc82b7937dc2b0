package dev.whittle.quantizer.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.converter.write.OperatorVersions;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Quantizer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraphPreparationTest {
    private static final int HEIGHT = 6;
    private static final int WIDTH = 9;
    private static final int CHANNELS = 3;
    private static final Options.Conv2d CONV = new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, Activation.NONE);
    private static final Options.DepthwiseConv2d DEPTHWISE =
            new Options.DepthwiseConv2d(Padding.SAME, 1, 1, 1, 1, 1, Activation.NONE);
    private static final Shape IMAGE = Shape.of(-1, HEIGHT, WIDTH, CHANNELS);

    private final Random random = new Random(7);
    private final SubgraphBuilder builder = new SubgraphBuilder();
    private final int image = builder.input("image", IMAGE);

    private int normal(String name, int... shape) {
        float[] values = new float[Shape.of(shape).elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return builder.constant(name, Shape.of(shape), values);
    }

    private int conv(String name, int input) {
        return builder.operator(CONV, name, IMAGE, input, normal(name + "/kernel", CHANNELS, 3, 3, CHANNELS),
                normal(name + "/bias", CHANNELS));
    }

    private Model model(int... outputs) {
        return OperatorVersions.assign(new Model("test", Model.SCHEMA_VERSION, "",
                List.of(builder.build("main", outputs)), List.of(), List.of()));
    }

    /// The prepared model, which computes what the other does.
    private static Model prepared(Model model) {
        Model prepared = GraphPreparation.prepare(model);
        float[] input = SampleModels.centered(3, model.primary().tensor(model.primary().inputs().getFirst()).shape()
                .elementCount());
        float[] expected = run(model, input);
        float largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(run(prepared, input)).containsExactly(expected, within(1e-5f * largest));
        return prepared;
    }

    private static float[] run(Model model, float[] input) {
        try (Interpreter interpreter = Interpreter.of(model)) {
            interpreter.input(0).putFloats(input);
            interpreter.invoke();
            return interpreter.output(0).toFloats();
        }
    }

    private static List<OperatorCode> codes(Model model) {
        return model.primary().operators().stream().map(Operator::code).toList();
    }

    @Test
    void aBatchNormBehindAConvolutionIsFoldedWithTheReluBehindIt() {
        int product = builder.operator(new Options.Mul(Activation.NONE), "norm/mul", IMAGE, conv("conv", image),
                normal("norm/scale", CHANNELS));
        int sum = builder.operator(new Options.Add(Activation.NONE), "norm/add", IMAGE,
                normal("norm/offset", 1, 1, 1, CHANNELS), product);
        int relu = builder.operator(Options.Plain.RELU6, "relu", IMAGE, sum);

        Model prepared = prepared(model(relu));

        assertThat(prepared.primary().operators()).singleElement().returns(
                new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, Activation.RELU6), Operator::options);
        assertThat(prepared.primary().tensor(prepared.primary().outputs().getFirst()).name()).isEqualTo("relu");
        assertThat(prepared.primary().tensors()).hasSize(4);
    }

    @Test
    void aBatchNormBehindADepthwiseConvolutionWithoutABiasIsFolded() {
        int depthwise = builder.operator(DEPTHWISE, "depthwise", IMAGE, image, normal("kernel", 1, 3, 3, CHANNELS));
        int product = builder.operator(new Options.Mul(Activation.NONE), "mul", IMAGE, depthwise,
                normal("scale", CHANNELS));
        int difference = builder.operator(new Options.Sub(Activation.RELU, false), "sub", IMAGE, product,
                normal("mean", CHANNELS));

        assertThat(prepared(model(difference)).primary().operators()).singleElement()
                .returns(new Options.DepthwiseConv2d(Padding.SAME, 1, 1, 1, 1, 1, Activation.RELU), Operator::options);
    }

    @Test
    void aSumBehindADenseLayerBecomesItsBias() {
        Shape row = Shape.of(-1, HEIGHT * WIDTH * CHANNELS);
        int flat = builder.operator(new Options.Reshape(List.of(-1, row.dimension(1))), "flat", row, image);
        int dense = builder.operator(new Options.FullyConnected(Activation.NONE, false, false), "dense",
                Shape.of(-1, 4), flat, normal("kernel", 4, row.dimension(1)));
        int sum = builder.operator(new Options.Add(Activation.NONE), "sum", Shape.of(-1, 4), dense,
                normal("bias", 4));
        int doubled = builder.operator(new Options.Mul(Activation.NONE), "doubled", Shape.of(-1, 4), sum,
                builder.constant("two", Shape.of(), 2));

        assertThat(codes(prepared(model(doubled)))).containsExactly(OperatorCode.RESHAPE,
                OperatorCode.FULLY_CONNECTED);
    }

    @Test
    void aProductStaysBehindAnActivation() {
        int relu = builder.operator(Options.Plain.RELU, "relu", IMAGE, conv("conv", image));
        int product = builder.operator(new Options.Mul(Activation.NONE), "mul", IMAGE, relu,
                normal("scale", CHANNELS));

        assertThat(codes(prepared(model(product)))).containsExactly(OperatorCode.CONV_2D, OperatorCode.MUL);
    }

    @Test
    void aResultThatIsTakenTwiceOrSeenByCallersIsNotFolded() {
        int conv = conv("conv", image);
        int product = builder.operator(new Options.Mul(Activation.NONE), "mul", IMAGE, conv, normal("scale", CHANNELS));
        int relu = builder.operator(Options.Plain.RELU, "relu", IMAGE, product);
        int sum = builder.operator(new Options.Add(Activation.NONE), "add", IMAGE, relu, conv);

        assertThat(codes(prepared(model(sum, product)))).containsExactly(OperatorCode.CONV_2D, OperatorCode.MUL,
                OperatorCode.RELU, OperatorCode.ADD);
    }

    @Test
    void aProductWithSomethingComputedOrUnlikeChannelsIsNotFolded() {
        int computed = builder.operator(new Options.Mul(Activation.NONE), "computed", IMAGE, conv("conv", image),
                image);
        int columns = builder.operator(new Options.Mul(Activation.NONE), "columns", IMAGE, conv("conv_1", computed),
                normal("columns/scale", WIDTH, 1));

        assertThat(codes(prepared(model(columns)))).containsExactly(OperatorCode.CONV_2D, OperatorCode.MUL,
                OperatorCode.CONV_2D, OperatorCode.MUL);
    }

    @Test
    void reluIsFusedIntoASumAndLeftBehindAPool() {
        int sum = builder.operator(new Options.Add(Activation.NONE), "sum", IMAGE, image, normal("term", CHANNELS));
        int fused = builder.operator(Options.Plain.RELU, "relu", IMAGE, sum);
        int pool = builder.operator(
                new Options.AveragePool2d(new Options.Pool2d(Padding.SAME, 1, 1, 2, 2, Activation.NONE)), "pool", IMAGE,
                fused);
        int left = builder.operator(Options.Plain.RELU6, "relu6", IMAGE, pool);

        Model prepared = prepared(model(left));

        assertThat(codes(prepared)).containsExactly(OperatorCode.ADD, OperatorCode.AVERAGE_POOL_2D, OperatorCode.RELU6);
        assertThat(prepared.primary().operators().getFirst().options()).isEqualTo(new Options.Add(Activation.RELU));
    }

    /// Of an image of 6 × 9: filters of 3 × 3, zeros before and after.
    @ParameterizedTest
    @CsvSource({"1, 1,1, 1,1, true", "2, 0,1, 1,1, true", "2, 1,1, 1,1, false", "1, 0,2, 1,1, false",
        "1, 2,2, 2,2, false", "3, 0,0, 0,0, true"})
    void zerosAreFoldedWhereSamePaddingHasAsMany(int stride, int top, int bottom, int left, int right,
            boolean isFolded) {
        int height = (HEIGHT + top + bottom - 3) / stride + 1;
        int width = (WIDTH + left + right - 3) / stride + 1;
        int padded = builder.operator(Options.Plain.PAD, "pad",
                Shape.of(-1, HEIGHT + top + bottom, WIDTH + left + right, CHANNELS), image,
                builder.paddings("paddings", 0, 0, top, bottom, left, right, 0, 0));
        int conv = builder.operator(
                new Options.DepthwiseConv2d(Padding.VALID, stride, stride, 1, 1, 1, Activation.RELU), "conv",
                Shape.of(-1, height, width, CHANNELS), padded, normal("kernel", 1, 3, 3, CHANNELS),
                normal("bias", CHANNELS));

        List<OperatorCode> codes = codes(prepared(model(conv)));

        assertThat(codes).hasSize(isFolded ? 1 : 2).endsWith(OperatorCode.DEPTHWISE_CONV_2D);
    }

    @Test
    void zerosBeforeAPoolAreNotFolded() {
        int padded = builder.operator(Options.Plain.PAD, "pad", Shape.of(-1, HEIGHT + 2, WIDTH + 2, CHANNELS), image,
                builder.paddings("paddings", 0, 0, 1, 1, 1, 1, 0, 0));
        int pool = builder.operator(
                new Options.AveragePool2d(new Options.Pool2d(Padding.VALID, 1, 1, 3, 3, Activation.NONE)), "pool",
                IMAGE,
                padded);

        assertThat(codes(prepared(model(pool)))).containsExactly(OperatorCode.PAD, OperatorCode.AVERAGE_POOL_2D);
    }

    @Test
    void aModelWithNothingToFoldComesBackAsItWas() {
        Model model = model(conv("conv", image));

        assertThat(GraphPreparation.prepare(model)).isSameAs(model);
        assertThat(GraphPreparation.prepare(SampleModels.cnn(1))).isEqualTo(SampleModels.cnn(1));
    }

    @ParameterizedTest
    @CsvSource({"FLOAT16", "WEIGHT_ONLY"})
    void weightsBehindADequantizeBecomePlainWeights(Mode mode) {
        Model small = Quantizer.quantize(SampleModels.cnn(1), Recipe.of(mode));

        Subgraph prepared = prepared(small).primary();

        assertThat(prepared.operators()).extracting(Operator::code).doesNotContain(OperatorCode.DEQUANTIZE)
                .hasSameSizeAs(SampleModels.cnn(1).primary().operators());
        assertThat(prepared.tensors()).extracting(Tensor::type).containsOnly(ElementType.FLOAT32, ElementType.INT32);
    }

    @Test
    void theResidualNetworkStaysWhatItIsButForItsActivations() {
        assertThat(codes(prepared(SampleModels.residual(1)))).containsExactly(OperatorCode.CONV_2D,
                OperatorCode.DEPTHWISE_CONV_2D, OperatorCode.ADD, OperatorCode.AVERAGE_POOL_2D, OperatorCode.RESHAPE,
                OperatorCode.FULLY_CONNECTED, OperatorCode.SOFTMAX);
    }
}
