package dev.whittle.quantizer.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationMethodTest {
    @ParameterizedTest
    @ValueSource(strings = {"min_max", "moving_average:0.75", "percentile:99.9", "entropy", "mse"})
    void aMethodIsReadAsItIsWritten(String text) {
        assertThat(CalibrationMethod.of(text).text()).isEqualTo(text);
    }

    @Test
    void numbersThatAreLeftOutHaveDefaults() {
        assertThat(CalibrationMethod.of("Percentile")).isEqualTo(new CalibrationMethod.Percentile(99.99));
        assertThat(CalibrationMethod.of("moving_average")).isEqualTo(new CalibrationMethod.MovingAverage(0.9f));
    }

    @Test
    void whatIsNoMethodFailsNamingAll() {
        assertThatThrownBy(() -> CalibrationMethod.of("median")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("calibration method \"median\", expected min_max, moving_average[:MOMENTUM], "
                        + "percentile[:PERCENT], entropy or mse");
    }

    @Test
    void numbersThatDoNotFitFail() {
        assertThatThrownBy(() -> CalibrationMethod.of("entropy:3")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("calibration method \"entropy:3\", entropy takes no number");
        assertThatThrownBy(() -> CalibrationMethod.of("percentile:many")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("calibration method \"percentile:many\", expected a number behind the colon");
        assertThatThrownBy(() -> CalibrationMethod.of("percentile:0")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("percentile is 0.0, must be above 0 and at most 100");
    }
}
