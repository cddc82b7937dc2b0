package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.List;
import org.joml.Matrix3x2f;

/// A layer that moves the pixels of each training image at random. Neighbouring transforms are composed into one
/// [Warp], so that pixels are interpolated once.
public sealed interface RandomTransform extends Layer permits RandomFlip, RandomRotation {

    /// Multiplies `sourceOfTarget`, which maps a pixel of the warped image to where its value comes from, from the right
    /// with this layer's inverse transform, about the centre of the image.
    ///
    /// @param key the image's key for this layer
    void compose(Matrix3x2f sourceOfTarget, long key);

    @Override
    default Shape outputShape(Shape input) {
        return Images.of(this, input);
    }

    @Override
    default boolean isTrainingOnly() {
        return true;
    }

    @Override
    default BoundLayer bind(Binding binding) {
        return new Warp(List.of(this), binding.input());
    }
}
