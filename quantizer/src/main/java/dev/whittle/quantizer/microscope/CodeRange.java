package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.quantizer.observe.Range;

/// The codes of an activation, one scale and zero point for all, and what they stand for.
///
/// @param minimum the smallest code
/// @param maximum the largest code
record CodeRange(float scale, int zeroPoint, int minimum, int maximum) {

    /// @throws IllegalArgumentException when elements of the type are no codes of 8 or 16 bits
    static CodeRange of(ElementType type, QuantizationParameters parameters) {
        int zeroPoint = parameters.zeroPoint(0);
        float scale = parameters.scale(0);
        return switch (type) {
            case INT8 -> new CodeRange(scale, zeroPoint, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case UINT8 -> new CodeRange(scale, zeroPoint, 0, 255);
            case INT16 -> new CodeRange(scale, zeroPoint, Short.MIN_VALUE, Short.MAX_VALUE);
            default -> throw new IllegalArgumentException(
                    "activations of " + type + ", supported are INT8, UINT8 and INT16");
        };
    }

    /// The code nearest to a real number, halves away from zero, without a clamp (equation 2).
    long nearest(float value) {
        double steps = value / scale;
        return (long) (steps < 0 ? Math.ceil(steps - 0.5) : Math.floor(steps + 0.5)) + zeroPoint;
    }

    long clamp(long code) {
        return Math.clamp(code, minimum, (long) maximum);
    }

    /// What a code stands for (equation 1), as a kernel's output is read.
    float real(long code) {
        return (float) ((double) scale * (code - zeroPoint));
    }

    /// The nearest number that a code stands for (equation 11).
    float fake(float value) {
        return real(clamp(nearest(value)));
    }

    /// What the codes cover (equation 4).
    Range range() {
        return new Range(real(minimum), real(maximum));
    }

    /// The mean square of what rounding to codes costs, `scale² / 12`, where values are spread evenly between them.
    double roundingNoise() {
        return (double) scale * scale / 12;
    }
}
