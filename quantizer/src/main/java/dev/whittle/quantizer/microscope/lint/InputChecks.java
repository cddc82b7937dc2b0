package dev.whittle.quantizer.microscope.lint;

import dev.whittle.converter.lower.ImageModelMetadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.microscope.compare.RandomInputs;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.rule.ConstantValues;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Whether data, the input's quantization and the scaling inside the graph fit together.
final class InputChecks {
    /// A factor this small turns pixels into something near 1.
    private static final double PIXEL_FACTOR = 0.01;
    /// Data that end here are scaled already.
    private static final float SCALED = 2.5f;
    /// An input that covers this many times what the data span is meant for other data.
    private static final float TOO_WIDE = 64;

    private final Model model;
    private final Subgraph graph;
    private final List<List<float[]>> samples;

    InputChecks(Model model, List<List<float[]>> samples) {
        this.model = model;
        this.graph = model.primary();
        this.samples = samples;
    }

    /// The scaling at a graph's start.
    ///
    /// @param index of the MUL or DIV
    /// @param scaled what it scales
    private record Scaling(int index, Tensor scaled, double factor) {
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        if (graph.inputs().size() != 1) {
            return findings;
        }
        Tensor input = graph.tensor(graph.inputs().getFirst());
        Optional<Range> named = ImageModelMetadata.of(model)
                .map(metadata -> new Range(metadata.inputMinimum(), metadata.inputMaximum()));
        Optional<Range> covered = RandomInputs.covered(input);
        Optional<Range> seen = seen();
        Scaling scaling = scaling(graph.inputs().getFirst());
        if (scaling != null) {
            Optional<Range> before = RandomInputs.covered(scaling.scaled).or(() -> covered).or(() -> named)
                    .or(() -> seen);
            before.filter(range -> largest(range) > 0 && largest(range) <= SCALED).ifPresent(range -> findings.add(
                    found(Graph.where(graph, scaling.index), "multiplies by %.4g what reaches %.4g at most already"
                            .formatted(scaling.factor, largest(range)))));
        }
        covered.ifPresent(range -> {
            named.filter(data -> isTooWide(range, data))
                    .ifPresent(data -> findings.add(mismatch(input, range, "the metadata name", data)));
            if (named.isEmpty()) {
                seen.filter(data -> isTooWide(range, data))
                        .ifPresent(data -> findings.add(mismatch(input, range, "the data reach", data)));
            }
        });
        return findings;
    }

    private static Finding found(String where, String found) {
        return LintRule.DOUBLE_NORMALISATION.at(Severity.ERROR, where, found);
    }

    private static Finding mismatch(Tensor input, Range covered, String source, Range data) {
        return found("input \"" + input.name() + "\"",
                "its codes cover %.4g to %.4g, %s %.4g to %.4g".formatted(covered.minimum(), covered.maximum(), source,
                        data.minimum(), data.maximum()));
    }

    private static boolean isTooWide(Range covered, Range data) {
        float span = Math.max(data.maximum(), 0) - Math.min(data.minimum(), 0);
        return span > 0 && covered.maximum() - covered.minimum() >= TOO_WIDE * span;
    }

    private static float largest(Range range) {
        return Math.max(Math.abs(range.minimum()), Math.abs(range.maximum()));
    }

    private Optional<Range> seen() {
        return samples.stream().map(sample -> Range.of(sample.getFirst())).reduce(Range::union);
    }

    /// The first MUL by a small constant or DIV by a large one that the input comes to, through what moves numbers only;
    /// null where there is none.
    private @Nullable Scaling scaling(int input) {
        int current = input;
        for (int index = 0; index < graph.operators().size(); index++) {
            Operator operator = graph.operators().get(index);
            if (operator.inputs().isEmpty() || operator.inputs().getFirst() != current) {
                continue;
            }
            switch (operator.options()) {
                case Options.Plain.QUANTIZE, Options.Plain.DEQUANTIZE, Options.Plain.CAST, Options.Plain.PAD ->
                        current = operator.outputs().getFirst();
                case Options.ResizeBilinear _,Options.ResizeNearestNeighbor _,Options.Reshape _ ->
                        current = operator.outputs().getFirst();
                case Options.Mul _,Options.Div _ -> {
                    double operand = ConstantValues.reals(graph.tensor(operator.inputs().get(1)))
                            .map(values -> (double) largest(Range.of(values))).orElse(1.0);
                    double factor = operator.options() instanceof Options.Div ? 1 / operand : operand;
                    return factor > 0 && factor < PIXEL_FACTOR
                            ? new Scaling(index, graph.tensor(current), factor)
                            : null;
                }
                default -> {
                    return null;
                }
            }
        }
        return null;
    }
}
