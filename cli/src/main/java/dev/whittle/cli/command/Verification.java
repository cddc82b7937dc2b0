package dev.whittle.cli.command;

import dev.whittle.cli.EntryPoint;
import dev.whittle.cli.FailureMessage;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How far a file can be trusted: whether it is sound, whether every entry point can be planned, and whether one run of
/// each on zeros ends, all within limits.
///
/// @param format the version of this layout
/// @param stages those that went well, in order
/// @param error what ended it, or null where every stage went well
record Verification(int format, String file, LimitRow limits, List<Stage> stages, @Nullable String error) {

    Verification {
        stages = List.copyOf(stages);
    }

    /// @param name file, plan or invoke, with the signature's key where there is one
    record Stage(String name, String found) {
    }

    record LimitRow(long maxBytes, long maxElements, int maxOperators, long maxLoopIterations, double maxSeconds,
            long maxMultiplications) {
        static LimitRow of(ModelLimits limits) {
            return new LimitRow(limits.maxBytes(), limits.maxElements(), limits.maxOperators(),
                    limits.maxLoopIterations(), limits.maxTime().toMillis() / 1e3, limits.maxMultiplications());
        }
    }

    /// Verifies a file. Whatever goes wrong is in the result.
    static Verification of(Path file, PlanOptions options) {
        List<Stage> stages = new ArrayList<>();
        String error = null;
        try {
            Model model = ModelReader.read(file, options.limits());
            stages.add(new Stage("file", contents(file, model)));
            Interpreter primary = Interpreter.of(model, options);
            Set<Integer> subgraphs = new HashSet<>();
            for (@Nullable String key : keys(model)) {
                EntryPoint entry = EntryPoint.of(model, key);
                if (subgraphs.add(entry.subgraph())) {
                    run(entry, primary, stages);
                }
            }
        } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
            error = FailureMessage.of(e);
        }
        return new Verification(1, file.toString(), LimitRow.of(options.limits()), stages, error);
    }

    private static List<@Nullable String> keys(Model model) {
        List<@Nullable String> keys = new ArrayList<>();
        keys.add(null);
        model.signatures().stream().map(Signature::key).forEach(keys::add);
        return keys;
    }

    private static void run(EntryPoint entry, Interpreter primary, List<Stage> stages) {
        String suffix = entry.subgraph() == 0 ? "" : " \"" + entry.signature() + "\"";
        Interpreter interpreter = entry.interpreter(primary);
        Plan plan = interpreter.plan();
        stages.add(new Stage("plan" + suffix, "%,d operators bound to kernels, %,d bytes of activations".formatted(
                plan.operators().size(), plan.arenaBytes())));
        long start = System.nanoTime();
        interpreter.invoke();
        long nanoseconds = System.nanoTime() - start;
        stages.add(new Stage("invoke" + suffix, "ran on zeros in %.1f ms, %s".formatted(nanoseconds / 1e6,
                interpreter.outputs().stream().map(Verification::described).collect(Collectors.joining(", ")))));
    }

    private static String described(TensorView output) {
        return "\"" + output.name() + "\" " + output.type() + " " + output.shape();
    }

    private static String contents(Path file, Model model) throws IOException {
        long constantBytes = model.subgraphs().stream().map(Subgraph::tensors).flatMap(List::stream).map(Tensor::buffer)
                .filter(Objects::nonNull).mapToLong(Buffer::byteLength).sum();
        return "%,d bytes, sound: %s, %s, %s, %,d bytes of constants".formatted(Files.size(file),
                counted(model.subgraphs().size(), "subgraph"),
                counted(model.subgraphs().stream().mapToInt(graph -> graph.operators().size()).sum(), "operator"),
                counted(model.subgraphs().stream().mapToInt(graph -> graph.tensors().size()).sum(), "tensor"),
                constantBytes);
    }

    private static String counted(int count, String noun) {
        return "%,d %s%s".formatted(count, noun, count == 1 ? "" : "s");
    }

    /// One line for each stage that went well.
    String text() {
        int width = stages.stream().mapToInt(stage -> stage.name().length()).max().orElse(0);
        return stages.stream()
                .map(stage -> FailureMessage.oneLine(stage.name() + " ".repeat(width - stage.name().length() + 2)
                        + stage.found()) + System.lineSeparator())
                .collect(Collectors.joining());
    }
}
