package dev.whittle.quantizer.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Granularity;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Int8Test {
    private static final WeightQuantization PER_CHANNEL = new WeightQuantization(8, new Granularity.PerChannel());

    @Test
    void anImagesRangeGivesScaleOneAndZeroPointMinus128() {
        assertThat(Int8.covering(new Range(0, 255))).isEqualTo(QuantizationParameters.perTensor(1, -128));
        assertThat(Int8.nudged(QuantizationParameters.perTensor(1, -128))).isEqualTo(new Range(0, 255));
    }

    @Test
    void rangesThatLeaveZeroOutAreWidenedToHoldIt() {
        assertThat(Int8.covering(new Range(3, 51))).isEqualTo(Int8.covering(new Range(0, 51)));
        assertThat(Int8.covering(new Range(-51, -3))).isEqualTo(Int8.covering(new Range(-51, 0)));
    }

    @Test
    void aRangeOfZerosHasScaleOne() {
        assertThat(Int8.covering(new Range(0, 0))).isEqualTo(QuantizationParameters.perTensor(1, 0));
    }

    @Test
    void zeroHasACodeAndTheEndsAreOffByAtMostHalfAStepForRandomRanges() {
        Random random = new Random(1);
        for (int round = 0; round < 10_000; round++) {
            float scale = (float) Math.exp(random.nextGaussian() * 6);
            float one = (float) random.nextGaussian() * scale;
            float other = (float) random.nextGaussian() * scale;
            Range range = new Range(Math.min(one, other), Math.max(one, other));

            QuantizationParameters parameters = Int8.covering(range);

            Range covered = Int8.nudged(parameters);
            float halfStep = parameters.scale(0) * 0.501f;
            assertThat(parameters.zeroPoint(0)).isBetween(-128, 127);
            assertThat(Int8.quantize(new float[]{0}, parameters)[0]).isEqualTo((byte) parameters.zeroPoint(0));
            assertThat(covered.minimum()).isCloseTo(Math.min(0, range.minimum()), within(halfStep));
            assertThat(covered.maximum()).isCloseTo(Math.max(0, range.maximum()), within(halfStep));
        }
    }

    @Test
    void numbersWithinTheRangeComeBackWithinHalfAStep() {
        Random random = new Random(2);
        QuantizationParameters parameters = Int8.covering(new Range(-1.7f, 3.3f));
        Range covered = Int8.nudged(parameters);
        for (int round = 0; round < 10_000; round++) {
            float value = covered.minimum() + random.nextFloat() * (covered.maximum() - covered.minimum());

            byte code = Int8.quantize(new float[]{value}, parameters)[0];

            float back = parameters.scale(0) * (code - parameters.zeroPoint(0));
            assertThat(back).isCloseTo(value, within(parameters.scale(0) * 0.501f));
        }
    }

    @Test
    void numbersOutsideTheRangeSaturate() {
        assertThat(Int8.quantize(new float[]{-1e30f, 1e30f}, QuantizationParameters.perTensor(0.1f, 3)))
                .containsExactly(-128, 127);
    }

    @Test
    void eachChannelOfAFilterHasTheScaleOfItsLargestWeight() {
        float[] weights = {1, -2, 0.5f, 10, 20, -40};

        QuantizationParameters outer = Int8.symmetricPerChannel(weights, Shape.of(2, 3), 0);
        QuantizationParameters inner = Int8.symmetricPerChannel(weights, Shape.of(2, 3), 1);

        assertThat(outer.scale()).containsExactly(2f / 127, 40f / 127);
        assertThat(Int8.quantizeWeights(weights, Shape.of(2, 3), outer)).containsExactly(64, -127, 32, 32, 64, -127);
        assertThat(inner.scale()).containsExactly(10f / 127, 20f / 127, 40f / 127);
        assertThat(inner.quantizedDimension()).isEqualTo(1);
        assertThat(Int8.quantizeWeights(weights, Shape.of(2, 3), inner)).containsExactly(13, -13, 2, 127, 127, -127);
    }

    @Test
    void aChannelOfZerosKeepsItsBias() {
        float[] weights = new float[6];
        float[] bias = {5e9f, 0.25f};

        QuantizationParameters filter =
                PER_CHANNEL.parameters(weights, Shape.of(2, 3), 0, bias, 0.001f, 1 << 30);
        QuantizationParameters parameters = Int8.biasParameters(0.001f, filter);
        int[] codes = Int8.quantizeBias(bias, parameters);

        assertThat(codes[0] * (double) parameters.scale(0)).isCloseTo(5e9, within(10.0));
        assertThat(codes[1] * (double) parameters.scale(1)).isCloseTo(0.25, within(0.001));
    }

    @Test
    void aLargeBiasBesideTinyWeightsRaisesTheScaleInsteadOfOverflowing() {
        float[] weights = {1e-9f, -2e-9f, 1, 2};
        float[] bias = {3, 3};

        QuantizationParameters filter =
                PER_CHANNEL.parameters(weights, Shape.of(2, 2), 0, bias, 0.01f, 1 << 30);
        QuantizationParameters parameters = Int8.biasParameters(0.01f, filter);

        assertThat(Int8.quantizeBias(bias, parameters)[0]).isBetween((1 << 30) - 200, (1 << 30) + 200);
        assertThat(filter.scale(1)).isEqualTo(2f / 127);
    }
}
