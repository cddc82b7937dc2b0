package dev.whittle.quantizer.microscope.device;

import static dev.whittle.quantizer.microscope.SmallGraph.scale;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.microscope.SmallGraph;
import java.util.List;
import org.junit.jupiter.api.Test;

class EdgeTpuTest {
    private static final QuantizationParameters ONE = scale(1, 0);
    private static final String LATE =
            "is supported, but comes after an operator on the CPU, and only the first partition is mapped";

    /// The placement of one int8 operator with an input of `shape`.
    private static Placement placed(Options options, Shape input, Shape output) {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.INT8, ONE, input.toArray());
        return EdgeTpu.map(graph.model(graph.operator(options, "y", ElementType.INT8, ONE, output, x))).placements()
                .getFirst();
    }

    /// As `placed`, with a second, constant operand of integers.
    private static Placement placed(Options options, Shape input, Shape output, int... operand) {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.INT8, ONE, input.toArray());
        int sizes = graph.ints("operand", operand);
        return EdgeTpu.map(graph.model(graph.operator(options, "y", ElementType.INT8, ONE, output, x, sizes)))
                .placements().getFirst();
    }

    private static void isMapped(Placement placement) {
        assertThat(placement.isMapped()).as(placement.reason()).isTrue();
        assertThat(placement.reason()).isEmpty();
    }

    private static void isNotMapped(Placement placement, String reason) {
        assertThat(placement.isMapped()).isFalse();
        assertThat(placement.reason()).isEqualTo(reason);
    }

    @Test
    void onlyThePartitionBeforeTheFirstUnsupportedOperatorIsMapped() {
        Mapping mapping = EdgeTpu.map(SmallGraph.leaky());

        assertThat(mapping.placements()).containsExactly(new Placement(0, "CONV_2D", "first", true, ""),
                new Placement(1, "LEAKY_RELU", "leaky", false,
                        "is not in the table of supported operations; RELU is"),
                new Placement(2, "CONV_2D", "second", false, LATE));
        assertThat(mapping.mapped()).isEqualTo(1);
        assertThat(mapping.groups()).extracting(Mapping.Group::count).containsExactly(1, 1, 1);
    }

    @Test
    void reluInPlaceOfLeakyReluLetsEverythingBeMapped() {
        Model model = SmallGraph.leaky();

        Model rewritten = Rewrite.LEAKY_RELU_TO_RELU.apply(model);

        assertThat(Rewrite.LEAKY_RELU_TO_RELU.count(model)).isEqualTo(1);
        assertThat(EdgeTpu.map(rewritten).mapped()).isEqualTo(3);
        assertThat(rewritten.primary().operators().get(1).version()).isEqualTo(2);
        assertThat(run(model)).containsExactly(-4, 8);
        assertThat(run(rewritten)).containsExactly(0, 8);
    }

    /// What −16 and 8 become.
    private static List<Integer> run(Model model) {
        try (Interpreter interpreter = Interpreter.of(model)) {
            float[] values = new float[16];
            values[0] = -16;
            values[1] = 8;
            interpreter.input(0).putFloats(values);
            interpreter.invoke();
            float[] scores = interpreter.output(0).toFloats();
            return List.of((int) scores[0], (int) scores[1]);
        }
    }

    @Test
    void branchThatDoesNotPassTheCpuStaysMapped() {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.INT8, ONE, 1, 8);
        int relu = graph.operator(Options.Plain.RELU, "relu", ElementType.INT8, ONE, Shape.of(1, 8), x);
        int round = graph.operator(Options.Plain.ELU, "elu", ElementType.INT8, ONE, Shape.of(1, 8), relu);
        int other = graph.operator(Options.Plain.TANH, "tanh", ElementType.INT8, ONE, Shape.of(1, 8), relu);

        assertThat(EdgeTpu.map(graph.model(round, other)).placements()).extracting(Placement::isMapped)
                .containsExactly(true, false, true);
    }

    @Test
    void quantizeOfAFloatInputStaysOnTheCpuAndEndsNothing() {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.FLOAT32, null, 1, 8);
        int codes = graph.operator(Options.Plain.QUANTIZE, "codes", ElementType.INT8, ONE, Shape.of(1, 8), x);
        int relu = graph.operator(Options.Plain.RELU, "relu", ElementType.INT8, ONE, Shape.of(1, 8), codes);

        List<Placement> placements = EdgeTpu.map(graph.model(relu)).placements();

        isNotMapped(placements.getFirst(),
                "works on FLOAT32 that is not quantized, expected INT8 or UINT8 with a scale");
        isMapped(placements.getLast());
    }

    @Test
    void sixteenBitActivationsAreRefused() {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.INT16, ONE, 1, 8);
        int relu = graph.operator(Options.Plain.RELU, "relu", ElementType.INT16, ONE, Shape.of(1, 8), x);

        isNotMapped(EdgeTpu.map(graph.model(relu)).placements().getFirst(),
                "works on INT16, expected INT8 or UINT8 with a scale");
    }

    @Test
    void onlyTheThreeInnermostDimensionsMayBeLarge() {
        Shape two = Shape.of(2, 4, 4, 1);
        isMapped(placed(Options.Plain.RELU, Shape.of(1, 4, 4, 3), Shape.of(1, 4, 4, 3)));
        isNotMapped(placed(Options.Plain.RELU, two, two),
                "works on the shape [2, 4, 4, 1], expected 1 in all but the three innermost dimensions");
    }

    @Test
    void pooledActivationMustNotBeFused() {
        Shape in = Shape.of(1, 4, 4, 1);
        Shape out = Shape.of(1, 2, 2, 1);
        isMapped(placed(new Options.MaxPool2d(pool(Activation.NONE)), in, out));
        isNotMapped(placed(new Options.MaxPool2d(pool(Activation.RELU)), in, out),
                "has a fused RELU, expected none");
        isNotMapped(placed(new Options.AveragePool2d(pool(Activation.RELU6)), in, out),
                "has a fused RELU6, expected none");
    }

    private static Options.Pool2d pool(Activation activation) {
        return new Options.Pool2d(Padding.VALID, 2, 2, 2, 2, activation);
    }

    @Test
    void dilationsMustBeEqual() {
        Shape shape = Shape.of(1, 4, 4, 1);
        isMapped(placed(new Options.Conv2d(Padding.SAME, 1, 1, 2, 2, Activation.RELU), shape, shape));
        isNotMapped(placed(new Options.Conv2d(Padding.SAME, 1, 1, 1, 2, Activation.NONE), shape, shape),
                "has dilations 1 and 2, expected equal ones");
    }

    @Test
    void weightsMustBeConstant() {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.INT8, ONE, 1, 4);
        int weights = graph.input("weights", ElementType.INT8, ONE, 4, 4);
        int y = graph.operator(new Options.FullyConnected(Activation.NONE, false, false), "y", ElementType.INT8, ONE,
                Shape.of(1, 4), x, weights);

        isNotMapped(EdgeTpu.map(graph.model(y)).placements().getFirst(),
                "has weights or a bias that are computed, expected constants");
    }

    @Test
    void softmaxTakesOneDimensionOfAtMostSixteenThousand() {
        isMapped(placed(new Options.Softmax(1), Shape.of(1, 16_000), Shape.of(1, 16_000)));
        isNotMapped(placed(new Options.Softmax(1), Shape.of(1, 16_001), Shape.of(1, 16_001)),
                "works on [1, 16001], expected one dimension of at most 16,000 elements");
        isNotMapped(placed(new Options.Softmax(1), Shape.of(1, 3, 4), Shape.of(1, 3, 4)),
                "works on [1, 3, 4], expected one dimension of at most 16,000 elements");
    }

    @Test
    void meanOfChannelsNeedsAMultipleOfFour() {
        Options mean = new Options.Reduce(OperatorCode.MEAN, true);
        isMapped(placed(mean, Shape.of(1, 4, 4, 6), Shape.of(1, 1, 1, 6), 1, 2));
        isMapped(placed(mean, Shape.of(1, 4, 4, 8), Shape.of(1, 4, 4, 1), -1));
        isNotMapped(placed(mean, Shape.of(1, 4, 4, 6), Shape.of(1, 4, 4, 1), 3),
                "averages 6 channels, expected a multiple of 4");
        isNotMapped(placed(mean, Shape.of(1, 4, 4, 8), Shape.of(1, 4, 4, 8), 0), "reduces the batch dimension");
    }

    @Test
    void batchIsNotPadded() {
        Shape in = Shape.of(1, 2, 2, 1);
        isMapped(placed(Options.Plain.PAD, in, Shape.of(1, 4, 4, 1), 0, 0, 1, 1, 1, 1, 0, 0));
        isNotMapped(placed(Options.Plain.PAD, in, Shape.of(2, 2, 2, 1), 0, 1, 0, 0, 0, 0, 0, 0),
                "pads the batch dimension");
    }

    @Test
    void squeezeMustNotMoveNumbers() {
        isMapped(placed(new Options.Squeeze(List.of(0, 1)), Shape.of(1, 1, 10), Shape.of(10)));
        isNotMapped(placed(new Options.Squeeze(List.of(1)), Shape.of(5, 1, 10), Shape.of(5, 10)),
                "takes away a dimension that larger ones stand before");
    }

    @Test
    void constantInAConcatenationMustBeZeros() {
        isMapped(concatenation((byte) 0));
        isNotMapped(concatenation((byte) 1),
                "has a constant input, which must be all zeros and one of two inputs");
    }

    private static Placement concatenation(byte code) {
        SmallGraph graph = new SmallGraph();
        int x = graph.input("x", ElementType.INT8, ONE, 1, 2);
        int zeros = graph.codes("zeros", ElementType.INT8, ONE, Shape.of(1, 1), code);
        return EdgeTpu.map(graph.model(graph.operator(new Options.Concatenation(1, Activation.NONE), "y",
                ElementType.INT8, ONE, Shape.of(1, 3), x, zeros))).placements().getFirst();
    }

    @Test
    void resizingIsMappedUnderACondition() {
        Placement resized = placed(new Options.ResizeBilinear(false, true), Shape.of(1, 2, 2, 1),
                Shape.of(1, 4, 4, 1), 4, 4);

        assertThat(resized.isMapped()).isTrue();
        assertThat(resized.reason()).isEqualTo("mapped, unless the compiler finds it too large or too imprecise");
    }

    @Test
    void rulesThatCouldNotBeCheckedAreNotClaimed() {
        Placement sum =
                placed(new Options.Reduce(OperatorCode.SUM, true), Shape.of(1, 4, 4, 4), Shape.of(1, 1, 1, 4), 1,
                        2);

        assertThat(sum.isMapped()).isTrue();
        assertThat(sum.reason()).isEqualTo("is said to be mapped, which is not confirmed by the published table");
        assertThat(placed(Options.Plain.RSQRT, Shape.of(1, 4), Shape.of(1, 4)).reason()).isEqualTo(sum.reason());
    }
}
