package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class QuantizeTest {
    private static final QuantizationParameters HALF = QuantizationParameters.perTensor(0.5f, 0);

    @Test
    void halvesGoAwayFromZeroOrToEvenInWholeEights() {
        float[] quarters = new float[9];
        Arrays.fill(quarters, 0.25f);
        OneOperator quantize = OneOperator.of(Options.Plain.QUANTIZE).floats(Shape.of(9), quarters)
                .output(ElementType.INT8, HALF);

        assertThat(quantize.run()).isEqualTo(ArithmeticTest.bytes(1, 1, 1, 1, 1, 1, 1, 1, 1));
        assertThat(quantize.run(PlanOptions.defaults().withReference(ReferenceKernels.OPTIMIZED)).getFirst())
                .isEqualTo(ArithmeticTest.bytes(0, 0, 0, 0, 0, 0, 0, 0, 1));
    }

    @Test
    void realsSaturateInEveryType() {
        float[] reals = {-1e30f, 1e30f, Float.POSITIVE_INFINITY, Float.NaN, -0.75f};

        assertThat(quantized(ElementType.INT8, reals)).isEqualTo(ArithmeticTest.bytes(-128, 127, 127, 0, -2));
        assertThat(quantized(ElementType.UINT8, reals)).isEqualTo(ArithmeticTest.bytes(0, 255, 255, 0, 0));
        assertThat(quantized(ElementType.INT16, reals))
                .isEqualTo(ArithmeticTest.shorts(-32768, 32767, 32767, 0, -2));
        assertThat(quantized(ElementType.INT32, reals))
                .isEqualTo(Buffer.ofInts(Integer.MIN_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, 0, -2));
        // Two to a byte, the first in the low bits.
        assertThat(quantized(ElementType.INT4, reals)).isEqualTo(ArithmeticTest.bytes(0x78, 0x07, 0x0e));
    }

    private static Buffer quantized(ElementType type, float[] reals) {
        return OneOperator.of(Options.Plain.QUANTIZE).floats(Shape.of(reals.length), reals).output(type, HALF).run();
    }

    @Test
    void codesOfAnyTypeBecomeCodesOfAnother() {
        QuantizationParameters fine = QuantizationParameters.perTensor(0.125f, -4);
        OneOperator toInts = OneOperator.of(Options.Plain.QUANTIZE)
                .data(ElementType.INT16, Shape.of(2), HALF, ArithmeticTest.shorts(3, -32768))
                .output(ElementType.INT32, fine);
        OneOperator toBytes = OneOperator.of(Options.Plain.QUANTIZE)
                .data(ElementType.INT32, Shape.of(3), HALF, Buffer.ofInts(3, 1_000_000, -5))
                .output(ElementType.INT8, fine);
        OneOperator toUnsigned = OneOperator.of(Options.Plain.QUANTIZE)
                .data(ElementType.INT8, Shape.of(2), QuantizationParameters.perTensor(0.5f, -128),
                        ArithmeticTest.bytes(-128, 127))
                .output(ElementType.UINT8, HALF);

        assertThat(toInts.run()).isEqualTo(Buffer.ofInts(8, -131076));
        assertThat(toBytes.run()).isEqualTo(ArithmeticTest.bytes(8, 127, -24));
        assertThat(toUnsigned.run()).isEqualTo(ArithmeticTest.bytes(0, 255));
    }

    @Test
    void scalesHoldForChannelsAndBlocks() {
        QuantizationParameters channels = QuantizationParameters.perChannel(new float[]{0.5f, 0.25f},
                new long[]{0, 3}, 0);
        OneOperator quantize = OneOperator.of(Options.Plain.QUANTIZE).floats(Shape.of(2, 2), 1, 2, 1, 2)
                .output(ElementType.INT8, channels);
        OneOperator dequantize = OneOperator.of(Options.Plain.DEQUANTIZE)
                .data(ElementType.INT8, Shape.of(1, 4), new QuantizationParameters(channels.scale(),
                        channels.zeroPoint(), 0, 2), ArithmeticTest.bytes(2, 4, 7, 11))
                .output(ElementType.FLOAT32);
        OneOperator uneven = OneOperator.of(Options.Plain.DEQUANTIZE)
                .data(ElementType.INT8, Shape.of(3), channels, ArithmeticTest.bytes(2, 4, 7))
                .output(ElementType.FLOAT32);

        assertThat(quantize.run()).isEqualTo(ArithmeticTest.bytes(2, 4, 7, 11));
        assertThat(dequantize.run().toFloats()).containsExactly(1, 2, 1, 2);
        assertThatThrownBy(uneven::run).isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] "
                + "DEQUANTIZE #0 \"out1\": input has 2 scales along dimension 0, its shape is [3]");
    }

    @Test
    void packedCodesAndHalvesAreWidened() {
        assertThat(dequantized(ElementType.INT4, 3, ArithmeticTest.bytes(0x7f, 0x08))).containsExactly(-0.5f, 3.5f,
                -4);
        assertThat(dequantized(ElementType.UINT4, 3, ArithmeticTest.bytes(0x7f, 0x08))).containsExactly(7.5f, 3.5f,
                4);
        assertThat(dequantized(ElementType.INT2, 4, ArithmeticTest.bytes(0b10_11_01_00))).containsExactly(0, 0.5f,
                -0.5f, -1);
        assertThat(dequantized(ElementType.UINT16, 1, ArithmeticTest.shorts(65535))).containsExactly(32767.5f);
        assertThat(dequantized(ElementType.BFLOAT16, 1, ArithmeticTest.shorts(0xc040))).containsExactly(-3);
        assertThat(dequantized(ElementType.FLOAT16, 1, ArithmeticTest.shorts(0x3e00))).containsExactly(1.5f);
    }

    private static float[] dequantized(ElementType type, int count, Buffer codes) {
        return OneOperator.of(Options.Plain.DEQUANTIZE)
                .data(type, Shape.of(count), type.name().contains("FLOAT") ? null : HALF, codes)
                .output(ElementType.FLOAT32).run().toFloats();
    }

    @Test
    void fakeQuantizationMovesTheRangeSoThatZeroIsAStep() {
        // −0.9 to 2.3 in four steps of 3.2 / 3: zero is step 1, so that the range is −1.0667 to 2.1333.
        float step = 3.2f / 3;
        OneOperator fake = OneOperator.of(new Options.FakeQuant(-0.9f, 2.3f, 2, false))
                .floats(Shape.of(5), -5, 0, 0.6f, 5, Float.NaN).output(ElementType.FLOAT32);

        assertThat(fake.run().toFloats()).containsExactly(new float[]{-step, 0, step, 2 * step, -step},
                within(1e-6f));
        assertThatThrownBy(() -> OneOperator.of(new Options.FakeQuant(1, 1, 8, false)).floats(Shape.of(1), 1)
                .output(ElementType.FLOAT32).run()).isInstanceOf(MalformedModelException.class).hasMessage(
                        "[test.tflite] FAKE_QUANT #0 \"out1\": range is 1.0 to 1.0, must be finite and not empty");
    }

    @Test
    void softmaxOfCodesIsNearTheRealOneInBothKernelSets() {
        QuantizationParameters in = QuantizationParameters.perTensor(0.07f, 4);
        int[] codes = {-20, 50, 49, 100, -128, 127, 90, 3};
        for (ElementType type : new ElementType[]{ElementType.INT8, ElementType.INT16}) {
            int steps = type == ElementType.INT8 ? 256 : 65536;
            int least = TensorChecks.minimumCode(type);
            OneOperator softmax = OneOperator.of(new Options.Softmax(0.5f))
                    .data(ElementType.INT8, Shape.of(2, 4), in, ArithmeticTest.bytes(codes))
                    .output(type, QuantizationParameters.perTensor(1f / steps, least));
            for (ReferenceKernels kernels : ReferenceKernels.values()) {
                Buffer output = softmax.run(PlanOptions.defaults().withReference(kernels)).getFirst();
                for (int i = 0; i < 8; i++) {
                    double sum = 0;
                    for (int k = i / 4 * 4; k < i / 4 * 4 + 4; k++) {
                        sum += Math.exp(0.035f * codes[k]);
                    }
                    double exact = Math.min(least + steps * Math.exp(0.035f * codes[i]) / sum, least + steps - 1);
                    int code = type == ElementType.INT8 ? output.toBytes()[i] : output.toShorts()[i];
                    assertThat((double) code).isCloseTo(exact, within(0.51));
                }
            }
        }
    }

    @Test
    void softmaxOfManyEqualCodesIsNothingForEach() {
        byte[] zeros = new byte[20_000];
        OneOperator softmax = OneOperator.of(new Options.Softmax(1))
                .data(ElementType.UINT8, Shape.of(20_000), HALF, Buffer.of(zeros))
                .output(ElementType.UINT8, QuantizationParameters.perTensor(1f / 256, 0));
        OneOperator shorts = OneOperator.of(new Options.Softmax(1))
                .data(ElementType.INT16, Shape.of(10_000), HALF, Buffer.of(zeros))
                .output(ElementType.INT16, QuantizationParameters.perTensor(1f / 32768, 0));

        assertThat(softmax.run()).isEqualTo(Buffer.of(zeros));
        assertThat(shorts.run().toShorts()).containsOnly((short) 3);
    }

    @Test
    void logSoftmaxOfCodesIsNearTheRealOneInBothKernelSets() {
        QuantizationParameters in = QuantizationParameters.perTensor(0.07f, 4);
        int[] codes = {-20, 50, 49, 100, 127, -128, 3, 90};
        OneOperator logSoftmax = OneOperator.of(Options.Plain.LOG_SOFTMAX)
                .data(ElementType.INT8, Shape.of(2, 4), in, ArithmeticTest.bytes(codes))
                .output(ElementType.INT8, QuantizationParameters.perTensor(16f / 256, 127));
        for (ReferenceKernels kernels : ReferenceKernels.values()) {
            byte[] output = logSoftmax.run(PlanOptions.defaults().withReference(kernels)).getFirst().toBytes();
            for (int i = 0; i < 8; i++) {
                double sum = 0;
                for (int k = i / 4 * 4; k < i / 4 * 4 + 4; k++) {
                    sum += Math.exp(0.07f * codes[k]);
                }
                double exact = Math.max(-128, 127 + 16 * (0.07f * codes[i] - Math.log(sum)));
                assertThat((double) output[i]).isCloseTo(exact, within(0.51));
            }
        }
        OneOperator tiny = OneOperator.of(Options.Plain.LOG_SOFTMAX)
                .data(ElementType.INT8, Shape.of(1), QuantizationParameters.perTensor(1e-30f, 0),
                        ArithmeticTest.bytes(1))
                .output(ElementType.INT8, QuantizationParameters.perTensor(16f / 256, 127));
        assertThatThrownBy(tiny::run).isInstanceOf(UnsupportedModelException.class).hasMessage("[test.tflite] "
                + "LOG_SOFTMAX #0 \"out1\": input scale is 1.0E-30, must be more than 2^-26");
    }

    @Test
    void fixedPointFunctionsAreNearTheRealOnes() {
        double one = 1L << 31;
        for (int i = 1; i < 2000; i++) {
            double x = i * 0.0077;
            int raw = (int) Math.round(x * (1 << 26));
            assertThat(FixedPoint.Q31.expOfNegative(-raw, 5) / one).isCloseTo(Math.exp(-x), within(3e-7));
            assertThat(FixedPoint.Q31.tanh(-raw, 5) / one).isCloseTo(-Math.tanh(x), within(1e-6));
            assertThat(FixedPoint.Q31.logistic(raw, 5) / one).isCloseTo(1 / (1 + Math.exp(-x)), within(1e-6));
            int more = (int) Math.round((1 + x * 100) * (1 << 19));
            assertThat(FixedPoint.log(more, 12, 5) / (double) (1 << 26)).isCloseTo(Math.log(more / (double) (1 << 19)),
                    within(1e-6));
            int square = i * i + 7;
            double root = Math.scalb((double) FixedPoint.inverseSquareRoot(square),
                    FixedPoint.inverseSquareRootShift(square) - 31);
            assertThat(root * Math.sqrt(square)).isCloseTo(1, within(5e-6));
        }
    }
}
