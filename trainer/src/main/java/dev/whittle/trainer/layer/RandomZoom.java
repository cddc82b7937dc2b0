package dev.whittle.trainer.layer;

import org.joml.Matrix3x2f;

/// Shows a section of each training image whose sides are `1 + u` times the image's, `u` uniform in `±factor`: Keras's
/// `RandomZoom`, where positive numbers zoom out. Both axes zoom alike, about the centre; values between pixels are
/// bilinear.
///
/// @param factor at least 0 and below 1
public record RandomZoom(String name, float factor, Fill fill) implements RandomTransform {

    public RandomZoom {
        if (!(factor >= 0 && factor < 1)) {
            throw new IllegalArgumentException(
                    "layer \"%s\": factor %s, must be at least 0 and below 1".formatted(name, factor));
        }
    }

    /// Values from outside the image are mirrored in.
    public RandomZoom(String name, float factor) {
        this(name, factor, Fill.REFLECT);
    }

    @Override
    public void compose(Matrix3x2f sourceOfTarget, long key, int height, int width) {
        float zoom = 1 + (2 * CounterRandom.uniform(key, 0) - 1) * factor;
        sourceOfTarget.scale(zoom, zoom);
    }
}
