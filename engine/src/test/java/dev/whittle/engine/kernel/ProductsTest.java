package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Products, pools and resizing worked out by hand; that all tiers agree is [KernelTiersTest]'s.
class ProductsTest {

    private static Model model(Options options, List<Tensor> tensors) {
        List<Integer> inputs = new ArrayList<>();
        List<Integer> fed = new ArrayList<>();
        for (int i = 0; i < tensors.size() - 1; i++) {
            inputs.add(i);
            if (!tensors.get(i).isConstant()) {
                fed.add(i);
            }
        }
        int output = tensors.size() - 1;
        return new Model("test.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", tensors, fed, List.of(output),
                        List.of(new Operator(options, inputs, List.of(output), 1)))),
                List.of(), List.of());
    }

    /// Runs the operator on buffers for the inputs that are not constant: on the nested loops and on the default tier,
    /// which must agree.
    private static ByteBuffer run(Options options, ReferenceKernels reference, List<Tensor> tensors, Buffer... fed) {
        PlanOptions plan = PlanOptions.defaults().withReference(reference);
        ByteBuffer output = run(options, plan, tensors, fed);
        assertThat(run(options, plan.withTier(KernelTier.REFERENCE), tensors, fed)).isEqualTo(output);
        return output;
    }

    private static ByteBuffer run(Options options, PlanOptions plan, List<Tensor> tensors, Buffer... fed) {
        try (Interpreter interpreter = Interpreter.of(model(options, tensors), plan)) {
            for (int i = 0; i < fed.length; i++) {
                interpreter.input(i).putBytes(fed[i].bytes());
            }
            interpreter.invoke();
            return interpreter.output(0).toBytes();
        }
    }

    private static float[] floats(Options options, List<Tensor> tensors, Buffer... fed) {
        return Buffer.wrap(run(options, ReferenceKernels.REFERENCE, tensors, fed)).toFloats();
    }

    private static Tensor real(String name, int... shape) {
        return Tensor.activation(name, ElementType.FLOAT32, Shape.of(shape), null);
    }

    private static Tensor quantized(String name, ElementType type, float scale, long zeroPoint, int... shape) {
        return Tensor.activation(name, type, Shape.of(shape), QuantizationParameters.perTensor(scale, zeroPoint));
    }

    private static Tensor weights(ElementType type, float scale, Buffer codes, int... shape) {
        return Tensor.constant("w", type, Shape.of(shape), QuantizationParameters.perTensor(scale, 0), codes);
    }

    private static final Options.FullyConnected PLAIN = new Options.FullyConnected(Activation.NONE, false, false);

    @Test
    void twoBitWeightsLieLowBitsFirst() {
        // 0b11_10_01_00 holds 0, 1, -2, -1.
        Tensor weights = weights(ElementType.INT2, 1, Buffer.of((byte) 0b11_10_01_00), 1, 4);
        float[] output = floats(PLAIN, List.of(real("x", 1, 4), weights, real("y", 1, 1)),
                Buffer.ofFloats(127, 10, 100, 2));

        assertThat(output).containsExactly(10 - 200 - 2);
    }

    @Test
    void blocksOfWeightsHaveScalesOfTheirOwn() {
        // Codes 1 2 3 4 in blocks of two, scales 1 and 10; the input range 0 to 255 has scale 1 and zero point -128.
        Tensor weights = Tensor.constant("w", ElementType.INT4, Shape.of(1, 4),
                new QuantizationParameters(List.of(1f, 10f), List.of(0L, 0L), 0, 2), Buffer.of((byte) 0x21,
                        (byte) 0x43));
        float[] output = floats(new Options.FullyConnected(Activation.NONE, false, false),
                List.of(real("x", 1, 4), weights, real("y", 1, 1)), Buffer.ofFloats(255, 3, 2, 1));

        assertThat(output).containsExactly(255 + 2 * 3 + 10 * (3 * 2 + 4));
    }

    @Test
    void rowsWithoutElementsGiveZeros() {
        Tensor weights = Tensor.constant("w", ElementType.FLOAT32, Shape.of(2, 0), null, Buffer.ofFloats());
        float[] output = floats(PLAIN, List.of(real("x", 3, 0), weights, real("y", 3, 2)), Buffer.ofFloats());

        assertThat(output).containsExactly(0, 0, 0, 0, 0, 0);
    }

    @Test
    void hybridWeightsOfMinus128KeepTheirSignAsTheReferenceHasIt() {
        // Sixteen steps, so all of them in a vector; the input codes are -127 and 127.
        byte[] codes = new byte[16];
        codes[0] = Byte.MIN_VALUE;
        float[] negative = new float[16];
        negative[0] = -127;
        float[] positive = new float[16];
        positive[0] = 127;
        List<Tensor> tensors = List.of(real("x", 1, 16), weights(ElementType.INT8, 1, Buffer.of(codes), 1, 16),
                real("y", 1, 1));

        assertThat(floats(PLAIN, tensors, Buffer.ofFloats(negative))).containsExactly(-128 * 127);
        assertThat(floats(PLAIN, tensors, Buffer.ofFloats(positive))).containsExactly(-128 * 127);
    }

    @Test
    void hybridWeightsOfMinus128AreRightPastTheVectors() {
        byte[] codes = new byte[17];
        codes[16] = Byte.MIN_VALUE;
        float[] input = new float[17];
        input[16] = -127;
        List<Tensor> tensors = List.of(real("x", 1, 17), weights(ElementType.INT8, 1, Buffer.of(codes), 1, 17),
                real("y", 1, 1));

        assertThat(floats(PLAIN, tensors, Buffer.ofFloats(input))).containsExactly(128 * 127);
    }

    @Test
    void hybridTakesActivationsThatAreNoClamp() {
        Tensor weights = weights(ElementType.INT8, 0.5f, Buffer.of((byte) 2), 1, 1);
        float[] output = floats(new Options.FullyConnected(Activation.TANH, false, false),
                List.of(real("x", 1, 1), weights, real("y", 1, 1)), Buffer.ofFloats(1));

        assertThat(output).containsExactly((float) StrictMath.tanh(127 * 2 * (1f / 127 * 0.5f)));
    }

    @Test
    void sixteenBitProductsOfBothSidesAreExact() {
        // 32767 · 32767 · 2 + 1 passes what a float or an int holds.
        List<Tensor> tensors = List.of(quantized("x", ElementType.INT16, 1, 0, 1, 3),
                weights(ElementType.INT16, 1, Buffer.ofShorts((short) 32767, (short) 32767, (short) 1), 1, 3),
                quantized("y", ElementType.INT16, 1 << 17, 0, 1, 1));
        ByteBuffer output = run(PLAIN, ReferenceKernels.REFERENCE, tensors,
                Buffer.ofShorts((short) 32767, (short) 32767, (short) 1));

        assertThat(Buffer.wrap(output).toShorts()).containsExactly((short) Math.round(
                (2L * 32767 * 32767 + 1) / (double) (1 << 17)));
    }

    @Test
    void unsignedCodesWidenToSixteenBits() {
        List<Tensor> tensors = List.of(quantized("x", ElementType.UINT8, 1, 100, 1, 2),
                Tensor.constant("w", ElementType.UINT8, Shape.of(1, 2), QuantizationParameters.perTensor(1, 128),
                        Buffer.of((byte) 228, (byte) 127)),
                quantized("y", ElementType.INT16, 1, 0, 1, 1));
        ByteBuffer output = run(PLAIN, ReferenceKernels.REFERENCE, tensors, Buffer.of((byte) 200, (byte) 103));

        assertThat(Buffer.wrap(output).toShorts()).containsExactly((short) (100 * 100 - 3));
    }

    @Test
    void tiesFollowTheKernelsAskedFor() {
        // -1 · 1/4 · 2 is -1/2 after the first rounding; away from zero it is -1, up it is 0.
        Options.Conv2d options = new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, Activation.NONE);
        List<Tensor> tensors = List.of(quantized("x", ElementType.INT8, 0.25f, 0, 1, 1, 1, 1),
                weights(ElementType.INT8, 1, Buffer.of((byte) 1), 1, 1, 1, 1),
                quantized("y", ElementType.INT8, 1, 0, 1, 1, 1, 1));

        assertThat(run(options, ReferenceKernels.REFERENCE, tensors, Buffer.of((byte) -2)).get(0))
                .isEqualTo((byte) -1);
        assertThat(run(options, ReferenceKernels.OPTIMIZED, tensors, Buffer.of((byte) -2)).get(0))
                .isEqualTo((byte) 0);
    }

    @Test
    void equalScalesOfHybridConvolutionMakeTheInputSymmetric() {
        // Symmetric, 1 of a range of 127 is one code; asymmetric the range is 0 to 127 and 1 would be two.
        Options.Conv2d options = new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, Activation.NONE);
        Tensor weights = Tensor.constant("w", ElementType.INT8, Shape.of(2, 1, 2, 1),
                QuantizationParameters.perChannel(new float[]{1, 1}, new long[2], 0),
                Buffer.of((byte) 0, (byte) 1, (byte) 0, (byte) 1));
        float[] output = floats(options, List.of(real("x", 1, 1, 2, 1), weights, real("y", 1, 1, 1, 2)),
                Buffer.ofFloats(127, 1.25f));

        assertThat(output).containsExactly(1, 1);
    }

    @Test
    void transposedConvolutionSpreadsPixels() {
        // One row of two pixels, stride 2, a filter of three taps: the taps meet in the middle.
        Tensor shape = Tensor.constant("shape", ElementType.INT32, Shape.of(4), null, Buffer.ofInts(1, 1, 5, 1));
        Tensor weights = Tensor.constant("w", ElementType.FLOAT32, Shape.of(1, 1, 3, 1), null,
                Buffer.ofFloats(1, 10, 100));
        float[] output = floats(new Options.TransposeConv(Padding.VALID, 1, 2, Activation.NONE),
                List.of(shape, weights, real("x", 1, 1, 2, 1), real("y", 1, 1, 5, 1)), Buffer.ofFloats(2, 3));

        assertThat(output).containsExactly(2, 20, 200 + 3, 30, 300);
    }

    @Test
    void rowsWithoutPixelsAddNothingAndTakeNoTime() {
        Tensor shape = Tensor.constant("shape", ElementType.INT32, Shape.of(4), null, Buffer.ofInts(1, 1, 1, 1));
        Tensor weights = Tensor.constant("w", ElementType.FLOAT32, Shape.of(1, 1, 1, 1), null, Buffer.ofFloats(1));
        float[] output = floats(new Options.TransposeConv(Padding.SAME, 1, 1, Activation.NONE),
                List.of(shape, weights, real("x", 1, 1 << 29, 0, 1), real("y", 1, 1, 1, 1)), Buffer.ofFloats());

        assertThat(output).containsExactly(0);
    }

    @Test
    void convolutionInThreeDimensionsSumsOverAll() {
        float[] ones = new float[8];
        Arrays.fill(ones, 1);
        Options options = new Options.Conv3d(OperatorCode.CONV_3D, Padding.VALID, 1, 1, 1, 1, 1, 1, Activation.NONE);
        Tensor weights = Tensor.constant("w", ElementType.FLOAT32, Shape.of(2, 2, 2, 1, 1), null,
                Buffer.ofFloats(ones));
        float[] output = floats(options, List.of(real("x", 1, 2, 2, 3, 1), weights, real("y", 1, 1, 1, 2, 1)),
                Buffer.ofFloats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));

        assertThat(output).containsExactly(1 + 2 + 4 + 5 + 7 + 8 + 10 + 11, 2 + 3 + 5 + 6 + 8 + 9 + 11 + 12);
    }

    @Test
    void rawCodesMultiplyToThirtyTwoBits() {
        List<Tensor> tensors = List.of(quantized("a", ElementType.INT8, 1, 5, 1, 2),
                quantized("b", ElementType.INT8, 1, 7, 2, 1),
                Tensor.activation("y", ElementType.INT32, Shape.of(1, 1), null));
        ByteBuffer output = run(new Options.BatchMatMul(false, false, false), ReferenceKernels.REFERENCE, tensors,
                Buffer.of((byte) -128, (byte) 3), Buffer.of((byte) -128, (byte) 4));

        assertThat(Buffer.wrap(output).toInts()).containsExactly(128 * 128 + 12);
    }

    @Test
    void rootOfTheMeanSquareLeavesPaddingOut() {
        Options.Pool2d pool = new Options.Pool2d(Padding.SAME, 1, 1, 1, 2, Activation.NONE);
        float[] output = floats(new Options.L2Pool2d(pool), List.of(real("x", 1, 1, 2, 1), real("y", 1, 1, 2, 1)),
                Buffer.ofFloats(1, 7));

        assertThat(output).containsExactly(5, 7);
    }

    @Test
    void nearestNeighborRoundsDownUnlessCornersAreAligned() {
        Tensor size = Tensor.constant("size", ElementType.INT32, Shape.of(2), null, Buffer.ofInts(1, 5));
        List<Tensor> tensors = List.of(real("x", 1, 1, 3, 1), size, real("y", 1, 1, 5, 1));
        Buffer input = Buffer.ofFloats(1, 2, 3);

        assertThat(floats(new Options.ResizeNearestNeighbor(false, false), tensors, input))
                .containsExactly(1, 1, 2, 2, 3);
        assertThat(floats(new Options.ResizeNearestNeighbor(true, false), tensors, input))
                .containsExactly(1, 2, 2, 3, 3);
        assertThat(floats(new Options.ResizeNearestNeighbor(false, true), tensors, input))
                .containsExactly(1, 1, 2, 3, 3);
    }

    private static void refuses(String message, Options options, Tensor... tensors) {
        Model model = model(options, Arrays.asList(tensors));
        assertThatThrownBy(() -> Interpreter.of(model)).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] " + message);
    }

    @Test
    void productsThatDoNotMeetFail() {
        refuses("BATCH_MATMUL #0 \"y\": inputs have shapes [2, 3] and [4, 5], which meet in 3 and 4 elements, must be equal",
                new Options.BatchMatMul(false, false, false), real("a", 2, 3), real("b", 4, 5), real("y", 2, 5));
        refuses("BATCH_MATMUL #0 \"y\": inputs have shapes [3, 1, 1] and [2, 1, 1], whose leading dimensions must be equal"
                + " or 1", new Options.BatchMatMul(false, false, false), real("a", 3, 1, 1), real("b", 2, 1, 1),
                real("y", 3, 1, 1));
    }

    @Test
    void transposedConvolutionMustKeepBatchesAndChannels() {
        Tensor shape = Tensor.constant("shape", ElementType.INT32, Shape.of(4), null, Buffer.ofInts(2, 3, 3, 1));
        Tensor weights = Tensor.constant("w", ElementType.FLOAT32, Shape.of(1, 1, 1, 1), null, Buffer.ofFloats(1));
        refuses("TRANSPOSE_CONV #0 \"y\": output shape is [2, 3, 3, 1], must have the 1 batches of the input and the 1"
                + " channels of the filter", new Options.TransposeConv(Padding.SAME, 1, 1, Activation.NONE), shape,
                weights, real("x", 1, 3, 3, 1), real("y", 2, 3, 3, 1));
    }

    @Test
    void packedWeightsKeepWithinTheLimit() {
        // One output channel is padded to a panel: 100,000 bytes in the file become 13.6 MB.
        Tensor weights = weights(ElementType.INT8, 1, Buffer.of(new byte[100_000]), 1, 100_000);
        Model model = model(PLAIN, List.of(real("x", 1, 100_000), weights, real("y", 1, 1)));
        PlanOptions plan = PlanOptions.defaults().withLimits(ModelLimits.defaults().withMaxBytes(10_000_000));

        assertThatThrownBy(() -> Interpreter.of(model, plan)).isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[test.tflite] FULLY_CONNECTED #0 \"y\": needs 13600000 bytes for itself, the limit is"
                        + " 10000000");
    }

    @Test
    void filterThatSpansTooFarFails() {
        Options.Pool2d pool = new Options.Pool2d(Padding.SAME, 1, 1, Integer.MAX_VALUE, 1, Activation.NONE);
        refuses("MAX_POOL_2D #0 \"y\": filter height 2147483647 with dilation 1 spans 2147483647 elements, must span"
                + " 268435456 at most", new Options.MaxPool2d(pool), real("x", 1, 2, 2, 1), real("y", 1, 2, 2, 1));
    }
}
