package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.List;

/// One layer as plain data: a name, unique in its network, and hyperparameters. Parameters live in the network; what a
/// layer computes is bound to shapes and parameters once ([#bind]) and then run without deciding anything again.
public sealed interface Layer
        permits Resizing, Rescaling, RandomAugmentation, Conv2D, DepthwiseConv2D, Dense, MaxPool2D, AveragePool2D,
        GlobalAveragePool, ZeroPadding, BatchNorm, Dropout, ReLU, ReLU6, LeakyReLU, HardSwish, Sigmoid, Tanh, Softmax,
        Flatten, Reshape, MergingLayer, FakeQuantize {
    String name();

    /// The shape of one image after this layer.
    ///
    /// @param input the shape of one image before it
    /// @throws IllegalArgumentException naming the layer, when it cannot take such an input
    Shape outputShape(Shape input);

    /// As [#outputShape(Shape)], for any number of inputs.
    default Shape outputShape(List<Shape> inputs) {
        if (inputs.size() != 1) {
            throw refused(inputs.size() + " inputs, must be 1");
        }
        return outputShape(inputs.getFirst());
    }

    /// What the layer learns or keeps, in a fixed order.
    default List<Variable> variables(Shape input) {
        return List.of();
    }

    /// True when output and input may be the same array, changed in place or not at all.
    default boolean isInPlace() {
        return false;
    }

    /// True when the backward pass needs the output as the forward pass left it, so that no other layer may work in place
    /// on it. A pass that only looks for zeros and signs says false: the layers that work in place keep these wherever
    /// the gradient is not zero.
    default boolean readsOutput() {
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
