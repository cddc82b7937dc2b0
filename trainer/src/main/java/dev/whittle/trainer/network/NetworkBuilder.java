package dev.whittle.trainer.network;

import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.SeparableConv2D;
import java.util.ArrayList;
import java.util.List;

/// Writes a [NetworkSpec] down, one layer after the other. A layer takes the one before unless it is told otherwise:
///
/// ```java
/// NetworkBuilder network = new NetworkBuilder(Shape.of(32, 32, 3));
/// network.add(new Conv2D("conv_1", 16, 3, Padding.SAME)).add(new ReLU("relu_1"));
/// network.add(new Conv2D("conv_2", 16, 3, Padding.SAME));
/// network.add(new Add("add"), "relu_1", "conv_2");
/// NetworkSpec spec = network.add(new GlobalAveragePool("pool")).add(new Softmax("softmax")).build(labels);
/// ```
public final class NetworkBuilder {
    private final Shape inputShape;
    private final List<NetworkSpec.Node> nodes = new ArrayList<>();
    private String last = NetworkSpec.INPUT;

    /// @param inputShape of one image
    public NetworkBuilder(Shape inputShape) {
        this.inputShape = inputShape;
    }

    /// Adds a layer that takes the one before.
    public NetworkBuilder add(Layer layer) {
        return add(layer, last);
    }

    /// Adds a layer that takes those of the given names; [NetworkSpec#INPUT] is the network's input.
    public NetworkBuilder add(Layer layer, String... inputs) {
        nodes.add(new NetworkSpec.Node(layer, List.of(inputs)));
        last = layer.name();
        return this;
    }

    /// Adds the two layers of a separable convolution.
    public NetworkBuilder add(SeparableConv2D separable) {
        return add(separable, last);
    }

    /// As [#add(SeparableConv2D)], behind the layer of the given name.
    public NetworkBuilder add(SeparableConv2D separable, String input) {
        String taken = input;
        for (Layer layer : separable.layers()) {
            add(layer, taken);
            taken = last;
        }
        return this;
    }

    /// The name of the layer that was added last.
    public String last() {
        return last;
    }

    /// @param labels the class of each output, none where outputs are no classes
    /// @throws IllegalArgumentException as [NetworkSpec] does
    public NetworkSpec build(List<String> labels) {
        return new NetworkSpec(inputShape, nodes, labels);
    }
}
