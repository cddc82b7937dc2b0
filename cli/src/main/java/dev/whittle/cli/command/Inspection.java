package dev.whittle.cli.command;

import dev.whittle.engine.kernel.CustomOperators;
import dev.whittle.engine.kernel.KernelRegistry;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.FlexBuffer;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What is inside a model file.
///
/// @param format the version of this layout
/// @param inputs of the first subgraph, and so are the outputs, operators and tensors
/// @param subgraphs the further ones
/// @param cannotRun why the engine does not run the model, or null where it does
record Inspection(int format, String file, long bytes, String description, List<SignatureRow> signatures,
        List<String> inputs, List<String> outputs, List<OperatorRow> operators, List<TensorRow> tensors,
        List<SubgraphRow> subgraphs, List<MetadataRow> metadata, long constantBytes, @Nullable Memory memory,
        @Nullable String cannotRun) {

    /// @param subgraph the number of the one that it runs
    record SignatureRow(String key, int subgraph, List<String> inputs, List<String> outputs) {
    }

    record SubgraphRow(int index, String name, List<String> inputs, List<String> outputs, List<OperatorRow> operators,
            List<TensorRow> tensors) {
    }

    /// @param name a custom operator's in quotes
    /// @param runs false where the engine has no kernel for it
    record OperatorRow(int index, String name, int version, List<Integer> inputs, List<Integer> outputs,
            String options, boolean runs) {
    }

    /// @param constantBytes of its data; 0 for an activation
    /// @param variable it keeps its contents from one run to the next
    record TensorRow(int index, String name, String type, List<Integer> shape, List<Integer> shapeSignature,
            @Nullable QuantizationParameters quantization, long constantBytes, boolean variable) {
    }

    record MetadataRow(String name, long bytes) {
    }

    /// @param arenaBytes of activations and scratch for one interpreter
    /// @param arenaLowerBoundBytes what the busiest operator alone needs
    /// @param arenaStorageLowerBoundBytes the least that is possible with an array for each type of storage, and tensors at
    ///        cache lines
    /// @param weightsBytes of constants and packed weights, for all interpreters together
    record Memory(long arenaBytes, long arenaLowerBoundBytes, long arenaStorageLowerBoundBytes, long weightsBytes) {
    }

    static Inspection of(Path file, ModelLimits limits) throws IOException {
        Model model = ModelReader.read(file, limits);
        List<SubgraphRow> subgraphs = IntStream.range(0, model.subgraphs().size())
                .mapToObj(index -> row(index, model.subgraphs().get(index)))
                .toList();
        SubgraphRow primary = subgraphs.getFirst();
        Memory memory = null;
        String cannotRun = null;
        try {
            Plan plan = Plan.of(model, PlanOptions.defaults().withLimits(limits));
            memory = new Memory(plan.arenaBytes(), plan.arenaLowerBoundBytes(),
                    plan.arenaStorageLowerBoundBytes(), plan.weightsBytes());
        } catch (UnsupportedModelException | MalformedModelException e) {
            // What a model holds is worth showing even where it does not run here.
            cannotRun = e.getMessage();
        }
        return new Inspection(1, file.toString(), Files.size(file), model.description(),
                model.signatures().stream().map(Inspection::row).toList(), primary.inputs(), primary.outputs(),
                primary.operators(), primary.tensors(), subgraphs.subList(1, subgraphs.size()),
                model.metadata().stream().map(Inspection::row).toList(),
                subgraphs.stream().flatMap(graph -> graph.tensors().stream()).mapToLong(TensorRow::constantBytes).sum(),
                memory, cannotRun);
    }

    private static SubgraphRow row(int index, Subgraph graph) {
        return new SubgraphRow(index, graph.name(), described(graph, graph.inputs()),
                described(graph, graph.outputs()),
                IntStream.range(0, graph.operators().size())
                        .mapToObj(number -> row(number, graph.operators().get(number))).toList(),
                IntStream.range(0, graph.tensors().size())
                        .mapToObj(number -> row(number, graph.tensor(number))).toList());
    }

    private static List<String> described(Subgraph graph, List<Integer> tensors) {
        return tensors.stream().map(graph::tensor)
                .map(tensor -> tensor.name() + " " + tensor.type() + " " + tensor.shapeSignature())
                .toList();
    }

    private static SignatureRow row(Signature signature) {
        return new SignatureRow(signature.key(), signature.subgraph(), List.copyOf(signature.inputs().keySet()),
                List.copyOf(signature.outputs().keySet()));
    }

    private static MetadataRow row(Metadata metadata) {
        return new MetadataRow(metadata.name(), metadata.content().byteLength());
    }

    private static OperatorRow row(int index, Operator operator) {
        Options options = operator.options();
        boolean runs = options instanceof Options.Custom custom
                ? CustomOperators.installed().get(custom.name()) != null
                : KernelRegistry.of(operator.code()) != null;
        String name = options instanceof Options.Custom custom ? "\"" + custom.name() + "\"" : operator.code().name();
        return new OperatorRow(index, name, operator.version(), operator.inputs(), operator.outputs(),
                settings(options), runs);
    }

    private static String settings(Options options) {
        return switch (options) {
            case Options.Plain plain -> "";
            case Options.Unsupported unsupported -> "";
            case Options.Custom custom -> decoded(custom.data());
            case Options.StablehloComposite composite -> "name=%s, decompositionSubgraph=%d, version=%d, %s".formatted(
                    composite.name(), composite.decompositionSubgraph(), composite.compositeVersion(),
                    decoded(composite.attributes()));
            default -> {
                // The components of the record, as its toString lists them.
                String text = options.toString();
                yield text.substring(text.indexOf('[') + 1, text.length() - 1);
            }
        };
    }

    /// FlexBuffers as text; the number of bytes where it is something else.
    private static String decoded(Buffer data) {
        if (data.byteLength() == 0) {
            return "";
        }
        try {
            return String.valueOf(FlexBuffer.decode(data));
        } catch (IllegalArgumentException e) {
            return "%,d bytes".formatted(data.byteLength());
        }
    }

    private static TensorRow row(int index, Tensor tensor) {
        Buffer buffer = tensor.buffer();
        return new TensorRow(index, tensor.name(), tensor.type().name(), tensor.shape().toList(),
                tensor.shapeSignature().toList(), tensor.quantization(), buffer == null ? 0 : buffer.byteLength(),
                tensor.isVariable());
    }
}
