package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// Numbers that belong to a layer.
///
/// @param name unique in the layer, such as `kernel`
/// @param shape as the trainer stores it
/// @param initializer what it holds before training
public record Variable(String name, Shape shape, Initializer initializer) {

    /// The first value of a variable. Trainable variables have gradients; the others are state that the layer itself
    /// updates while training.
    public sealed interface Initializer {
        default boolean isTrainable() {
            return true;
        }
    }

    /// Uniform in `±√(6 / (fanIn + fanOut))` (Glorot and Bengio 2010, equation 16).
    public record GlorotUniform(int fanIn, int fanOut) implements Initializer {
    }

    public record Zeros() implements Initializer {
    }

    /// A range that nothing has been observed for: minimum +∞, maximum −∞.
    public record EmptyRange() implements Initializer {
        @Override
        public boolean isTrainable() {
            return false;
        }
    }
}
