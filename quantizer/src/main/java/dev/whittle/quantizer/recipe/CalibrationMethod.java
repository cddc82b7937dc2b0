package dev.whittle.quantizer.recipe;

/// How the range of an activation is made of what it was seen to hold.
public enum CalibrationMethod {
    MIN_MAX, MOVING_AVERAGE, PERCENTILE, ENTROPY, MEAN_SQUARED_ERROR
}
