package dev.whittle.quantizer.prepare;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.rule.QuantizationRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Folds a product with, a sum with or a difference to constants behind a convolution or dense layer into its filter and
/// bias, `(w ∗ x + b) · m + a = (m · w) ∗ x + (m · b + a)`: what is left of a batch normalization in an inference graph
/// (equation 26 of `docs/QUANTIZATION.md`; Jacob et al. 2018, section 3.2). The constants hold one number, or one for each output channel.
///
/// Left alone: operators with an activation of their own, whose result something else takes too, whose filter is computed,
/// and constants that vary along other dimensions.
final class BatchNormFolding {
    private BatchNormFolding() {}

    static void apply(Graph graph) {
        for (int place = 0; place < graph.operatorCount(); place++) {
            int second = graph.soleConsumer(place).orElse(-1);
            if (second != -1 && isFolded(graph, place, second)) {
                // The operator is in the second one's place now; those between moved up.
                place--;
            }
        }
    }

    private static boolean isFolded(Graph graph, int first, int second) {
        Operator weighted = graph.operator(first);
        if (!(QuantizationRule.of(weighted.options()) instanceof QuantizationRule.Weighted(int dimension, int input))
                || input != 0 || activation(weighted.options()) != Activation.NONE) {
            return false;
        }
        Operator consumer = graph.operator(second);
        Activation activation = switch (consumer.options()) {
            case Options.Mul mul -> mul.activation();
            case Options.Add add -> add.activation();
            case Options.Sub sub when consumer.inputs().getFirst().equals(weighted.outputs().getFirst()) ->
                    sub.activation();
            default -> null;
        };
        float[] weights = graph.reals(weighted.inputs().get(1));
        if (activation == null || weights == null) {
            return false;
        }
        Tensor filter = graph.tensor(weighted.inputs().get(1));
        int channels = filter.shape().dimension(dimension);
        int operand = consumer.inputs().get(
                consumer.inputs().getFirst().equals(weighted.outputs().getFirst()) ? 1 : 0);
        float[] constants = perChannel(graph, operand, channels,
                graph.tensor(weighted.outputs().getFirst()).shape().rank());
        int biasIndex = weighted.inputs().size() > 2 ? weighted.inputs().get(2) : Operator.ABSENT;
        float[] bias = biasIndex == Operator.ABSENT ? new float[channels] : graph.reals(biasIndex);
        if (constants == null || bias == null) {
            return false;
        }
        List<Integer> inputs = new ArrayList<>(weighted.inputs().subList(0, 2));
        if (consumer.options() instanceof Options.Mul) {
            int below = weights.length / channels;
            for (int i = 0; i < weights.length; i++) {
                weights[i] *= constants[dimension == 0 ? i / below : i % channels];
            }
            inputs.set(1, graph.add(filter.withBuffer(Buffer.ofFloats(weights))));
        }
        for (int channel = 0; channel < channels; channel++) {
            bias[channel] = switch (consumer.options()) {
                case Options.Mul _ -> bias[channel] * constants[channel];
                case Options.Sub _ -> bias[channel] - constants[channel];
                default -> bias[channel] + constants[channel];
            };
        }
        if (biasIndex != Operator.ABSENT || !(consumer.options() instanceof Options.Mul)) {
            String name = biasIndex == Operator.ABSENT ? filter.name() + "/bias" : graph.tensor(biasIndex).name();
            inputs.add(graph.add(Tensor.constant(name, ElementType.FLOAT32, Shape.of(channels), null,
                    Buffer.ofFloats(bias))));
        } else if (weighted.inputs().size() > 2) {
            inputs.add(Operator.ABSENT);
        }
        graph.merge(first, second, ActivationFusion.withActivation(weighted.options(), activation).orElseThrow(),
                inputs);
        return true;
    }

    private static Activation activation(Options options) {
        return Objects.requireNonNull(ActivationFusion.activation(options));
    }

    /// A constant as one number for each channel; null where it is none that may be.
    private static float @Nullable [] perChannel(Graph graph, int index, int channels, int rank) {
        float[] values = graph.reals(index);
        Shape shape = graph.tensor(index).shape();
        if (values == null || shape.rank() > rank) {
            return null;
        }
        if (values.length == 1) {
            float[] repeated = new float[channels];
            Arrays.fill(repeated, values[0]);
            return repeated;
        }
        return values.length == channels && shape.dimension(shape.rank() - 1) == channels ? values : null;
    }
}
