package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// Numbers that belong to a layer.
///
/// @param name unique in the layer, such as `kernel`
/// @param shape as the trainer stores it
/// @param origin what it holds before training, and whether it is trained
public record Variable(String name, Shape shape, Origin origin) {

    /// Where a variable's first value comes from. Trainable variables have gradients; the others are state that the layer
    /// itself updates while training.
    public sealed interface Origin {
        default boolean isTrainable() {
            return false;
        }
    }

    /// Drawn, then trained.
    ///
    /// @param fanIn inputs that an output sums up
    /// @param fanOut outputs that an input goes to
    public record Trained(Initializer initializer, int fanIn, int fanOut) implements Origin {
        @Override
        public boolean isTrainable() {
            return true;
        }
    }

    /// The same value throughout, then updated by the layer.
    public record Kept(float value) implements Origin {
    }

    /// A range that nothing has been observed for: minimum +∞, maximum −∞.
    public record EmptyRange() implements Origin {
    }

    /// A bias, which is trained from zero on.
    static Variable bias(int channels) {
        return new Variable("bias", Shape.of(channels), new Trained(Initializer.ZEROS, 1, 1));
    }
}
