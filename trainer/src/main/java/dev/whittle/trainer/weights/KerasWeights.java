package dev.whittle.trainer.weights;

import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.weights.KerasLayers.KerasLayer;
import dev.whittle.trainer.weights.KerasLayers.KerasVariable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Puts arrays that Keras has written into a network of the same layers, whose activations may be parts of other layers in
/// Keras. How Keras stores the variables, each kernel with its bias behind it:
///
/// | layer | variables |
/// |---|---|
/// | Conv2D | kernel `[height, width, in, out]` |
/// | DepthwiseConv2D | kernel `[height, width, in, multiplier]` |
/// | SeparableConv2D | depthwise kernel, pointwise kernel, as above |
/// | Dense | kernel `[in, units]` |
/// | BatchNormalization | gamma, beta, moving mean, moving variance |
///
/// Arrays that are named after layers of the network (in a `.h5` file) go to these. Else they go to layers in Keras's order,
/// which for a graph is by depth. In a `.weights.h5` file layers are sorted by name, but numbered in that order for each class:
/// there the second convolution takes `layers/conv2d_1`.
public final class KerasWeights {
    private static final Pattern NUMBERED = Pattern.compile("(?:.*/)?layers/([a-z0-9_]+?)(?:_(\\d+))?/vars/(\\d+)");
    private static final String SEPARABLE = "separable_conv2d";

    private final WeightArrays weights;
    private final boolean isNumbered;
    private final Map<String, Integer> layersOfClass = new HashMap<>();
    private int next;

    private KerasWeights(WeightArrays weights) {
        this.weights = weights;
        isNumbered = isNumbered(weights);
    }

    private static boolean isNumbered(WeightArrays weights) {
        return weights.arrays().stream().allMatch(array -> NUMBERED.matcher(array.name()).matches());
    }

    /// A layer with the arrays that it takes.
    private record Match(KerasLayer layer, List<WeightArray> arrays) {
        void assign() {
            layer.assignment().accept(arrays);
        }
    }

    /// Replaces all variables of all layers of `network` that have any. Nothing is replaced when something does not fit.
    ///
    /// @throws WeightsException naming layer and shapes, when an array is missing, is left over or has another shape, or when the
    ///             arrays fit in more than one order
    public static void assign(WeightArrays weights, Network network) {
        boolean hasSeparable = !isNumbered(weights)
                || weights.arrays().stream().anyMatch(array -> array.name().contains("layers/" + SEPARABLE));
        List<KerasLayer> layers = KerasLayers.of(network, hasSeparable, false);
        Optional<List<Match>> named = byName(weights, layers);
        List<KerasLayer> others = KerasLayers.of(network, hasSeparable, true);
        List<Match> matches;
        if (named.isPresent()) {
            matches = named.get();
        } else if (names(layers).equals(names(others))) {
            matches = new KerasWeights(weights).match(layers);
        } else {
            matches = either(weights, layers, others);
        }
        int taken = matches.stream().mapToInt(match -> match.arrays.size()).sum();
        if (taken < weights.arrays().size()) {
            throw new WeightsException("[%s] holds %d arrays, the network takes %d".formatted(weights.source(),
                    weights.arrays().size(), taken));
        }
        matches.forEach(Match::assign);
    }

    private static List<String> names(List<KerasLayer> layers) {
        return layers.stream().map(KerasLayer::name).toList();
    }

    /// Arrays named after the layers, where there is one for each variable.
    private static Optional<List<Match>> byName(WeightArrays weights, List<KerasLayer> layers) {
        List<Match> matches = new ArrayList<>();
        for (KerasLayer layer : layers) {
            List<WeightArray> arrays = new ArrayList<>();
            for (KerasVariable variable : layer.variables()) {
                weights.find(layer.name() + "/" + variable.name()).ifPresent(arrays::add);
            }
            if (arrays.size() < layer.variables().size()) {
                return Optional.empty();
            }
            matches.add(new KerasWeights(weights).checked(layer, arrays));
        }
        return Optional.of(matches);
    }

    /// In the one of two orders in which the arrays fit.
    private static List<Match> either(WeightArrays weights, List<KerasLayer> layers, List<KerasLayer> others) {
        List<Match> matches;
        try {
            matches = new KerasWeights(weights).match(layers);
        } catch (WeightsException first) {
            try {
                return new KerasWeights(weights).match(others);
            } catch (WeightsException second) {
                first.addSuppressed(second);
                throw first;
            }
        }
        boolean fitsToo;
        try {
            fitsToo = !new KerasWeights(weights).match(others).isEmpty();
        } catch (WeightsException e) {
            fitsToo = false;
        }
        if (fitsToo) {
            throw new WeightsException(
                    "[%s] fits the branches of the network in two orders, expected an .h5 file of model.save with layers named as here"
                            .formatted(weights.source()));
        }
        return matches;
    }

    private List<Match> match(List<KerasLayer> layers) {
        return layers.stream().map(this::take).toList();
    }

    /// The arrays of the next layer.
    private Match take(KerasLayer layer) {
        List<WeightArray> taken = new ArrayList<>();
        int number = layersOfClass.merge(layer.kerasClass(), 1, Integer::sum) - 1;
        for (int variable = 0; variable < layer.variables().size(); variable++) {
            taken.add(isNumbered ? numbered(layer, number, variable) : following(layer));
        }
        return checked(layer, taken);
    }

    private Match checked(KerasLayer layer, List<WeightArray> arrays) {
        for (int i = 0; i < arrays.size(); i++) {
            KerasVariable variable = layer.variables().get(i);
            if (!arrays.get(i).shape().equals(variable.shape())) {
                throw fault(layer, "%s \"%s\" is %s, expected %s".formatted(variable.name(), arrays.get(i).name(),
                        arrays.get(i).shape(), variable.shape()));
            }
        }
        return new Match(layer, arrays);
    }

    private WeightArray numbered(KerasLayer layer, int number, int variable) {
        for (WeightArray array : weights.arrays()) {
            Matcher name = NUMBERED.matcher(array.name());
            if (name.matches() && name.group(1).equals(layer.kerasClass())
                    && number == (name.group(2) == null ? 0 : Integer.parseInt(name.group(2)))
                    && variable == Integer.parseInt(name.group(3))) {
                return array;
            }
        }
        throw fault(layer, "no array layers/%s%s/vars/%d".formatted(layer.kerasClass(),
                number == 0 ? "" : "_" + number, variable));
    }

    private WeightArray following(KerasLayer layer) {
        if (next == weights.arrays().size()) {
            throw fault(layer, "no array left of %d".formatted(next));
        }
        return weights.arrays().get(next++);
    }

    private WeightsException fault(KerasLayer layer, String found) {
        return new WeightsException("[%s] layer \"%s\": %s".formatted(weights.source(), layer.name(), found));
    }
}
