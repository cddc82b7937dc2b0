package dev.whittle.quantizer.observe;

/// The real values that a tensor takes, from `minimum` to `maximum`; finite.
public record Range(float minimum, float maximum) {
    public Range {
        if (!Float.isFinite(minimum) || !Float.isFinite(maximum) || minimum > maximum) {
            throw new IllegalArgumentException(
                    "range " + minimum + " to " + maximum + ", must be finite and in ascending order");
        }
    }

    /// The range of the given values, which must be finite and at least one.
    public static Range of(float[] values) {
        float minimum = values[0];
        float maximum = values[0];
        for (float value : values) {
            minimum = Math.min(minimum, value);
            maximum = Math.max(maximum, value);
        }
        return new Range(minimum, maximum);
    }

    /// The smallest range that holds both.
    public Range union(Range other) {
        return new Range(Math.min(minimum, other.minimum), Math.max(maximum, other.maximum));
    }
}
