package dev.whittle.trainer.weights;

import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Tanh;
import dev.whittle.trainer.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// The layers of a network that have weights, as Keras has them and in its order.
///
/// Keras orders the layers of a graph by depth, the longest way to the output, deepest first; layers of one depth as they are
/// first met on the way back from the output, through the inputs of each layer in turn (`map_graph` in `keras/src/ops/function.py`).
final class KerasLayers {
    private static final String DEPTHWISE = "/depthwise";

    private final Network network;
    private final boolean hasSeparable;
    private final boolean hasActivationsInside;

    /// A layer with weights.
    ///
    /// @param kerasClass the class in snake case, as in `.weights.h5` files
    /// @param variables in Keras's order
    /// @param assignment takes an array for each variable
    record KerasLayer(String name, String kerasClass, List<KerasVariable> variables,
            Consumer<List<WeightArray>> assignment) {
    }

    /// @param shape as Keras stores it
    record KerasVariable(String name, Shape shape) {
    }

    private KerasLayers(Network network, boolean hasSeparable, boolean hasActivationsInside) {
        this.network = network;
        this.hasSeparable = hasSeparable;
        this.hasActivationsInside = hasActivationsInside;
    }

    /// @param hasSeparable a depthwise convolution and the one of single pixels behind it, named as
    ///            [dev.whittle.trainer.layer.SeparableConv2D] names them, are one layer
    /// @param hasActivationsInside activations are no layers of their own, which can change the order of a graph
    static List<KerasLayer> of(Network network, boolean hasSeparable, boolean hasActivationsInside) {
        return new KerasLayers(network, hasSeparable, hasActivationsInside).inOrder();
    }

    private List<KerasLayer> inOrder() {
        int count = network.layers().size();
        int[] depths = depths();
        int[] visits = new int[count];
        Arrays.fill(visits, Integer.MAX_VALUE);
        visit(count - 1, visits, 0);
        return IntStream.range(0, count).boxed()
                .sorted(Comparator.<Integer>comparingInt(layer -> -depths[layer]).thenComparing(layer -> visits[layer]))
                .filter(layer -> !isFirstHalf(layer))
                .flatMap(layer -> keras(layer).stream()).toList();
    }

    private int[] depths() {
        int[] depths = new int[network.layers().size()];
        for (int layer = depths.length - 1; layer >= 0; layer--) {
            boolean isLayer = !(network.layers().get(layer) instanceof FakeQuantize) && !isSecondHalf(layer)
                    && !(hasActivationsInside && isActivation(network.layers().get(layer)));
            for (int value : network.inputs(layer)) {
                if (value > 0) {
                    depths[value - 1] = Math.max(depths[value - 1], depths[layer] + (isLayer ? 1 : 0));
                }
            }
        }
        return depths;
    }

    /// Numbers the layers from the output back.
    ///
    /// @return the next number
    private int visit(int layer, int[] visits, int first) {
        if (visits[layer] != Integer.MAX_VALUE) {
            return first;
        }
        visits[layer] = first;
        int next = first + 1;
        for (int value : network.inputs(layer)) {
            next = value > 0 ? visit(value - 1, visits, next) : next;
        }
        return next;
    }

    private static boolean isActivation(Layer layer) {
        return layer instanceof ReLU || layer instanceof ReLU6 || layer instanceof LeakyReLU
                || layer instanceof HardSwish || layer instanceof Sigmoid || layer instanceof Tanh
                || layer instanceof Softmax;
    }

    /// Whether a layer is the second of a separable convolution.
    private boolean isSecondHalf(int layer) {
        int before = network.inputs(layer).getFirst() - 1;
        return hasSeparable && before >= 0 && network.layers().get(layer) instanceof Conv2D pointwise
                && network.layers().get(before) instanceof DepthwiseConv2D depthwise && !depthwise.useBias()
                && depthwise.name().equals(pointwise.name() + DEPTHWISE);
    }

    private boolean isFirstHalf(int layer) {
        return IntStream.range(layer + 1, network.layers().size())
                .anyMatch(other -> network.inputs(other).getFirst() == layer + 1 && isSecondHalf(other));
    }

    /// A layer with its weights; none where it has none.
    private List<KerasLayer> keras(int index) {
        Layer layer = network.layers().get(index);
        Shape input = network.inputShape(index);
        return switch (layer) {
            case Conv2D conv -> List.of(isSecondHalf(index)
                    ? separable(conv, index)
                    : new KerasLayer(conv.name(), "conv2d", withBias(kernel("kernel", conv, input),
                            conv.useBias(), conv.filters()), arrays -> assign(conv, arrays)));
            case DepthwiseConv2D conv -> List.of(new KerasLayer(conv.name(), "depthwise_conv2d",
                    withBias(kernel("kernel", conv, input), conv.useBias(), network.outputShape(index).dimension(2)),
                    arrays -> assignAll(layer, input, arrays)));
            case Dense dense -> List.of(new KerasLayer(dense.name(), "dense",
                    withBias(new KerasVariable("kernel", Shape.of(input.dimension(0), dense.units())), dense.useBias(),
                            dense.units()),
                    arrays -> network.assign(dense, lastAxisFirst(arrays.getFirst()),
                            bias(arrays, dense.useBias(), dense.units()))));
            case BatchNorm norm -> List.of(new KerasLayer(norm.name(), "batch_normalization",
                    norm.variables(input).stream().map(each -> new KerasVariable(each.name(), each.shape())).toList(),
                    arrays -> assignAll(layer, input, arrays)));
            default -> List.of();
        };
    }

    private KerasLayer separable(Conv2D pointwise, int index) {
        int before = network.inputs(index).getFirst() - 1;
        DepthwiseConv2D depthwise = (DepthwiseConv2D) network.layers().get(before);
        Shape input = network.inputShape(before);
        List<KerasVariable> variables = new ArrayList<>();
        variables.add(kernel("depthwise_kernel", depthwise, input));
        variables.addAll(withBias(kernel("pointwise_kernel", pointwise, network.inputShape(index)),
                pointwise.useBias(), pointwise.filters()));
        return new KerasLayer(pointwise.name(), "separable_conv2d", variables, arrays -> {
            assignAll(depthwise, input, arrays.subList(0, 1));
            assign(pointwise, arrays.subList(1, arrays.size()));
        });
    }

    private static KerasVariable kernel(String name, Conv2D conv, Shape input) {
        return new KerasVariable(name,
                Shape.of(conv.kernelHeight(), conv.kernelWidth(), input.dimension(2), conv.filters()));
    }

    private static KerasVariable kernel(String name, DepthwiseConv2D conv, Shape input) {
        return new KerasVariable(name,
                Shape.of(conv.kernelHeight(), conv.kernelWidth(), input.dimension(2), conv.depthMultiplier()));
    }

    private static List<KerasVariable> withBias(KerasVariable kernel, boolean useBias, int outputs) {
        return useBias ? List.of(kernel, new KerasVariable("bias", Shape.of(outputs))) : List.of(kernel);
    }

    private void assign(Conv2D conv, List<WeightArray> arrays) {
        network.assign(conv, lastAxisFirst(arrays.getFirst()), bias(arrays, conv.useBias(), conv.filters()));
    }

    private static float[] bias(List<WeightArray> arrays, boolean useBias, int outputs) {
        return useBias ? arrays.get(1).toFloats() : new float[outputs];
    }

    /// Arrays that are laid out as the trainer stores its variables.
    private void assignAll(Layer layer, Shape input, List<WeightArray> arrays) {
        for (int i = 0; i < arrays.size(); i++) {
            network.assign(layer.name(), layer.variables(input).get(i).name(), arrays.get(i).toFloats());
        }
    }

    /// `[…, out]` as `[out, …]`.
    private static float[] lastAxisFirst(WeightArray array) {
        int outputs = array.shape().dimension(array.shape().rank() - 1);
        int rest = array.shape().elementCount() / outputs;
        float[] moved = new float[array.shape().elementCount()];
        for (int i = 0; i < rest; i++) {
            for (int out = 0; out < outputs; out++) {
                moved[out * rest + i] = array.value(i * outputs + out);
            }
        }
        return moved;
    }
}
