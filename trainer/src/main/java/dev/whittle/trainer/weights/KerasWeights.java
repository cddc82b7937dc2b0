package dev.whittle.trainer.weights;

import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.network.Network;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Puts arrays that Keras has written into a network of the same layers. Keras stores a convolution's kernel as
/// `[height, width, in, out]`, a dense layer's as `[in, units]`, and each layer's bias behind its kernel.
///
/// Arrays go to layers in order. In a `.weights.h5` file layers are sorted by name and so not in order, but numbered for each
/// class: there the second convolution of the network takes `layers/conv2d_1`.
public final class KerasWeights {
    private static final Pattern NUMBERED = Pattern.compile("(?:.*/)?layers/([a-z0-9_]+?)(?:_(\\d+))?/vars/(\\d+)");

    private final WeightArrays weights;
    private final boolean isNumbered;
    private final Map<String, Integer> layersOfClass = new HashMap<>();
    private int next;

    private KerasWeights(WeightArrays weights) {
        this.weights = weights;
        isNumbered = weights.arrays().stream().allMatch(array -> NUMBERED.matcher(array.name()).matches());
    }

    /// Replaces kernels and biases of all layers of `network` that have any. Nothing is replaced when something does not fit.
    ///
    /// @throws WeightsException naming layer and shapes, when an array is missing, is left over or has another shape
    public static void assign(WeightArrays weights, Network network) {
        KerasWeights keras = new KerasWeights(weights);
        List<Runnable> assignments = new ArrayList<>();
        int taken = 0;
        for (int i = 0; i < network.layers().size(); i++) {
            Layer layer = network.layers().get(i);
            Shape input = network.inputShape(i);
            if (layer instanceof Conv2D conv) {
                List<WeightArray> arrays = keras.take(layer, "conv2d",
                        Shape.of(conv.kernelHeight(), conv.kernelWidth(), input.dimension(2), conv.filters()),
                        Shape.of(conv.filters()));
                taken += arrays.size();
                assignments.add(() -> network.assign(conv, lastAxisFirst(arrays.get(0)), arrays.get(1).toFloats()));
            } else if (layer instanceof Dense dense) {
                List<WeightArray> arrays = keras.take(layer, "dense", Shape.of(input.dimension(0), dense.units()),
                        Shape.of(dense.units()));
                taken += arrays.size();
                assignments.add(() -> network.assign(dense, lastAxisFirst(arrays.get(0)), arrays.get(1).toFloats()));
            } else if (network.parameterCount(i) > 0) {
                throw keras.fault(layer, "weights of a " + layer.getClass().getSimpleName() + " are not known here");
            }
        }
        if (taken < weights.arrays().size()) {
            throw new WeightsException("[%s] holds %d arrays, the network takes %d".formatted(weights.source(),
                    weights.arrays().size(), taken));
        }
        assignments.forEach(Runnable::run);
    }

    /// The arrays of the next layer of a class, which must have the given shapes.
    private List<WeightArray> take(Layer layer, String kerasClass, Shape... shapes) {
        List<WeightArray> taken = new ArrayList<>();
        int number = layersOfClass.merge(kerasClass, 1, Integer::sum) - 1;
        for (int variable = 0; variable < shapes.length; variable++) {
            WeightArray array = isNumbered ? numbered(layer, kerasClass, number, variable) : following(layer);
            if (!array.shape().equals(shapes[variable])) {
                throw fault(layer, "%s \"%s\" is %s, expected %s".formatted(variable == 0 ? "kernel" : "bias",
                        array.name(), array.shape(), shapes[variable]));
            }
            taken.add(array);
        }
        return taken;
    }

    private WeightArray numbered(Layer layer, String kerasClass, int number, int variable) {
        for (WeightArray array : weights.arrays()) {
            Matcher name = NUMBERED.matcher(array.name());
            if (name.matches() && name.group(1).equals(kerasClass)
                    && number == (name.group(2) == null ? 0 : Integer.parseInt(name.group(2)))
                    && variable == Integer.parseInt(name.group(3))) {
                return array;
            }
        }
        throw fault(layer,
                "no array layers/%s%s/vars/%d".formatted(kerasClass, number == 0 ? "" : "_" + number, variable));
    }

    private WeightArray following(Layer layer) {
        if (next == weights.arrays().size()) {
            throw fault(layer, "no array left of %d".formatted(next));
        }
        return weights.arrays().get(next++);
    }

    private WeightsException fault(Layer layer, String found) {
        return new WeightsException("[%s] layer \"%s\": %s".formatted(weights.source(), layer.name(), found));
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
