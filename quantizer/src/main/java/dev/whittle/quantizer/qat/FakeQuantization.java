package dev.whittle.quantizer.qat;

import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Concat;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomAugmentation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Reshape;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Tanh;
import dev.whittle.trainer.layer.ZeroPadding;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.NetworkSpec.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Places fake quantization in a network, wherever the int8 model has numbers with a range of their own: in the kernels,
/// behind each convolution, fully-connected layer or addition (and the normalization and the ReLU that its operator computes
/// as well), and once behind the preprocessing. Pooling and reshaping pass numbers on under the parameters that they have,
/// and the softmax's parameters are fixed: nothing stands behind these.
final class FakeQuantization {
    /// How much of an activation's range stays at each step.
    private static final float MOMENTUM = 0.99f;

    private final NetworkSpec spec;
    private final int kernelBits;
    private final Map<String, Node> nodes = new HashMap<>();
    private final Map<String, List<Layer>> consumers = new HashMap<>();
    /// What stands for a layer where it is taken: itself, or the fake quantization behind it.
    private final Map<String, String> standIns = new HashMap<>();
    private final List<Node> placed = new ArrayList<>();

    private FakeQuantization(NetworkSpec spec, int kernelBits) {
        this.spec = spec;
        this.kernelBits = kernelBits;
        for (Node node : spec.nodes()) {
            nodes.put(node.name(), node);
            node.inputs().forEach(input -> consumers.computeIfAbsent(input, _ -> new ArrayList<>()).add(node.layer()));
        }
    }

    /// The network with fake quantization between and in its layers.
    ///
    /// @param kernelBits of the integers that kernels are rounded to
    static NetworkSpec place(NetworkSpec spec, int kernelBits) {
        return new FakeQuantization(spec, kernelBits).place();
    }

    private NetworkSpec place() {
        if (isTakenByOthers(NetworkSpec.INPUT)) {
            placeRange(NetworkSpec.INPUT);
        }
        for (Node node : spec.nodes()) {
            placed.add(new Node(withFakeQuantizedKernel(node.layer()),
                    node.inputs().stream().map(input -> standIns.getOrDefault(input, input)).toList()));
            boolean hasRange = isPreprocessing(node.layer())
                    ? isTakenByOthers(node.name())
                    : hasOwnRange(node.layer()) && !isAbsorbing(node);
            if (hasRange) {
                placeRange(node.name());
            }
        }
        return new NetworkSpec(spec.inputShape(), placed, spec.labels());
    }

    private void placeRange(String name) {
        FakeQuantize range = new FakeQuantize(name + "/range", MOMENTUM, false);
        placed.add(new Node(range, List.of(name)));
        standIns.put(name, range.name());
    }

    private List<Layer> consumers(String name) {
        return consumers.getOrDefault(name, List.of());
    }

    private boolean isTakenByOthers(String name) {
        return consumers(name).stream().anyMatch(layer -> !isPreprocessing(layer));
    }

    private Layer withFakeQuantizedKernel(Layer layer) {
        return switch (layer) {
            case Conv2D conv -> conv.withFakeQuantizedKernel(kernelBits);
            case DepthwiseConv2D conv -> conv.withFakeQuantizedKernel(kernelBits);
            case Dense dense -> dense.withFakeQuantizedKernel(kernelBits);
            case FakeQuantize fake -> throw new IllegalArgumentException(
                    "layer \"" + fake.name() + "\": the network has fake quantization already");
            case Add _,AveragePool2D _,BatchNorm _,Concat _,Dropout _,Flatten _,GlobalAveragePool _ -> layer;
            case HardSwish _,LeakyReLU _,MaxPool2D _,RandomAugmentation _,ReLU _,ReLU6 _,Rescaling _ -> layer;
            case Reshape _,Resizing _,Sigmoid _,Softmax _,Tanh _,ZeroPadding _ -> layer;
        };
    }

    private static boolean isPreprocessing(Layer layer) {
        return layer instanceof Resizing || layer instanceof Rescaling || layer instanceof RandomAugmentation;
    }

    private static boolean hasOwnRange(Layer layer) {
        return switch (layer) {
            case Conv2D _,DepthwiseConv2D _,Dense _,BatchNorm _,Add _,Concat _,GlobalAveragePool _ -> true;
            case ReLU _,ReLU6 _,LeakyReLU _,HardSwish _,Sigmoid _,Tanh _ -> true;
            case AveragePool2D _,MaxPool2D _,ZeroPadding _,Flatten _,Reshape _,Dropout _,Softmax _ -> false;
            case Resizing _,Rescaling _,RandomAugmentation _,FakeQuantize _ -> false;
        };
    }

    /// Whether the operator of a layer also computes the layer behind it, whose range then counts.
    private boolean isAbsorbing(Node node) {
        List<Layer> behind = consumers(node.name());
        if (behind.size() != 1) {
            return false;
        }
        return switch (behind.getFirst()) {
            case BatchNorm _ -> isWeighted(node.layer());
            case ReLU _,ReLU6 _ -> isWeighted(node.layer()) || node.layer() instanceof Add
                    || (node.layer() instanceof BatchNorm && isWeighted(producer(node)));
            default -> false;
        };
    }

    private @Nullable Layer producer(Node node) {
        Node producer = nodes.get(node.inputs().getFirst());
        return producer == null ? null : producer.layer();
    }

    private static boolean isWeighted(@Nullable Layer layer) {
        return layer instanceof Conv2D || layer instanceof DepthwiseConv2D || layer instanceof Dense;
    }

    /// The layers with every range frozen, and the statistics of normalizations, which the integer model has in its weights.
    static List<Layer> freeze(List<Layer> layers) {
        return layers.stream().map(layer -> switch (layer) {
            case FakeQuantize fake -> fake.withFrozen(true);
            case BatchNorm norm -> norm.withFrozenStatistics();
            default -> layer;
        }).toList();
    }
}
