package dev.whittle.cli.command;

import dev.whittle.cli.FailureMessage;
import dev.whittle.cli.Table;
import dev.whittle.cli.command.Inspection.Memory;
import dev.whittle.cli.command.Inspection.OperatorRow;
import dev.whittle.cli.command.Inspection.SignatureRow;
import dev.whittle.cli.command.Inspection.SubgraphRow;
import dev.whittle.cli.command.Inspection.TensorRow;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.QuantizationParameters;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An inspection as a person reads it.
final class InspectionText {
    private static final String NEWLINE = System.lineSeparator();

    private InspectionText() {}

    static String of(Inspection inspection) {
        StringBuilder text = new StringBuilder();
        append(text, "%s: %,d bytes, %,d of constants%s".formatted(inspection.file(), inspection.bytes(),
                inspection.constantBytes(),
                inspection.description().isEmpty() ? "" : ", \"" + inspection.description() + "\""));
        appendEnds(text, inspection.inputs(), inspection.outputs());
        inspection.signatures().forEach(signature -> append(text, line(signature)));
        inspection.metadata()
                .forEach(metadata -> append(text, "metadata " + metadata.name() + ", " + metadata.bytes() + " bytes"));
        appendTables(text, inspection.operators(), inspection.tensors());
        for (SubgraphRow graph : inspection.subgraphs()) {
            append(text, "subgraph " + graph.index() + " \"" + graph.name() + "\"");
            appendEnds(text, graph.inputs(), graph.outputs());
            appendTables(text, graph.operators(), graph.tensors());
        }
        appendCounts(text, inspection);
        Memory memory = inspection.memory();
        if (memory != null) {
            append(text,
                    "arena %,d bytes for activations; the busiest operator alone needs %,d, and %,d with an array for "
                            .formatted(memory.arenaBytes(), memory.arenaLowerBoundBytes(),
                                    memory.arenaStorageLowerBoundBytes())
                            + "each type and tensors at cache lines");
            append(text, "weights %,d bytes, packed and shared by all interpreters".formatted(memory.weightsBytes()));
        }
        if (inspection.cannotRun() != null) {
            append(text, "does not run here: " + inspection.cannotRun());
        }
        return text.toString();
    }

    private static void append(StringBuilder text, String line) {
        text.append(FailureMessage.oneLine(line)).append(NEWLINE);
    }

    private static void appendEnds(StringBuilder text, List<String> inputs, List<String> outputs) {
        inputs.forEach(input -> append(text, "input   " + input));
        outputs.forEach(output -> append(text, "output  " + output));
    }

    private static String line(SignatureRow signature) {
        return "signature \"" + signature.key() + "\" " + signature.inputs() + " to " + signature.outputs()
                + (signature.subgraph() == 0 ? "" : " on subgraph " + signature.subgraph());
    }

    private static void appendTables(StringBuilder text, List<OperatorRow> operatorRows, List<TensorRow> tensorRows) {
        Table operators = new Table("#", "operator", "version", "inputs", "outputs", "options");
        operatorRows.forEach(row -> operators.row(row.index(), row.name() + (row.runs() ? "" : " (not run here)"),
                row.version(), indices(row.inputs()), indices(row.outputs()), row.options()));
        Table tensors = new Table("#", "type", "shape", "bytes", "quantization", "tensor");
        tensorRows.forEach(row -> tensors.row(row.index(), row.type(), row.shape(), bytes(row),
                quantization(row.quantization()), row.name()));
        text.append(NEWLINE).append(operators).append(NEWLINE).append(tensors).append(NEWLINE);
    }

    private static void appendCounts(StringBuilder text, Inspection inspection) {
        List<OperatorRow> all = Stream.concat(inspection.operators().stream(),
                inspection.subgraphs().stream().flatMap(graph -> graph.operators().stream())).toList();
        TreeMap<String, Long> counts =
                all.stream().collect(Collectors.groupingBy(OperatorRow::name, TreeMap::new, Collectors.counting()));
        append(text, all.size() + " operators: " + counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey()).collect(Collectors.joining(", ")));
    }

    private static String bytes(TensorRow tensor) {
        if (tensor.variable()) {
            return "variable";
        }
        return tensor.constantBytes() == 0 ? "-" : "%,d".formatted(tensor.constantBytes());
    }

    private static String indices(List<Integer> tensors) {
        return tensors.stream().map(tensor -> tensor == Operator.ABSENT ? "-" : Integer.toString(tensor))
                .collect(Collectors.joining(" "));
    }

    private static String quantization(@Nullable QuantizationParameters quantization) {
        if (quantization == null) {
            return "";
        }
        List<Float> scales = quantization.scale();
        if (!quantization.isBlockwise() && !quantization.isPerChannel()) {
            return "scale %.6g, zero point %d".formatted(quantization.scale(0), quantization.zeroPoint(0));
        }
        return "%d scales %s, %.3g to %.3g".formatted(scales.size(),
                quantization.isBlockwise()
                        ? "of blocks of " + quantization.blockSize()
                        : "along " + quantization.quantizedDimension(),
                scales.stream().min(Float::compare).orElseThrow(), scales.stream().max(Float::compare).orElseThrow());
    }
}
