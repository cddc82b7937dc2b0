package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.UnsupportedModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ArithmeticTest {
    private static final Options ADD = new Options.Add(Activation.NONE, true);
    private static final Options SUB = new Options.Sub(Activation.NONE, true);
    private static final Options MUL = new Options.Mul(Activation.NONE);
    private static final Options DIV = new Options.Div(Activation.NONE);

    static Buffer shorts(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            bytes.putShort((short) value);
        }
        return Buffer.wrap(bytes.flip());
    }

    static Buffer bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return Buffer.of(bytes);
    }

    private static Buffer ints(Options options, int[] a, int[] b) {
        return OneOperator.of(options).data(ElementType.INT32, Shape.of(a.length), Buffer.ofInts(a))
                .data(ElementType.INT32, Shape.of(b.length), Buffer.ofInts(b)).output(ElementType.INT32).run();
    }

    @Test
    void broadcastsAnyDimensionsOfEightAgainstEachOther() {
        Random random = new Random(5);
        for (int round = 0; round < 40; round++) {
            int rank0 = random.nextInt(9);
            int rank1 = random.nextInt(9);
            int[] shape0 = new int[rank0];
            int[] shape1 = new int[rank1];
            for (int back = 1; back <= Math.max(rank0, rank1); back++) {
                int size = 1 + random.nextInt(3);
                if (back <= rank0) {
                    shape0[rank0 - back] = random.nextInt(3) == 0 ? 1 : size;
                }
                if (back <= rank1) {
                    shape1[rank1 - back] = random.nextInt(3) == 0 ? 1 : size;
                }
            }
            float[] a = new float[Shape.of(shape0).elementCount()];
            float[] b = new float[Shape.of(shape1).elementCount()];
            for (int i = 0; i < a.length; i++) {
                a[i] = i;
            }
            for (int i = 0; i < b.length; i++) {
                b[i] = 10_000 * i;
            }

            OneOperator subtraction = OneOperator.of(SUB).floats(Shape.of(shape0), a).floats(Shape.of(shape1), b)
                    .output(ElementType.FLOAT32);
            int[] output = subtraction.outputShape().toArray();
            float[] actual = subtraction.run().toFloats();

            for (int i = 0; i < actual.length; i++) {
                assertThat(actual[i]).as("%s and %s at %s", Shape.of(shape0), Shape.of(shape1), i)
                        .isEqualTo(a[element(i, output, shape0)] - b[element(i, output, shape1)]);
            }
        }
    }

    /// The element of an input that goes into element `i` of the output.
    private static int element(int i, int[] output, int[] input) {
        int element = 0;
        int step = 1;
        int rest = i;
        for (int back = 1; back <= output.length; back++) {
            int coordinate = rest % output[output.length - back];
            rest /= output[output.length - back];
            if (back <= input.length) {
                element += input[input.length - back] == 1 ? 0 : coordinate * step;
                step *= input[input.length - back];
            }
        }
        return element;
    }

    @Test
    void shapesThatDoNotMeetAreRefused() {
        OneOperator sum = OneOperator.of(ADD).floats(Shape.of(2, 3), 1, 2, 3, 4, 5, 6).floats(Shape.of(2), 1, 2)
                .output(ElementType.FLOAT32);

        assertThatThrownBy(sum::run).isInstanceOf(MalformedModelException.class).hasMessage(
                "[test.tflite] ADD #0 \"out1\": inputs have shapes [2, 3] and [2], dimensions must be equal or 1");
    }

    @Test
    void nothingTimesSomethingIsNothing() {
        OneOperator product = OneOperator.of(MUL).floats(Shape.of(2, 0)).floats(Shape.of(1), 3)
                .output(ElementType.FLOAT32);

        assertThat(product.run().toFloats()).isEmpty();
        assertThat(product.outputShape()).isEqualTo(Shape.of(2, 0));
    }

    @Test
    void integersWrapAndActivationsClampThem() {
        assertThat(ints(ADD, new int[]{Integer.MAX_VALUE, 5}, new int[]{1, -7}).toInts())
                .containsExactly(Integer.MIN_VALUE, -2);
        assertThat(ints(new Options.Sub(Activation.RELU6, false), new int[]{10, 1}, new int[]{1, 3}).toInts())
                .containsExactly(6, 0);
        assertThat(ints(new Options.Mul(Activation.RELU_N1_TO_1), new int[]{10, -4}, new int[]{1, 3}).toInts())
                .containsExactly(1, -1);
        OneOperator longs = OneOperator.of(SUB).data(ElementType.INT64, Shape.of(1), Buffer.ofLongs(1L << 40))
                .data(ElementType.INT64, Shape.of(1), Buffer.ofLongs(-1)).output(ElementType.INT64);
        assertThat(longs.run().toLongs()).containsExactly((1L << 40) + 1);
        OneOperator plainShorts = OneOperator.of(ADD).data(ElementType.INT16, Shape.of(2), shorts(32767, -5))
                .data(ElementType.INT16, Shape.of(2), shorts(1, 2)).output(ElementType.INT16);
        assertThat(plainShorts.run().toShorts()).containsExactly((short) -32768, (short) -3);
    }

    @Test
    void realQuotientsStayFinite() {
        OneOperator quotient = OneOperator.of(DIV).floats(Shape.of(4), 1, -1, 0, 6).floats(Shape.of(4), 0, 0, 0, 4)
                .output(ElementType.FLOAT32);

        assertThat(quotient.run().toFloats()).containsExactly(Float.MAX_VALUE, -Float.MAX_VALUE, Float.NaN, 1.5f);
    }

    @Test
    void integerDivisionByZeroIsRefusedWhileRunning() {
        assertThat(ints(DIV, new int[]{-7, 7}, new int[]{2, -2}).toInts()).containsExactly(-3, -3);
        assertThatThrownBy(() -> ints(DIV, new int[]{7}, new int[]{0})).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] DIV #0 \"out1\": input 1 holds 0, must not be divided by");
    }

    @Test
    void complexNumbersMultiply() {
        OneOperator product = OneOperator.of(MUL)
                .data(ElementType.COMPLEX64, Shape.of(2), Buffer.ofFloats(1, 2, 3, -1))
                .data(ElementType.COMPLEX64, Shape.of(1), Buffer.ofFloats(0, 1)).output(ElementType.COMPLEX64);

        assertThat(product.run().toFloats()).containsExactly(-2, 1, 1, 3);
    }

    @Test
    void unsignedProductsAreClampedAsUnsigned() {
        OneOperator product = OneOperator.of(new Options.Mul(Activation.RELU6))
                .data(ElementType.UINT32, Shape.of(2), Buffer.ofInts(-1, 2))
                .data(ElementType.UINT32, Shape.of(1), Buffer.ofInts(1)).output(ElementType.UINT32);

        assertThat(product.run().toInts()).containsExactly(6, 2);
    }

    @Test
    void sumsOfCodesAreTheRealSumsRounded() {
        for (ElementType type : new ElementType[]{ElementType.INT8, ElementType.UINT8, ElementType.INT16}) {
            boolean isShort = type == ElementType.INT16;
            int middle = type == ElementType.UINT8 ? 128 : 0;
            QuantizationParameters in0 = QuantizationParameters.perTensor(0.05f, isShort ? 0 : middle + 3);
            QuantizationParameters in1 = QuantizationParameters.perTensor(0.02f, isShort ? 0 : middle - 8);
            QuantizationParameters out = QuantizationParameters.perTensor(0.061f, isShort ? 0 : middle + 11);
            int a = middle + 40;
            int b = middle - 77;
            OneOperator difference = OneOperator.of(SUB)
                    .data(type, Shape.of(1), in0, isShort ? shorts(a) : bytes(a))
                    .data(type, Shape.of(1), in1, isShort ? shorts(b) : bytes(b)).output(type, out);

            double real = 0.05f * (a - in0.zeroPoint(0)) - 0.02f * (b - in1.zeroPoint(0));
            int code = isShort
                    ? difference.run().toShorts()[0]
                    : difference.run().toBytes()[0] & (middle == 128 ? 0xff : -1);
            assertThat(code).as("%s", type).isEqualTo((int) Math.round(real / 0.061f) + out.zeroPoint(0));
        }
    }

    @Test
    void powerOfTwoScalesShiftAndSaturate() {
        QuantizationParameters fine = QuantizationParameters.perTensor(1f / 32768, 0);
        QuantizationParameters coarse = QuantizationParameters.perTensor(1f / 8192, 0);
        OneOperator sum = OneOperator.of(ADD).data(ElementType.INT16, Shape.of(4), fine, shorts(6, -6, 2, 32767))
                .data(ElementType.INT16, Shape.of(4), coarse, shorts(0, 0, 0, 32767))
                .output(ElementType.INT16, coarse);

        // Quarters of 6 and −6 are halves, which go away from zero; the last sum saturates.
        assertThat(sum.run().toShorts()).containsExactly((short) 2, (short) -2, (short) 1, (short) 32767);
    }

    @Test
    void shortProductsNarrowToBytes() {
        QuantizationParameters in = QuantizationParameters.perTensor(1f / 32768, 0);
        QuantizationParameters out = QuantizationParameters.perTensor(1f / 128, 5);
        OneOperator product = OneOperator.of(MUL).data(ElementType.INT16, Shape.of(2), in, shorts(16384, -16384))
                .data(ElementType.INT16, Shape.of(2), in, shorts(16384, 32767)).output(ElementType.INT8, out);

        assertThat(product.run()).isEqualTo(bytes(32 + 5, -64 + 5));
    }

    @Test
    void quotientsOfCodesAreCloseToTheRealOnes() {
        QuantizationParameters in = QuantizationParameters.perTensor(0.05f, 10);
        QuantizationParameters out = QuantizationParameters.perTensor(0.02f, -3);
        OneOperator quotient = OneOperator.of(DIV).data(ElementType.INT8, Shape.of(3), in, bytes(60, -40, 11))
                .data(ElementType.INT8, Shape.of(1), in, bytes(-100)).output(ElementType.INT8, out);

        byte[] codes = quotient.run().toBytes();
        for (int i = 0; i < 3; i++) {
            double real = new int[]{50, -50, 1}[i] / -110.0;
            assertThat(codes[i] + 3).isCloseTo((int) Math.round(real / 0.02), within(0));
        }
    }

    @Test
    void squaredDifferencesOfCodesAreTheRealOnesRounded() {
        QuantizationParameters in = QuantizationParameters.perTensor(0.05f, 1);
        QuantizationParameters out = QuantizationParameters.perTensor(0.1f, -128);
        OneOperator squared = OneOperator.of(Options.Plain.SQUARED_DIFFERENCE)
                .data(ElementType.INT8, Shape.of(3), in, bytes(61, 1, -59))
                .data(ElementType.INT8, Shape.of(1), in, bytes(21)).output(ElementType.INT8, out);

        assertThat(squared.run()).isEqualTo(bytes(40 - 128, 10 - 128, 160 - 128));
    }

    @Test
    void sumsOfManyAddInOrder() {
        OneOperator sum = OneOperator.of(Options.Plain.ADD_N).floats(Shape.of(2), 1, 2).floats(Shape.of(2), 3e8f, 4)
                .floats(Shape.of(2), -3e8f, 5).output(ElementType.FLOAT32);
        OneOperator uneven = OneOperator.of(Options.Plain.ADD_N).floats(Shape.of(2), 1, 2).floats(Shape.of(1), 3)
                .output(ElementType.FLOAT32);

        assertThat(sum.run().toFloats()).containsExactly(0, 11);
        assertThatThrownBy(uneven::run).isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] ADD_N #0 \"out1\": input 1 has shape [1], must have [2]");
    }

    @Test
    void codesWithoutScalesAreRefused() {
        OneOperator sum = OneOperator.of(ADD).data(ElementType.INT8, Shape.of(1), bytes(1))
                .data(ElementType.INT8, Shape.of(1), bytes(1)).output(ElementType.INT8);
        OneOperator mixed = OneOperator.of(ADD).floats(Shape.of(1), 1)
                .data(ElementType.INT8, Shape.of(1), bytes(1)).output(ElementType.FLOAT32);

        assertThatThrownBy(sum::run).isInstanceOf(MalformedModelException.class).hasMessage(
                "[test.tflite] ADD #0 \"out1\": input 0 is INT8 without a scale, must be quantized");
        assertThatThrownBy(mixed::run).isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[test.tflite] ADD #0 \"out1\": input 1 is INT8, must be FLOAT32 here");
    }
}
