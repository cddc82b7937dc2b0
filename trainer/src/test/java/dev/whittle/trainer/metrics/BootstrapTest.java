package dev.whittle.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BootstrapTest {
    private static final int[] ACTUAL = new int[400];
    private static final int[] PREDICTED = new int[400];

    static {
        Arrays.fill(ACTUAL, 200, 400, 1);
        Arrays.fill(PREDICTED, 180, 390, 1);
    }

    @Test
    void theIntervalOfTheAccuracyIsThatOfTheBinomialDistribution() {
        Bootstrap.Intervals intervals = Bootstrap.withSeed(1).intervals(2, ACTUAL, PREDICTED);
        double accuracy = 370 / 400.0;
        double halfWidth = 1.96 * Math.sqrt(accuracy * (1 - accuracy) / 400);
        // 2000 resamples place the ends within some hundredths of a standard deviation; one image is 0.0025.
        assertThat(intervals.accuracy().low()).isCloseTo(accuracy - halfWidth, within(0.005));
        assertThat(intervals.accuracy().high()).isCloseTo(accuracy + halfWidth, within(0.005));
        double f1 = 2 * 180.0 / (200 + 190);
        assertThat(intervals.f1().getFirst().low()).isLessThan(f1);
        assertThat(intervals.f1().getFirst().high()).isGreaterThan(f1);
        assertThat(intervals.macroF1().low()).isBetween(intervals.f1().getFirst().low() - 0.02,
                intervals.macroF1().high());
    }

    @Test
    void aSeedGivesTheSameIntervals() {
        Bootstrap.Intervals intervals = Bootstrap.withSeed(1).intervals(2, ACTUAL, PREDICTED);
        assertThat(Bootstrap.withSeed(1).intervals(2, ACTUAL, PREDICTED)).isEqualTo(intervals);
        assertThat(Bootstrap.withSeed(2).intervals(2, ACTUAL, PREDICTED)).isNotEqualTo(intervals);
    }

    @Test
    void aModelWithoutMistakesLeavesNoRoom() {
        Bootstrap.Intervals intervals = Bootstrap.withSeed(1).intervals(2, ACTUAL, ACTUAL);
        assertThat(intervals.accuracy()).isEqualTo(new Bootstrap.Interval(1, 1));
        assertThat(intervals.macroF1()).isEqualTo(new Bootstrap.Interval(1, 1));
    }
}
