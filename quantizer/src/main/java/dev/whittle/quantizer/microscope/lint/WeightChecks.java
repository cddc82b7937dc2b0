package dev.whittle.quantizer.microscope.lint;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.rule.ConstantValues;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// Weights and biases of integer layers.
final class WeightChecks {
    /// A channel whose largest weight is below this many steps has less than four bits, its sign counted.
    private static final int FEW_STEPS = 8;
    /// Channels with few steps that are put up with.
    private static final double SKEWED_SHARE = 0.1;
    private static final double BIAS_SCALE_TOLERANCE = 0.01;
    /// Below, products of scales are no longer exact.
    private static final float SMALLEST_SCALE = 1e-30f;

    private final Subgraph graph;

    WeightChecks(Model model) {
        this.graph = model.primary();
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        for (int index = 0; index < graph.operators().size(); index++) {
            Operator operator = graph.operators().get(index);
            OptionalInt dimension = outputDimension(operator);
            if (dimension.isEmpty() || operator.inputs().size() < 2) {
                continue;
            }
            Tensor filter = graph.tensor(operator.inputs().get(1));
            long[] weights = ConstantValues.codes(filter).orElse(null);
            QuantizationParameters parameters = filter.quantization();
            if (weights == null || parameters == null || filter.shape().rank() <= dimension.getAsInt()) {
                continue;
            }
            String where = Graph.where(graph, index);
            if (parameters.scale().size() == 1) {
                skew(findings, where, filter, weights, parameters.zeroPoint(0), dimension.getAsInt());
            }
            if (operator.inputs().size() > 2 && operator.inputs().get(2) != Operator.ABSENT) {
                bias(findings, where, operator, filter, weights, dimension.getAsInt());
            }
        }
        return findings;
    }

    /// The dimension of the filter that counts output channels; empty for operators without a filter.
    private static OptionalInt outputDimension(Operator operator) {
        return switch (operator.code()) {
            case CONV_2D, FULLY_CONNECTED -> OptionalInt.of(0);
            case DEPTHWISE_CONV_2D -> OptionalInt.of(3);
            default -> OptionalInt.empty();
        };
    }

    private static void skew(List<Finding> findings, String where, Tensor filter, long[] weights, int zeroPoint,
            int dimension) {
        int channels = filter.shape().dimension(dimension);
        long[] largest = new long[channels];
        for (int i = 0; i < weights.length; i++) {
            int channel = ConstantValues.channel(filter.shape(), dimension, i);
            largest[channel] = Math.max(largest[channel], Math.abs(weights[i] - zeroPoint));
        }
        int living = 0;
        int few = 0;
        for (long steps : largest) {
            living += steps > 0 ? 1 : 0;
            few += steps > 0 && steps < FEW_STEPS ? 1 : 0;
        }
        if (few > 1 && few >= SKEWED_SHARE * living) {
            findings.add(LintRule.SKEWED_CHANNELS.at(Severity.WARNING, where,
                    "%d of %d channels of \"%s\" use fewer than %d steps of its one scale".formatted(few, living,
                            Graph.name(filter), FEW_STEPS)));
        }
    }

    private void bias(List<Finding> findings, String where, Operator operator, Tensor filter, long[] weights,
            int dimension) {
        Tensor input = graph.tensor(operator.inputs().getFirst());
        Tensor bias = graph.tensor(operator.inputs().get(2));
        QuantizationParameters inputParameters = input.quantization();
        long[] codes = ConstantValues.codes(bias).orElse(null);
        if (bias.type() != ElementType.INT32 || codes == null || inputParameters == null) {
            return;
        }
        overflow(findings, where, input, inputParameters.zeroPoint(0), filter, weights, bias, codes, dimension);
        scale(findings, where, inputParameters.scale(0), filter, bias);
    }

    private static void overflow(List<Finding> findings, String where, Tensor input, int inputZeroPoint, Tensor filter,
            long[] weights, Tensor bias, long[] codes, int dimension) {
        for (int channel = 0; channel < codes.length; channel++) {
            if (Math.abs(codes[channel]) >= Integer.MAX_VALUE) {
                findings.add(LintRule.BIAS_OVERFLOW.at(Severity.ERROR, where,
                        "bias[%d] of \"%s\" is %d, the end of 32 bits".formatted(channel, Graph.name(bias),
                                codes[channel])));
                return;
            }
        }
        long lowest = input.type() == ElementType.UINT8 ? 0 : Byte.MIN_VALUE;
        long farthest = Math.max(lowest + 255 - inputZeroPoint, inputZeroPoint - lowest);
        QuantizationParameters parameters = filter.quantization();
        if (parameters == null || input.type() == ElementType.INT16 || parameters.isBlockwise()) {
            return;
        }
        long[] sums = new long[filter.shape().dimension(dimension)];
        for (int i = 0; i < weights.length; i++) {
            int channel = ConstantValues.channel(filter.shape(), dimension, i);
            sums[channel] += Math.abs(weights[i] - parameters.zeroPoint(channel)) * farthest;
        }
        for (int channel = 0; channel < Math.min(sums.length, codes.length); channel++) {
            long worst = sums[channel] + Math.abs(codes[channel]);
            if (worst > Integer.MAX_VALUE) {
                findings.add(LintRule.BIAS_OVERFLOW.at(Severity.WARNING, where,
                        "bias[%d] of \"%s\" is %d, with which a sum may reach %d, beyond 32 bits".formatted(channel,
                                Graph.name(bias), codes[channel], worst)));
                return;
            }
        }
    }

    private static void scale(List<Finding> findings, String where, float inputScale, Tensor filter, Tensor bias) {
        QuantizationParameters weights = filter.quantization();
        QuantizationParameters found = bias.quantization();
        if (weights == null || found == null || weights.isBlockwise()) {
            return;
        }
        int channels = Math.max(weights.scale().size(), found.scale().size());
        for (int channel = 0; channel < channels; channel++) {
            float expected = inputScale * weights.scale(channel);
            float actual = found.scale(channel);
            if (expected > SMALLEST_SCALE && Math.abs(actual - expected) > BIAS_SCALE_TOLERANCE * expected) {
                findings.add(LintRule.BIAS_SCALE.at(Severity.ERROR, where,
                        "scale[%d] of \"%s\" is %.4g, input times weights is %.4g".formatted(channel, Graph.name(bias),
                                actual, expected)));
                return;
            }
        }
    }
}
