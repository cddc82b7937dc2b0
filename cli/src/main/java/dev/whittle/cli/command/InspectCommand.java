package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "inspect", description = "Show a model's operators, tensors, sizes and memory.", footer = "  whittle inspect demo/float.tflite")
public final class InspectCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "A .tflite file.") private Path model = Path.of("");

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Inspection inspection = inspect(model);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(inspection) + System.lineSeparator() : text(inspection));
        out.flush();
        return 0;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param cannotRun why the engine does not run the model, or null where it does
    record Inspection(int format, String file, long bytes, String description, List<SignatureRow> signatures,
            List<String> inputs, List<String> outputs, List<OperatorRow> operators, List<TensorRow> tensors,
            List<MetadataRow> metadata, long constantBytes, @Nullable Memory memory, @Nullable String cannotRun) {
    }

    record SignatureRow(String key, List<String> inputs, List<String> outputs) {
    }

    record OperatorRow(int index, String name, int version, List<Integer> inputs, List<Integer> outputs,
            String options) {
    }

    /// @param constantBytes of its data; 0 for an activation
    record TensorRow(int index, String name, String type, List<Integer> shape, List<Integer> shapeSignature,
            @Nullable QuantizationParameters quantization, long constantBytes) {
    }

    record MetadataRow(String name, long bytes) {
    }

    /// @param arenaBytes of activations and scratch for one interpreter
    /// @param arenaLowerBoundBytes what the busiest operator alone needs
    record Memory(long arenaBytes, long arenaLowerBoundBytes) {
    }

    private static Inspection inspect(Path file) throws IOException {
        Model model = ModelReader.read(file);
        Subgraph graph = model.primary();
        List<TensorRow> tensors = IntStream.range(0, graph.tensors().size())
                .mapToObj(index -> row(index, graph.tensor(index)))
                .toList();
        List<OperatorRow> operators = IntStream.range(0, graph.operators().size())
                .mapToObj(index -> row(index, graph.operators().get(index)))
                .toList();
        Memory memory = null;
        String cannotRun = null;
        try {
            Plan plan = Plan.of(model, PlanOptions.defaults());
            memory = new Memory(plan.arenaBytes(), plan.arenaLowerBoundBytes());
        } catch (UnsupportedModelException e) {
            // What a model holds is worth showing even where it does not run here.
            cannotRun = e.getMessage();
        }
        return new Inspection(1, file.toString(), Files.size(file), model.description(),
                model.signatures().stream().map(InspectCommand::row).toList(), described(graph, graph.inputs()),
                described(graph, graph.outputs()), operators, tensors,
                model.metadata().stream().map(InspectCommand::row).toList(),
                tensors.stream().mapToLong(TensorRow::constantBytes).sum(), memory, cannotRun);
    }

    private static List<String> described(Subgraph graph, List<Integer> tensors) {
        return tensors.stream().map(graph::tensor)
                .map(tensor -> tensor.name() + " " + tensor.type() + " " + tensor.shapeSignature())
                .toList();
    }

    private static SignatureRow row(Signature signature) {
        return new SignatureRow(signature.key(), List.copyOf(signature.inputs().keySet()),
                List.copyOf(signature.outputs().keySet()));
    }

    private static MetadataRow row(Metadata metadata) {
        return new MetadataRow(metadata.name(), metadata.content().byteLength());
    }

    private static OperatorRow row(int index, Operator operator) {
        String options = operator.options().toString();
        return new OperatorRow(index, operator.code().name(), operator.version(), operator.inputs(), operator.outputs(),
                options.substring(options.indexOf('[') + 1, options.length() - 1));
    }

    private static TensorRow row(int index, Tensor tensor) {
        Buffer buffer = tensor.buffer();
        return new TensorRow(index, tensor.name(), tensor.type().name(), tensor.shape().toList(),
                tensor.shapeSignature().toList(), tensor.quantization(), buffer == null ? 0 : buffer.byteLength());
    }

    private static String text(Inspection inspection) {
        StringBuilder text = new StringBuilder();
        String newline = System.lineSeparator();
        text.append(inspection.file()).append(": ").append("%,d".formatted(inspection.bytes())).append(" bytes, ")
                .append("%,d".formatted(inspection.constantBytes())).append(" of constants")
                .append(inspection.description().isEmpty() ? "" : ", \"" + inspection.description() + "\"")
                .append(newline);
        inspection.inputs().forEach(input -> text.append("input   ").append(input).append(newline));
        inspection.outputs().forEach(output -> text.append("output  ").append(output).append(newline));
        inspection.signatures().forEach(signature -> text.append("signature \"").append(signature.key()).append("\" ")
                .append(signature.inputs()).append(" to ").append(signature.outputs()).append(newline));
        inspection.metadata().forEach(metadata -> text.append("metadata ").append(metadata.name()).append(", ")
                .append(metadata.bytes()).append(" bytes").append(newline));
        Table operators = new Table("#", "operator", "version", "inputs", "outputs", "options");
        inspection.operators().forEach(row -> operators.row(row.index(), row.name(), row.version(),
                indices(row.inputs()), indices(row.outputs()), row.options()));
        Table tensors = new Table("#", "type", "shape", "bytes", "quantization", "tensor");
        inspection.tensors().forEach(row -> tensors.row(row.index(), row.type(), row.shape(),
                row.constantBytes() == 0 ? "-" : "%,d".formatted(row.constantBytes()), quantization(row.quantization()),
                row.name()));
        text.append(newline).append(operators).append(newline).append(tensors).append(newline);
        TreeMap<String, Long> counts = inspection.operators().stream()
                .collect(Collectors.groupingBy(OperatorRow::name, TreeMap::new, Collectors.counting()));
        text.append(inspection.operators().size()).append(" operators: ").append(counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey()).collect(Collectors.joining(", ")))
                .append(newline);
        Memory memory = inspection.memory();
        if (memory != null) {
            text.append("arena %,d bytes for activations; the busiest operator alone needs %,d%n".formatted(
                    memory.arenaBytes(), memory.arenaLowerBoundBytes()));
        }
        if (inspection.cannotRun() != null) {
            text.append("does not run here: ").append(inspection.cannotRun()).append(newline);
        }
        return text.toString();
    }

    private static String indices(List<Integer> tensors) {
        return tensors.stream().map(tensor -> tensor == Operator.ABSENT ? "-" : Integer.toString(tensor))
                .collect(Collectors.joining(" "));
    }

    private static String quantization(@Nullable QuantizationParameters quantization) {
        if (quantization == null) {
            return "";
        }
        return quantization.isPerChannel()
                ? "%d scales along %d, %.3g to %.3g".formatted(quantization.scale().size(),
                        quantization.quantizedDimension(),
                        quantization.scale().stream().min(Float::compare).orElseThrow(),
                        quantization.scale().stream().max(Float::compare).orElseThrow())
                : "scale %.6g, zero point %d".formatted(quantization.scale(0), quantization.zeroPoint(0));
    }
}
