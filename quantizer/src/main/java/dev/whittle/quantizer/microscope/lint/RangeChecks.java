package dev.whittle.quantizer.microscope.lint;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.quantizer.microscope.compare.RandomInputs;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How the ranges of 8-bit activations fit the data. Ranges that an operator only passes on, or that are fixed by what it
/// computes, are not looked at; neither is an end that is meant to clamp: the code of zero, and that of a RELU6.
final class RangeChecks {
    private static final double SATURATED_SHARE = 0.01;
    private static final int ENOUGH_VALUES = 100;
    private static final int NEXT_CODES = 4;
    private static final double USED_SHARE = 1.0 / 8;
    private static final int CODES = 256;
    /// Fewer samples say little of what is never reached.
    private static final int ENOUGH_SAMPLES = 10;

    private final Model model;
    private final Subgraph graph;

    RangeChecks(Model model) {
        this.model = model;
        this.graph = model.primary();
    }

    List<Finding> findings(List<List<float[]>> samples) {
        Map<Integer, long[]> counts = new LinkedHashMap<>();
        for (int index = 0; index < graph.operators().size(); index++) {
            if (isOwnRange(graph.operators().get(index))) {
                counts.put(index, new long[CODES]);
            }
        }
        List<Finding> findings = new ArrayList<>();
        inputs(findings, samples);
        PlanOptions options = PlanOptions.defaults().withPreserveAllTensors(true);
        try (Interpreter interpreter = Interpreter.of(model, options)) {
            for (List<float[]> sample : samples) {
                for (int input = 0; input < sample.size(); input++) {
                    interpreter.input(input).putFloats(sample.get(input));
                }
                interpreter.invoke();
                counts.forEach((index, count) -> count(
                        interpreter.tensor(graph.operators().get(index).outputs().getFirst()).toBytes(), count));
            }
        }
        counts.forEach((index, count) -> judge(findings, index, count, samples.size()));
        return findings;
    }

    /// Counts by the byte's bits, so that int8 and uint8 are told apart only when they are judged.
    private static void count(ByteBuffer codes, long[] counts) {
        while (codes.hasRemaining()) {
            counts[codes.get() & 0xff]++;
        }
    }

    private boolean isOwnRange(Operator operator) {
        if (operator.outputs().isEmpty()) {
            return false;
        }
        Tensor output = graph.tensor(operator.outputs().getFirst());
        boolean isEightBit = output.type() == ElementType.INT8 || output.type() == ElementType.UINT8;
        if (!isEightBit || output.quantization() == null || output.isConstant()) {
            return false;
        }
        return switch (operator.code()) {
            case ADD, SUB, MUL, DIV, CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TRANSPOSE_CONV, LEAKY_RELU, PRELU,
                    HARD_SWISH, ELU, GELU, MEAN, SUM, BATCH_MATMUL, RELU, RELU6, EXP, SQUARED_DIFFERENCE, RSQRT ->
                    true;
            default -> false;
        };
    }

    private void judge(List<Finding> findings, int index, long[] counts, int samples) {
        Operator operator = graph.operators().get(index);
        Tensor output = graph.tensor(operator.outputs().getFirst());
        QuantizationParameters parameters = output.quantization();
        if (parameters == null) {
            return;
        }
        int lowest = output.type() == ElementType.UINT8 ? 0 : Byte.MIN_VALUE;
        long total = 0;
        int first = CODES;
        int last = -1;
        for (int step = 0; step < CODES; step++) {
            long count = counts[lowest + step & 0xff];
            total += count;
            first = count > 0 ? Math.min(first, step) : first;
            last = count > 0 ? step : last;
        }
        if (total == 0) {
            return;
        }
        long low = parameters.zeroPoint(0) <= lowest ? 0 : pile(counts, lowest, 1);
        long high = isClamp(operator) ? 0 : pile(counts, lowest + CODES - 1, -1);
        if (low + high >= Math.max(ENOUGH_VALUES, SATURATED_SHARE * total)) {
            findings.add(LintRule.RANGE_SATURATES.at(Severity.WARNING, Graph.where(graph, index),
                    "%.1f %% of its values are at the ends of the range (%.1f %% low, %.1f %% high)".formatted(
                            100.0 * (low + high) / total, 100.0 * low / total, 100.0 * high / total)));
        } else if (samples >= ENOUGH_SAMPLES && last - first + 1 < USED_SHARE * CODES) {
            findings.add(LintRule.RANGE_HARDLY_USED.at(Severity.WARNING, Graph.where(graph, index),
                    "%d inputs use %d of its 256 codes".formatted(samples, last - first + 1)));
        }
    }

    /// The values at an end of the range, where they are a pile: more than twice as many as at any of the next codes. The
    /// end of a range that was measured as it is has a value or two.
    private static long pile(long[] counts, int end, int inwards) {
        long most = 0;
        for (int step = 1; step <= NEXT_CODES; step++) {
            most = Math.max(most, counts[end + inwards * step & 0xff]);
        }
        long count = counts[end & 0xff];
        return count > 2 * most ? count : 0;
    }

    private static boolean isClamp(Operator operator) {
        Activation activation = switch (operator.options()) {
            case Options.Conv2d conv -> conv.activation();
            case Options.DepthwiseConv2d conv -> conv.activation();
            case Options.FullyConnected dense -> dense.activation();
            case Options.Add add -> add.activation();
            case Options.Plain.RELU6 -> Activation.RELU6;
            default -> Activation.NONE;
        };
        return activation == Activation.RELU6 || activation == Activation.RELU_N1_TO_1;
    }

    /// Real numbers that the input's codes do not reach.
    private void inputs(List<Finding> findings, List<List<float[]>> samples) {
        for (int number = 0; number < graph.inputs().size(); number++) {
            int at = number;
            Tensor input = graph.tensor(graph.inputs().get(number));
            QuantizationParameters parameters = input.quantization();
            RandomInputs.covered(input).ifPresent(covered -> {
                float half = parameters == null ? 0 : parameters.scale(0) / 2;
                long beyond = 0;
                long total = 0;
                for (List<float[]> sample : samples) {
                    for (float value : sample.get(at)) {
                        total++;
                        beyond += value < covered.minimum() - half || value > covered.maximum() + half ? 1 : 0;
                    }
                }
                if (beyond > SATURATED_SHARE * total) {
                    findings.add(LintRule.RANGE_SATURATES.at(Severity.WARNING, "input \"" + input.name() + "\"",
                            "%.1f %% of the data lie beyond what its codes cover, %.4g to %.4g".formatted(
                                    100.0 * beyond / total, covered.minimum(), covered.maximum())));
                }
            });
        }
    }
}
