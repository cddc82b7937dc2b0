package dev.whittle.quantizer.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.quantizer.observe.Range;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IntegerActivationsTest {
    private static int code(IntegerActivations activations, Buffer codes, int index) {
        return switch (activations) {
            case INT8 -> codes.toBytes()[index];
            case UINT8 -> codes.toBytes()[index] & 0xff;
            case INT16 -> codes.toShorts()[index];
        };
    }

    private static double back(IntegerActivations activations, float value, QuantizationParameters parameters) {
        int code = code(activations, activations.quantize(new float[]{value}, parameters), 0);
        return (double) parameters.scale(0) * (code - parameters.zeroPoint(0));
    }

    /// Half a step from rounding, and as much at the ends of a range that was shifted to give zero a code.
    @ParameterizedTest
    @EnumSource
    void numbersInTheRangeComeBackWithinHalfAStepAndZeroExactly(IntegerActivations activations) {
        Random random = new Random(11);
        for (int round = 0; round < 2_000; round++) {
            float magnitude = (float) Math.pow(10, random.nextInt(-8, 9));
            float one = (float) random.nextGaussian() * magnitude;
            float other = (float) random.nextGaussian() * magnitude;
            Range range = new Range(Math.min(one, other), Math.max(one, other));
            QuantizationParameters parameters = activations.covering(range);
            float value = range.minimum() + random.nextFloat() * (range.maximum() - range.minimum());
            float step = parameters.scale(0);
            int lowest = activations == IntegerActivations.INT16 ? -32767
                    : activations == IntegerActivations.INT8 ? -128 : 0;
            int highest = activations == IntegerActivations.INT16 ? 32767 : lowest + 255;
            double inside = Math.clamp(value, step * (double) (lowest - parameters.zeroPoint(0)),
                    step * (double) (highest - parameters.zeroPoint(0)));

            assertThat(inside).as("%s of %s", value, range).isCloseTo(value, within(0.501 * step));
            assertThat(back(activations, (float) inside, parameters)).as("%s of %s", value, range)
                    .isCloseTo(inside, within(0.501 * step));
            assertThat(back(activations, 0, parameters)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void numbersOutsideTheRangeSaturate(IntegerActivations activations) {
        QuantizationParameters parameters = activations.covering(new Range(-1, 2));
        Buffer codes = activations.quantize(new float[]{-1e30f, 1e30f}, parameters);

        assertThat(code(activations, codes, 0)).isEqualTo(switch (activations) {
            case INT8 -> -128;
            case UINT8 -> 0;
            case INT16 -> -32767;
        });
        assertThat(code(activations, codes, 1)).isEqualTo(switch (activations) {
            case INT8 -> 127;
            case UINT8 -> 255;
            case INT16 -> 32767;
        });
    }

    @Test
    void int16IsSymmetricOverTheLargerEnd() {
        assertThat(IntegerActivations.INT16.covering(new Range(-1, 4)))
                .isEqualTo(QuantizationParameters.perTensor(4f / 32767, 0));
        assertThat(IntegerActivations.INT16.covering(new Range(0, 0)))
                .isEqualTo(QuantizationParameters.perTensor(1, 0));
    }

    @Test
    void anotherElementTypeIsRefused() {
        assertThat(IntegerActivations.of(ElementType.INT16)).isEqualTo(IntegerActivations.INT16);
        assertThatThrownBy(() -> IntegerActivations.of(ElementType.FLOAT32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("FLOAT32 is no type of integer activations, these are INT8, UINT8 and INT16");
    }
}
