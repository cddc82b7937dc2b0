package dev.whittle.trainer.layer;

import java.util.List;
import org.joml.Matrix3x2f;
import org.jspecify.annotations.Nullable;

/// A layer that moves the pixels of each training image at random. Neighbouring transforms are composed into one
/// [Warp], so that pixels are interpolated once.
public sealed interface RandomTransform extends RandomAugmentation
        permits RandomFlip, RandomRotation, RandomZoom, RandomTranslation {

    /// Multiplies `sourceOfTarget`, which maps a pixel `(x, y)` of the warped image to where its value comes from, from the
    /// right with this layer's inverse transform. The origin is the centre of the image.
    ///
    /// @param key the image's key for this layer
    /// @param height rows of the image
    /// @param width columns of the image
    void compose(Matrix3x2f sourceOfTarget, long key, int height, int width);

    /// What lies beyond the borders; null for a transform that leaves them where they are.
    @Nullable
    Fill fill();

    @Override
    default BoundLayer bind(Binding binding) {
        return new Warp(List.of(this), binding.input());
    }
}
