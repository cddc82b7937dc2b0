package dev.whittle.quantizer.observe;

import org.jspecify.annotations.Nullable;

/// Exponential moving averages of each invocation's minimum and maximum, which a single outlier moves but little
/// (Jacob et al. 2018, section 3.1): `average ← momentum · average + (1 − momentum) · latest`, from the first on.
public final class MovingAverageObserver implements Observer {
    private final float momentum;
    private @Nullable Range average;

    /// @param momentum the share of the past, 0 to 1 (both excluded), as in 0.99
    public MovingAverageObserver(float momentum) {
        this.momentum = CalibrationMethod.MovingAverage.required(momentum);
    }

    @Override
    public void observe(float[] values) {
        Range latest = Range.of(values);
        average = average == null
                ? latest
                : new Range(mix(average.minimum(), latest.minimum()), mix(average.maximum(), latest.maximum()));
    }

    private float mix(float past, float latest) {
        return momentum * past + (1 - momentum) * latest;
    }

    @Override
    public Range range() {
        if (average == null) {
            throw new IllegalStateException("nothing observed yet");
        }
        return average;
    }
}
