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
import dev.whittle.engine.plan.PlanOptions;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class UnaryFunctionTest {

    private static float[] floats(Options options, float... x) {
        return OneOperator.of(options).floats(Shape.of(x.length), x).output(ElementType.FLOAT32).run().toFloats();
    }

    @Test
    void realsAreRoundedToTheNearest() {
        assertThat(floats(Options.Plain.ROUND, 0.5f, 1.5f, -2.5f, 1e9f)).containsExactly(0, 2, -2, 1e9f);
        assertThat(floats(Options.Plain.CEIL, 0.5f, -1.5f)).containsExactly(1, -1);
        assertThat(floats(Options.Plain.FLOOR, 0.5f, -1.5f)).containsExactly(0, -2);
        assertThat(floats(Options.Plain.SIGN, 3, -0f, Float.NaN)).containsExactly(1, 0, 0);
        assertThat(floats(Options.Plain.RSQRT, 4, 0)).containsExactly(0.5f, Float.POSITIVE_INFINITY);
        assertThat(floats(Options.Plain.RELU6, -1, 7, Float.NaN)).containsExactly(0, 6, 0);
        assertThat(floats(Options.Plain.RELU_0_TO_1, -1, 7, Float.NaN)).containsExactly(0, 1, Float.NaN);
    }

    @Test
    void theLeastIntegerIsItsOwnNegative() {
        OneOperator negative = OneOperator.of(Options.Plain.NEG)
                .data(ElementType.INT8, Shape.of(2), ArithmeticTest.bytes(-128, 5)).output(ElementType.INT8);
        OneOperator longs = OneOperator.of(Options.Plain.NEG)
                .data(ElementType.INT64, Shape.of(1), Buffer.ofLongs(1L << 40)).output(ElementType.INT64);

        assertThat(negative.run()).isEqualTo(ArithmeticTest.bytes(-128, -5));
        assertThat(longs.run().toLongs()).containsExactly(-(1L << 40));
    }

    @Test
    void errorFunctionAgreesWithItsTables() {
        assertThat(ErrorFunction.complement(0)).isEqualTo(1);
        assertThat(ErrorFunction.complement(0.5)).isCloseTo(0.4795001221869535, within(1e-15));
        assertThat(ErrorFunction.complement(1.999999)).isCloseTo(0.0046777556480740, within(1e-15));
        assertThat(ErrorFunction.complement(2)).isCloseTo(0.004677734981047266, within(1e-15));
        assertThat(ErrorFunction.complement(-3)).isCloseTo(1.9999779095030015, within(1e-15));
        assertThat(ErrorFunction.complement(5) / 1.5374597944280347e-12).isCloseTo(1, within(1e-12));
        assertThat(ErrorFunction.complement(Double.NEGATIVE_INFINITY)).isEqualTo(2);
    }

    private static void everyCodeIsNearest(Options options, ElementType type, DoubleUnaryOperator function,
            QuantizationParameters in, QuantizationParameters out, double steps) {
        int count = type == ElementType.INT16 ? 1 << 16 : 256;
        int[] codes = new int[count];
        for (int i = 0; i < count; i++) {
            codes[i] = i + TensorChecks.minimumCode(type);
        }
        Buffer input = type == ElementType.INT16 ? ArithmeticTest.shorts(codes) : ArithmeticTest.bytes(codes);
        Buffer output = OneOperator.of(options).data(type, Shape.of(count), in, input).output(type, out).run();
        for (int i = 0; i < count; i++) {
            double real = function.applyAsDouble(in.scale(0) * (codes[i] - in.zeroPoint(0)));
            double exact = Math.clamp(real / out.scale(0) + out.zeroPoint(0), TensorChecks.minimumCode(type),
                    TensorChecks.maximumCode(type));
            int code = type == ElementType.INT16
                    ? output.toShorts()[i]
                    : output.toBytes()[i] & (type == ElementType.UINT8 ? 0xff : -1);
            assertThat((double) code).as("%s of %s code %s", options.code(), type, codes[i])
                    .isCloseTo(exact, within(steps + 0.5001));
            if (type == ElementType.INT16 && i % 64 != 0) {
                // A sixty-fourth of them is enough.
                i += 62;
            }
        }
    }

    @Test
    void codesAreTheRealFunctionRounded() {
        QuantizationParameters in = QuantizationParameters.perTensor(0.04f, -5);
        QuantizationParameters unsigned = QuantizationParameters.perTensor(0.04f, 120);
        QuantizationParameters inShort = QuantizationParameters.perTensor(1.7e-4f, 0);
        everyCodeIsNearest(Options.Plain.TANH, ElementType.INT8, Math::tanh, in,
                QuantizationParameters.perTensor(1f / 128, 0), 0);
        everyCodeIsNearest(Options.Plain.LOGISTIC, ElementType.UINT8, x -> 1 / (1 + Math.exp(-x)), unsigned,
                QuantizationParameters.perTensor(1f / 256, 0), 0);
        everyCodeIsNearest(Options.Plain.LOGISTIC, ElementType.INT16, x -> 1 / (1 + Math.exp(-x)), inShort,
                QuantizationParameters.perTensor(1f / 32768, 0), 1);
        everyCodeIsNearest(Options.Plain.TANH, ElementType.INT16, Math::tanh, inShort,
                QuantizationParameters.perTensor(1f / 32768, 0), 3);
        // Samples and the line between them are rounded, and the samples stand a little too close.
        everyCodeIsNearest(Options.Plain.EXP, ElementType.INT16, Math::exp, inShort,
                QuantizationParameters.perTensor(0.05f, 0), 2);
        everyCodeIsNearest(Options.Plain.ELU, ElementType.INT8, x -> x < 0 ? Math.expm1(x) : x, in,
                QuantizationParameters.perTensor(0.05f, -100), 0);
        everyCodeIsNearest(new Options.Gelu(false), ElementType.UINT8, x -> 0.5 * x
                * ErrorFunction.complement(-x * Math.sqrt(0.5)), unsigned,
                QuantizationParameters.perTensor(0.03f, 9), 0);
        everyCodeIsNearest(Options.Plain.HARD_SWISH, ElementType.INT8, x -> x * Math.clamp(x + 3, 0, 6) / 6, in,
                QuantizationParameters.perTensor(0.03f, -110), 0);
        everyCodeIsNearest(Options.Plain.ABS, ElementType.INT8, Math::abs, in,
                QuantizationParameters.perTensor(0.05f, -128), 0);
        everyCodeIsNearest(Options.Plain.LOG, ElementType.INT8, x -> x <= 0 ? -1e9 : Math.log(x),
                QuantizationParameters.perTensor(0.04f, -128), QuantizationParameters.perTensor(0.03f, 20), 0);
        everyCodeIsNearest(Options.Plain.RSQRT, ElementType.INT8, x -> x <= 0 ? 1e9 : 1 / Math.sqrt(x),
                QuantizationParameters.perTensor(0.04f, -128), QuantizationParameters.perTensor(0.04f, -128), 0);
        // Rounded twice, first to halves.
        everyCodeIsNearest(new Options.LeakyRelu(-0.5f), ElementType.INT8, x -> x > 0 ? x : -0.5 * x, in,
                QuantizationParameters.perTensor(0.05f, -128), 0.25);
        everyCodeIsNearest(Options.Plain.RELU_N1_TO_1, ElementType.UINT8, x -> Math.clamp(x, -1, 1), unsigned,
                QuantizationParameters.perTensor(0.05f, 50), 0);
    }

    @Test
    void powerOfTwoScalesFollowTheKernelsAskedFor() {
        QuantizationParameters in = QuantizationParameters.perTensor(1f / 4096, 0);
        QuantizationParameters out = QuantizationParameters.perTensor(1f / 32768, 0);
        for (Options options : new Options[]{Options.Plain.TANH, Options.Plain.LOGISTIC}) {
            OneOperator operator = OneOperator.of(options)
                    .data(ElementType.INT16, Shape.of(3), in, ArithmeticTest.shorts(1500, -9000, 0))
                    .output(ElementType.INT16, out);
            short[] reference = operator.run().toShorts();
            short[] optimized = operator.run(PlanOptions.defaults().withReference(ReferenceKernels.OPTIMIZED))
                    .getFirst().toShorts();

            for (int i = 0; i < 3; i++) {
                double x = new int[]{1500, -9000, 0}[i] / 4096.0;
                double exact = 32768 * (options == Options.Plain.TANH ? Math.tanh(x) : 1 / (1 + Math.exp(-x)));
                assertThat((double) reference[i]).isCloseTo(exact, within(4.0));
                assertThat((double) optimized[i]).isCloseTo(exact, within(13.0));
            }
        }
    }

    @Test
    void rootsOfNegativeCodesAreRefusedWhileRunning() {
        QuantizationParameters in = QuantizationParameters.perTensor(0.1f, 3);
        OneOperator root = OneOperator.of(Options.Plain.RSQRT)
                .data(ElementType.INT8, Shape.of(2), in, ArithmeticTest.bytes(3, 2))
                .output(ElementType.INT8, QuantizationParameters.perTensor(0.1f, 0));

        assertThatThrownBy(root::run).isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] RSQRT #0 "
                + "\"out1\": input holds the code 2 of a negative number, must be 3 or more");
    }

    @Test
    void alphaIsBroadcastToTheInputAndNotTheInputToAlpha() {
        OneOperator prelu = OneOperator.of(Options.Plain.PRELU).floats(Shape.of(2, 2), -1, 2, -3, -4)
                .floats(Shape.of(2), 0.5f, -2).output(ElementType.FLOAT32);
        OneOperator wider = OneOperator.of(Options.Plain.PRELU).floats(Shape.of(1), -1)
                .floats(Shape.of(2), 0.5f, -2).output(ElementType.FLOAT32);

        assertThat(prelu.run().toFloats()).containsExactly(-0.5f, 2, -1.5f, 8);
        assertThatThrownBy(wider::run).isInstanceOf(MalformedModelException.class).hasMessage("[test.tflite] PRELU #0 "
                + "\"out1\": alpha has shape [2], must broadcast to the input's [1]");
    }

    @Test
    void responsesAreDividedByThoseOfTheirNeighbours() {
        Options options = new Options.LocalResponseNormalization(1, 1, 2, 0.5f);
        float[] actual = OneOperator.of(options).floats(Shape.of(1, 1, 2, 3), 1, 2, 3, 0, -1, 0)
                .output(ElementType.FLOAT32).run().toFloats();

        float[] expected = {(float) (1 / Math.sqrt(1 + 2 * 5)), (float) (2 / Math.sqrt(1 + 2 * 14)),
            (float) (3 / Math.sqrt(1 + 2 * 13)), 0, (float) (-1 / Math.sqrt(3)), 0};
        assertThat(actual).containsExactly(expected, within(1e-6f));
        assertThatThrownBy(() -> OneOperator.of(new Options.LocalResponseNormalization(-1, 1, 1, 1))
                .floats(Shape.of(1, 1, 1, 1), 1).output(ElementType.FLOAT32).run())
                .isInstanceOf(MalformedModelException.class)
                .hasMessage("[test.tflite] LOCAL_RESPONSE_NORMALIZATION #0 \"out1\": radius is -1, must be 0 or more");
    }

    @Test
    void normalizedCodesHaveLengthOne() {
        Options options = new Options.L2Normalization(Activation.NONE);
        OneOperator signed = OneOperator.of(options)
                .data(ElementType.INT8, Shape.of(2, 2), QuantizationParameters.perTensor(0.3f, 10),
                        ArithmeticTest.bytes(13, 14, 10, 10))
                .output(ElementType.INT8, QuantizationParameters.perTensor(1f / 128, 0));
        OneOperator wrongScale = OneOperator.of(options)
                .data(ElementType.INT8, Shape.of(1), QuantizationParameters.perTensor(0.3f, 10),
                        ArithmeticTest.bytes(13))
                .output(ElementType.INT8, QuantizationParameters.perTensor(0.5f, 0));

        assertThat(signed.run()).isEqualTo(ArithmeticTest.bytes(77, 102, 0, 0));
        assertThat(floats(options, 3, -4)).containsExactly(0.6f, -0.8f);
        assertThatThrownBy(wrongScale::run).isInstanceOf(UnsupportedModelException.class).hasMessage("[test.tflite] "
                + "L2_NORMALIZATION #0 \"out1\": output has scale 0.5 and zero point 0, must be 0.0078125 and 0");
    }
}
