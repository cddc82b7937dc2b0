package dev.whittle.trainer.layer;

import org.joml.Matrix3x2f;

/// Shifts each training image down by a share of its height uniform in `±heightFactor` and right by a share of its width
/// uniform in `±widthFactor`, as Keras's layer of this name. Values between pixels are bilinear.
///
/// @param heightFactor 0 to 1
/// @param widthFactor 0 to 1
public record RandomTranslation(String name, float heightFactor, float widthFactor, Fill fill)
        implements
        RandomTransform {

    public RandomTranslation {
        if (!(heightFactor >= 0 && heightFactor <= 1 && widthFactor >= 0 && widthFactor <= 1)) {
            throw new IllegalArgumentException("layer \"%s\": factors %s and %s, must be 0 to 1".formatted(name,
                    heightFactor, widthFactor));
        }
    }

    /// Values from outside the image are mirrored in.
    public RandomTranslation(String name, float heightFactor, float widthFactor) {
        this(name, heightFactor, widthFactor, Fill.REFLECT);
    }

    @Override
    public void compose(Matrix3x2f sourceOfTarget, long key, int height, int width) {
        float down = (2 * CounterRandom.uniform(key, 0) - 1) * heightFactor * height;
        float right = (2 * CounterRandom.uniform(key, 1) - 1) * widthFactor * width;
        sourceOfTarget.translate(-right, -down);
    }
}
