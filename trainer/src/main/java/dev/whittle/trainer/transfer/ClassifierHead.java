package dev.whittle.trainer.transfer;

import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.Reshape;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Variable;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import java.util.ArrayList;
import java.util.List;

/// The end of a network that tells classes apart: a fully-connected layer, or a convolution whose output is one pixel, and
/// the softmax behind it.
public final class ClassifierHead {
    private ClassifierHead() {}

    /// A network for other classes: the head's layer, of the same name, gets fresh weights and an output for each class; all
    /// other layers keep theirs. A head stays that has as many outputs as there are classes, or one output and a sigmoid for two,
    /// unless its network has other labels or another order of them.
    ///
    /// @param labels of the classes, 2 or more
    /// @param seed of the fresh weights
    /// @throws IllegalArgumentException when the network ends in something else
    public static Network replace(Network network, List<String> labels, long seed) {
        if (labels.size() < 2) {
            throw new IllegalArgumentException("%d classes, expected 2 or more".formatted(labels.size()));
        }
        NetworkSpec spec = network.spec();
        List<Layer> layers = network.layers();
        int last = layers.size() - 1;
        int head = head(network);
        int outputs = network.outputShape(last).elementCount();
        boolean fits = switch (layers.get(last)) {
            case Softmax _ -> outputs == labels.size();
            case Sigmoid _ -> outputs == 1 && labels.size() == 2;
            default -> false;
        };
        if (fits && (network.labels().isEmpty() || network.labels().equals(labels))) {
            return copy(network, new NetworkSpec(spec.inputShape(), spec.nodes(), labels), seed, layers.size());
        }
        List<NetworkSpec.Node> nodes = new ArrayList<>(spec.nodes().subList(0, head));
        Layer fresh = resized(layers.get(head), labels.size());
        nodes.add(new NetworkSpec.Node(fresh, spec.nodes().get(head).inputs()));
        String taken = fresh.name();
        if (fresh instanceof Conv2D) {
            nodes.add(new NetworkSpec.Node(new Flatten(taken + "/flatten"), List.of(taken)));
            taken = nodes.getLast().name();
        }
        nodes.add(new NetworkSpec.Node(new Softmax(fresh.name() + "/softmax"), List.of(taken)));
        return copy(network, new NetworkSpec(spec.inputShape(), nodes, labels), seed, head);
    }

    /// The layer with the weights of the outputs.
    private static int head(Network network) {
        List<Layer> layers = network.layers();
        int index = layers.size() - 1;
        while (index >= 0 && isBehindHead(layers.get(index))) {
            index = network.inputs(index).getFirst() - 1;
        }
        Layer layer = index < 0 ? layers.getFirst() : layers.get(index);
        boolean isHead = index >= 0 && switch (layer) {
            case Dense _ -> true;
            case Conv2D conv -> network.outputShape(index).elementCount() == conv.filters();
            default -> false;
        };
        if (!isHead) {
            throw layer.refused(
                    "a %s gives the outputs, expected a Dense or a Conv2D of one pixel before a Softmax".formatted(
                            layer.getClass().getSimpleName()));
        }
        return index;
    }

    private static boolean isBehindHead(Layer layer) {
        return layer instanceof Softmax || layer instanceof Sigmoid || layer instanceof Flatten
                || layer instanceof Reshape || layer instanceof Dropout;
    }

    private static Layer resized(Layer head, int outputs) {
        return switch (head) {
            case Dense dense -> new Dense(dense.name(), outputs, dense.useBias(), dense.initializer(), 0);
            case Conv2D conv -> new Conv2D(conv.name(), outputs, conv.kernelHeight(), conv.kernelWidth(),
                    conv.strideHeight(), conv.strideWidth(), conv.dilationHeight(), conv.dilationWidth(),
                    conv.padding(), conv.useBias(), conv.initializer(), 0);
            default -> throw new IllegalStateException(head + " is no head");
        };
    }

    /// A network whose first layers, up to a number, have the values of another's, and the rest fresh ones.
    private static Network copy(Network network, NetworkSpec spec, long seed, int kept) {
        Network copy = Network.create(spec, seed);
        for (int i = 0; i < kept; i++) {
            String layer = copy.layers().get(i).name();
            for (Variable variable : copy.layers().get(i).variables(copy.inputShape(i))) {
                copy.assign(layer, variable.name(), network.values(layer, variable.name()));
            }
        }
        return copy;
    }
}
