package dev.whittle.trainer.network;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomAugmentation;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Softmax;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// A network as plain data: what goes in, the graph of layers, and what the outputs mean.
///
/// @param inputShape of one image, such as `[height, width, channel]`; photographs have values 0 to 255
/// @param nodes the layers with what they take, each after those it takes; the last one gives the output
/// @param labels the class of each output, two for a single output; none where outputs are no classes
public record NetworkSpec(Shape inputShape, List<Node> nodes, List<String> labels) {
    /// What a layer takes that takes the network's input.
    public static final String INPUT = "input";

    /// A layer of the graph.
    ///
    /// @param inputs the names of the layers it takes, or [#INPUT]
    public record Node(Layer layer, List<String> inputs) {
        public Node {
            inputs = List.copyOf(inputs);
            if (inputs.isEmpty()) {
                throw layer.refused("no inputs, must have one or more");
            }
        }

        public String name() {
            return layer.name();
        }
    }

    /// @throws IllegalArgumentException when the layers do not fit each other, the input or the labels
    public NetworkSpec {
        nodes = List.copyOf(nodes);
        labels = List.copyOf(labels);
        if (inputShape.rank() < 1 || inputShape.toList().stream().anyMatch(dimension -> dimension < 1)) {
            throw new IllegalArgumentException("network input " + inputShape + ", must have positive dimensions");
        }
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("the network has no layers, must have one or more");
        }
        Map<String, Shape> shapes = shapesByName(inputShape, nodes);
        Set<String> unused = new HashSet<>(shapes.keySet());
        nodes.forEach(node -> node.inputs().forEach(unused::remove));
        for (Node node : nodes.subList(0, nodes.size() - 1)) {
            if (unused.contains(node.name())) {
                throw node.layer().refused("is taken by no other, only the last layer may be");
            }
        }
        int outputs = Objects.requireNonNull(shapes.get(nodes.getLast().name())).elementCount();
        boolean isBinary = outputs == 1 && labels.size() == 2;
        if (!labels.isEmpty() && labels.size() != outputs && !isBinary) {
            throw new IllegalArgumentException(
                    "the network has %d outputs for %d labels, must be as many".formatted(outputs, labels.size()));
        }
    }

    /// A network whose layers each take the one before.
    public static NetworkSpec chain(Shape inputShape, List<? extends Layer> layers, List<String> labels) {
        List<Node> nodes = new ArrayList<>();
        String previous = INPUT;
        for (Layer layer : layers) {
            nodes.add(new Node(layer, List.of(previous)));
            previous = layer.name();
        }
        return new NetworkSpec(inputShape, nodes, labels);
    }

    /// The shape of each layer's output, and of the input, by name.
    private static Map<String, Shape> shapesByName(Shape inputShape, List<Node> nodes) {
        Map<String, Shape> shapes = new HashMap<>();
        shapes.put(INPUT, inputShape);
        for (Node node : nodes) {
            List<Shape> inputs = new ArrayList<>();
            for (String input : node.inputs()) {
                Shape shape = shapes.get(input);
                if (shape == null) {
                    throw node.layer().refused("takes \"" + input + "\", must be the name of a layer before it");
                }
                inputs.add(shape);
            }
            if (node.name().equals(INPUT)) {
                throw node.layer().refused("has the name of the network's input, must have another");
            }
            if (shapes.put(node.name(), node.layer().outputShape(inputs)) != null) {
                throw new IllegalArgumentException(
                        "two layers are named \"" + node.name() + "\", names must be distinct");
            }
        }
        return shapes;
    }

    /// As [#imageClassifier(Shape, int, List, float, List)].
    ///
    /// @param augment flips both ways and turns by up to 72 degrees while training
    public static NetworkSpec imageClassifier(Shape input, int size, boolean augment, float dropout,
            List<String> labels) {
        return imageClassifier(input, size,
                augment ? List.of(new RandomFlip("random_flip", true, true),
                        new RandomRotation("random_rotation", 0.2f))
                        : List.of(),
                dropout, labels);
    }

    /// Three convolutions of 16, 32 and 64 filters of 3 × 3, each with ReLU and a 2 × 2 max-pool, then a fully-connected layer
    /// of 64 and one output per label. Resizing to `size × size` and scaling to 0…1 are the first layers.
    ///
    /// @param input `[height, width, channel]`, which may be larger than what the convolutions see
    /// @param size pixels along each side that the convolutions see
    /// @param augmentation random layers behind the scaling
    /// @param dropout rate before the first fully-connected layer, 0 for none
    public static NetworkSpec imageClassifier(Shape input, int size, List<? extends RandomAugmentation> augmentation,
            float dropout, List<String> labels) {
        List<Layer> layers = new ArrayList<>();
        layers.add(new Resizing("resizing", size, size));
        layers.add(new Rescaling("rescaling", 1 / 255f, 0));
        layers.addAll(augmentation);
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
        return chain(input, layers, labels);
    }

    /// The layers, each after those it takes.
    public List<Layer> layers() {
        return nodes.stream().map(Node::layer).toList();
    }

    /// Whether each layer takes the one before, and nothing else.
    public boolean isChain() {
        return nodes.equals(chain(inputShape, layers(), labels).nodes());
    }

    /// This network with other layers: where they have the names that the layers have now, in the same order, they take
    /// what those take; else this network must be a chain, and the new one is.
    public NetworkSpec withLayers(List<? extends Layer> newLayers) {
        List<String> names = newLayers.stream().map(Layer::name).toList();
        if (names.equals(nodes.stream().map(Node::name).toList())) {
            List<Node> changed = new ArrayList<>();
            for (int i = 0; i < nodes.size(); i++) {
                changed.add(new Node(newLayers.get(i), nodes.get(i).inputs()));
            }
            return new NetworkSpec(inputShape, changed, labels);
        }
        if (!isChain()) {
            throw new IllegalArgumentException(
                    "the network has layers that do not take the one before, must be a chain to change layers");
        }
        return chain(inputShape, newLayers, labels);
    }

    /// The shape of one image as it comes in, and after each layer.
    public List<Shape> shapes() {
        Map<String, Shape> byName = shapesByName(inputShape, nodes);
        List<Shape> shapes = new ArrayList<>();
        shapes.add(inputShape);
        nodes.forEach(node -> shapes.add(byName.get(node.name())));
        return List.copyOf(shapes);
    }

    /// Where the inputs of each layer stand in [#shapes]: 0 for the network's input, `i + 1` for layer `i`.
    List<List<Integer>> inputIndices() {
        Map<String, Integer> indices = new HashMap<>();
        indices.put(INPUT, 0);
        List<List<Integer>> inputs = new ArrayList<>();
        for (Node node : nodes) {
            inputs.add(node.inputs().stream().map(indices::get).toList());
            indices.put(node.name(), indices.size());
        }
        return inputs;
    }
}
