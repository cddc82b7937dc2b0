package dev.whittle.trainer.network;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Softmax;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A network as plain data: what goes in, the chain of layers, and what the outputs mean.
///
/// @param inputShape of one image, `[height, width, channel]`, with values 0 to 255
/// @param layers from the input on, with distinct names, the last one [Softmax]
/// @param labels the class of each output
public record NetworkSpec(Shape inputShape, List<Layer> layers, List<String> labels) {

    /// @throws IllegalArgumentException when the layers do not fit each other, the input or the labels
    public NetworkSpec {
        layers = List.copyOf(layers);
        labels = List.copyOf(labels);
        if (inputShape.rank() < 1 || inputShape.toList().stream().anyMatch(dimension -> dimension < 1)) {
            throw new IllegalArgumentException("network input " + inputShape + ", must have positive dimensions");
        }
        Set<String> names = new HashSet<>();
        Shape shape = inputShape;
        for (Layer layer : layers) {
            if (!names.add(layer.name())) {
                throw new IllegalArgumentException(
                        "two layers are named \"" + layer.name() + "\", names must be distinct");
            }
            shape = layer.outputShape(shape);
        }
        if (layers.isEmpty() || !(layers.getLast() instanceof Softmax)) {
            throw new IllegalArgumentException("the last layer must be a Softmax");
        }
        if (shape.elementCount() != labels.size()) {
            throw new IllegalArgumentException(
                    "the network has %d outputs for %d labels, must be as many".formatted(shape.elementCount(),
                            labels.size()));
        }
    }

    /// Three convolutions of 16, 32 and 64 filters of 3 × 3, each with ReLU and a 2 × 2 max-pool, then a fully-connected layer
    /// of 64 and one output per label. Resizing to `size × size` and scaling to 0…1 are the first layers.
    ///
    /// @param input `[height, width, channel]`, which may be larger than what the convolutions see
    /// @param size pixels along each side that the convolutions see
    /// @param augment flips both ways and turns by up to 72 degrees while training
    /// @param dropout rate before the first fully-connected layer, 0 for none
    public static NetworkSpec imageClassifier(Shape input, int size, boolean augment, float dropout,
            List<String> labels) {
        List<Layer> layers = new ArrayList<>();
        layers.add(new Resizing("resizing", size, size));
        layers.add(new Rescaling("rescaling", 1 / 255f, 0));
        if (augment) {
            layers.add(new RandomFlip("random_flip", true, true));
            layers.add(new RandomRotation("random_rotation", 0.2f));
        }
        for (int block = 1; block <= 3; block++) {
            layers.add(new Conv2D("conv_" + block, 8 << block, 3, Padding.VALID));
            layers.add(new ReLU("relu_" + block));
            layers.add(new MaxPool2D("max_pool_" + block, 2));
        }
        layers.add(new Flatten("flatten"));
        if (dropout > 0) {
            layers.add(new Dropout("dropout", dropout));
        }
        layers.add(new Dense("dense_1", 64));
        layers.add(new ReLU("relu_4"));
        layers.add(new Dense("dense_2", labels.size()));
        layers.add(new Softmax("softmax"));
        return new NetworkSpec(input, layers, labels);
    }

    /// This network with other layers.
    public NetworkSpec withLayers(List<Layer> newLayers) {
        return new NetworkSpec(inputShape, newLayers, labels);
    }

    /// The shape of one image before each layer, and after the last.
    public List<Shape> shapes() {
        List<Shape> shapes = new ArrayList<>();
        Shape shape = inputShape;
        shapes.add(shape);
        for (Layer layer : layers) {
            shape = layer.outputShape(shape);
            shapes.add(shape);
        }
        return List.copyOf(shapes);
    }
}
