package dev.whittle.quantizer.correct;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Divides the channels of a layer by factors that the next layer multiplies by, so that the weights of both are spread alike
/// (Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction", section 4.1; equation 18 of
/// `docs/QUANTIZATION.md`):
///
/// `s[c] = √(r1[c] · r2[c]) / r2[c]`, `W1[c] ← W1[c] / s[c]`, `b1[c] ← b1[c] / s[c]`, `W2[:, c] ← W2[:, c] · s[c]`
///
/// with `r1[c]` the largest magnitude among the weights that channel `c` is made with and `r2[c]` among those that read it.
/// The model computes the same, since `relu(s · x) = s · relu(x)` for `s > 0`. Between the two layers may stand what keeps
/// that true: RELU and LEAKY_RELU, pooling, padding with zeros, a flattening RESHAPE. A fused RELU6 does not. The pairs are
/// gone over until no factor is far from 1.
///
/// It helps where a tensor shares one scale: the activation between the layers always does, and so do weights per tensor.
public final class CrossLayerEqualization {
    private static final int ROUNDS = 40;
    private static final double NEAR_ONE = 1e-3;

    private CrossLayerEqualization() {}

    /// The model with equalized weights.
    public static Model equalize(Model model) {
        Subgraph subgraph = model.primary();
        List<Pair> pairs = new ArrayList<>();
        for (Operator operator : subgraph.operators()) {
            WeightedLayer.of(subgraph, operator).filter(WeightedLayer::ownsConstants)
                    .flatMap(first -> next(subgraph, first).map(second -> new Pair(first, second)))
                    .ifPresent(pairs::add);
        }
        Map<Integer, float[]> values = new HashMap<>();
        for (Pair pair : pairs) {
            values.put(pair.first.filterTensor(), pair.first.weights());
            values.put(pair.second.filterTensor(), pair.second.weights());
            if (pair.first.hasBias()) {
                values.put(pair.first.biasTensor(), pair.first.bias());
            }
        }
        for (int round = 0; round < ROUNDS; round++) {
            double farthest = 0;
            for (Pair pair : pairs) {
                farthest = Math.max(farthest, pair.equalize(values));
            }
            if (farthest < NEAR_ONE) {
                break;
            }
        }
        CorrectedModel corrected = new CorrectedModel(model);
        values.forEach(corrected::replace);
        return corrected.model();
    }

    /// The layer that alone reads what `first` puts out, with nothing between that a factor would not pass.
    private static Optional<WeightedLayer> next(Subgraph subgraph, WeightedLayer first) {
        if (first.activation() != Activation.NONE && first.activation() != Activation.RELU) {
            return Optional.empty();
        }
        int tensor = first.output();
        while (true) {
            int current = tensor;
            List<Operator> readers =
                    subgraph.operators().stream().filter(other -> other.inputs().contains(current)).toList();
            if (readers.size() != 1 || subgraph.outputs().contains(current)) {
                return Optional.empty();
            }
            Operator reader = readers.getFirst();
            Optional<WeightedLayer> second = WeightedLayer.of(subgraph, reader);
            if (second.isPresent()) {
                return second.filter(WeightedLayer::ownsConstants).filter(layer -> layer.input() == current)
                        .filter(layer -> reads(subgraph, layer, first.channels()));
            }
            if (!passesFactors(subgraph, reader)) {
                return Optional.empty();
            }
            tensor = reader.outputs().getFirst();
        }
    }

    /// Whether the numbers that a layer reads are those of `channels` channels, in turns.
    private static boolean reads(Subgraph subgraph, WeightedLayer layer, int channels) {
        int read = subgraph.tensor(layer.input()).shape().toList().getLast();
        boolean isWhole = switch (layer.operator().options()) {
            // Grouped convolutions read a part.
            case Options.Conv2d _ -> layer.filterShape().dimension(3) == read;
            case Options.DepthwiseConv2d conv -> layer.channels() == read * conv.depthMultiplier();
            default -> layer.positions() == read;
        };
        return isWhole && read % channels == 0;
    }

    private static boolean passesFactors(Subgraph subgraph, Operator operator) {
        return switch (operator.options()) {
            case Options.MaxPool2d max -> isHomogeneous(max.pool().activation());
            case Options.AveragePool2d average -> isHomogeneous(average.pool().activation());
            case Options.LeakyRelu _ -> true;
            case Options.Plain plain -> plain.code() == OperatorCode.RELU || plain.code() == OperatorCode.PAD;
            case Options.Reshape _ -> isFlattening(subgraph, operator);
            default -> false;
        };
    }

    private static boolean isHomogeneous(Activation activation) {
        return activation == Activation.NONE || activation == Activation.RELU;
    }

    /// Whether each image becomes a row, its channels in turns.
    private static boolean isFlattening(Subgraph subgraph, Operator operator) {
        List<Integer> from = subgraph.tensor(operator.inputs().getFirst()).shape().toList();
        List<Integer> to = subgraph.tensor(operator.outputs().getFirst()).shape().toList();
        return to.size() == 2 && !from.isEmpty() && to.getFirst().equals(from.getFirst());
    }

    private record Pair(WeightedLayer first, WeightedLayer second) {

        /// @return how far from 1 a factor was, as a logarithm
        double equalize(Map<Integer, float[]> values) {
            float[] making = Objects.requireNonNull(values.get(first.filterTensor()));
            float[] reading = Objects.requireNonNull(values.get(second.filterTensor()));
            float[] bias = first.hasBias() ? Objects.requireNonNull(values.get(first.biasTensor()))
                    : new float[first.channels()];
            double[] factors = factors(making, reading);
            double farthest = 0;
            for (int channel = 0; channel < factors.length; channel++) {
                farthest = Math.max(farthest, Math.abs(Math.log(factors[channel])));
                bias[channel] = (float) (bias[channel] / factors[channel]);
                for (int position = 0; position < first.positions(); position++) {
                    int index = first.index(position, channel);
                    making[index] = (float) (making[index] / factors[channel]);
                }
            }
            for (int channel = 0; channel < second.channels(); channel++) {
                for (int position = 0; position < second.positions(); position++) {
                    int index = second.index(position, channel);
                    reading[index] =
                            (float) (reading[index] * factors[second.inChannel(position, channel) % factors.length]);
                }
            }
            return farthest;
        }

        private double[] factors(float[] making, float[] reading) {
            float[] made = new float[first.channels()];
            float[] read = new float[first.channels()];
            for (int channel = 0; channel < made.length; channel++) {
                for (int position = 0; position < first.positions(); position++) {
                    made[channel] = Math.max(made[channel], Math.abs(making[first.index(position, channel)]));
                }
            }
            for (int channel = 0; channel < second.channels(); channel++) {
                for (int position = 0; position < second.positions(); position++) {
                    int from = second.inChannel(position, channel) % read.length;
                    read[from] = Math.max(read[from], Math.abs(reading[second.index(position, channel)]));
                }
            }
            double[] factors = new double[made.length];
            for (int channel = 0; channel < factors.length; channel++) {
                // A channel that nothing goes into, or comes out of, has no spread to share.
                factors[channel] = made[channel] > 0 && read[channel] > 0
                        ? Math.sqrt((double) made[channel] / read[channel])
                        : 1;
            }
            return factors;
        }
    }
}
