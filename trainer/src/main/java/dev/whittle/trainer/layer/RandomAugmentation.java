package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// A layer that changes each training image at random and passes images on unchanged otherwise. What it draws for an
/// image depends on the image's key ([Step#setImageKey]) and the layer's name alone.
public sealed interface RandomAugmentation extends Layer
        permits RandomTransform, RandomContrast, RandomBrightness, GaussianNoise, Cutout {

    @Override
    default Shape outputShape(Shape input) {
        return Images.of(this, input);
    }

    @Override
    default boolean isTrainingOnly() {
        return true;
    }

    /// The key that this layer draws from for an image.
    default long key(Step step, int image) {
        return CounterRandom.fold(step.imageKey(image), name().hashCode());
    }
}
