package dev.whittle.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InitializerTest {

    @ParameterizedTest
    @CsvSource({"GLOROT_UNIFORM, 0.04, 0.34642", "GLOROT_NORMAL, 0.04, 0.45477", "HE_UNIFORM, 0.1, 0.54774",
        "HE_NORMAL, 0.1, 0.71905", "ZEROS, 0, 0", "ONES, 0, 1"})
    void variancesAndLimitsFollowTheFans(Initializer initializer, double variance, double limit) {
        float[] values = new float[40_000];
        initializer.fill(values, 0, values.length, 20, 30, 5);
        double sum = 0;
        double squares = 0;
        double largest = 0;
        for (float value : values) {
            sum += value;
            squares += (double) value * value;
            largest = Math.max(largest, Math.abs(value));
        }
        double mean = sum / values.length;
        assertThat(mean).isCloseTo(initializer == Initializer.ONES ? 1 : 0, within(5 * Math.sqrt(variance / 40_000)));
        assertThat(squares / values.length - mean * mean).isCloseTo(variance, within(0.03 * variance));
        // 2 · √variance / 0.8796 for the normal ones.
        assertThat(largest).isLessThanOrEqualTo(limit).isCloseTo(limit, within(0.001));
    }
}
