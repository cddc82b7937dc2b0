package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.List;

/// One layer as plain data: a name, unique in its network, and hyperparameters. Parameters live in the network; what a
/// layer computes is bound to shapes and parameters once ([#bind]) and then run without deciding anything again.
public sealed interface Layer
        permits Resizing, Rescaling, RandomAugmentation, Conv2D, MaxPool2D, ReLU, Flatten, Dense, Dropout, Softmax,
        FakeQuantize {
    String name();

    /// The shape of one image after this layer.
    ///
    /// @param input the shape of one image before it
    /// @throws IllegalArgumentException naming the layer, when it cannot take such an input
    Shape outputShape(Shape input);

    /// What the layer learns or keeps, in a fixed order.
    default List<Variable> variables(Shape input) {
        return List.of();
    }

    /// True when output and input are the same array, changed in place or not at all.
    default boolean isInPlace() {
        return false;
    }

    /// True when the layer only exists while training and passes its input on otherwise.
    default boolean isTrainingOnly() {
        return false;
    }

    /// The computation, for one network with its parameters.
    BoundLayer bind(Binding binding);

    /// An exception that names this layer.
    default IllegalArgumentException refused(String foundAndExpected) {
        return new IllegalArgumentException("layer \"" + name() + "\": " + foundAndExpected);
    }
}
