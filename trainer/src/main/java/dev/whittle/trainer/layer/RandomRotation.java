package dev.whittle.trainer.layer;

import org.joml.Matrix3x2f;

/// Turns each training image by an angle uniform in `±factor · 2π` about its centre. Values between pixels are bilinear.
///
/// @param factor share of a full turn, 0 to 1
public record RandomRotation(String name, float factor, Fill fill) implements RandomTransform {

    public RandomRotation {
        if (!(factor >= 0 && factor <= 1)) {
            throw new IllegalArgumentException("layer \"%s\": factor %s, must be 0 to 1".formatted(name, factor));
        }
    }

    /// Values from outside the image are mirrored in.
    public RandomRotation(String name, float factor) {
        this(name, factor, Fill.REFLECT);
    }

    @Override
    public void compose(Matrix3x2f sourceOfTarget, long key, int height, int width) {
        double angle = (2 * CounterRandom.uniform(key, 0) - 1) * factor * 2 * Math.PI;
        // StrictMath, so that a seed means the same everywhere.
        float sin = (float) StrictMath.sin(angle);
        float cos = (float) StrictMath.cos(angle);
        sourceOfTarget.mul(new Matrix3x2f(cos, sin, -sin, cos, 0, 0));
    }
}
