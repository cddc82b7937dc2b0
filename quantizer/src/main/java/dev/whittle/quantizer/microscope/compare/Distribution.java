package dev.whittle.quantizer.microscope.compare;

/// How real numbers are spread.
///
/// @param deviation the standard deviation of all of them
public record Distribution(double minimum, double maximum, double mean, double deviation) {

    /// @param values at least one
    static Distribution of(float[] values) {
        double minimum = Double.POSITIVE_INFINITY;
        double maximum = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (float value : values) {
            minimum = Math.min(minimum, value);
            maximum = Math.max(maximum, value);
            sum += value;
        }
        double mean = sum / values.length;
        double squares = 0;
        for (float value : values) {
            squares += (value - mean) * (value - mean);
        }
        return new Distribution(minimum, maximum, mean, Math.sqrt(squares / values.length));
    }
}
