package dev.whittle.trainer.layer;

import org.joml.Matrix3x2f;
import org.jspecify.annotations.Nullable;

/// Mirrors each training image with probability one half, along each of the axes asked for.
///
/// @param horizontal swaps left and right
/// @param vertical swaps top and bottom
public record RandomFlip(String name, boolean horizontal, boolean vertical) implements RandomTransform {

    @Override
    public void compose(Matrix3x2f sourceOfTarget, long key, int height, int width) {
        float x = horizontal && CounterRandom.uniform(key, 0) < 0.5f ? -1 : 1;
        float y = vertical && CounterRandom.uniform(key, 1) < 0.5f ? -1 : 1;
        sourceOfTarget.scale(x, y);
    }

    @Override
    public @Nullable Fill fill() {
        return null;
    }
}
