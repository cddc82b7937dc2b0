package dev.whittle.cli.conformance;

import dev.whittle.cli.EntryPoint;
import dev.whittle.cli.FailureMessage;
import dev.whittle.cli.Output;
import dev.whittle.cli.conformance.Result.Worst;
import dev.whittle.cli.conformance.Variant.Case;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Runs every model below a folder on its recorded inputs and holds the outputs against the recorded ones.
///
/// A model of one operator is right when all outputs of all cases are within [Tolerance] of those of one kernel that
/// counts; which one is the same for all of them. Whole models mix many operators, so there each output may choose.
public final class Conformance {
    private static final String ENGINE = "whittle";

    private final PlanOptions options;
    private final @Nullable Path write;
    private final MessageDigest allOutputs = sha256();

    private Conformance(PlanOptions options, @Nullable Path write) {
        this.options = options;
        this.write = write;
    }

    /// The results of the variants below `root` whose path matches `only`, in the order of their paths.
    ///
    /// @param write where to save each output as `out_whittle_<case>_<i>.npy`, or the message of a model that did not run
    ///     as `error.txt`, under the variant's relative path; null to save nothing
    /// @throws IllegalArgumentException if no variant matches: an empty run proves nothing
    public static Outcome run(Path root, Pattern only, PlanOptions options, @Nullable Path write) throws IOException {
        List<Variant> variants = VariantReader.below(root).stream()
                .filter(variant -> only.matcher(variant.path().isEmpty() ? variant.operator() : variant.path()).find())
                .toList();
        if (variants.isEmpty()) {
            throw new IllegalArgumentException("[" + root + "] no folder with a meta.json and a model.tflite below it"
                    + (only.pattern().isEmpty() ? "" : " whose path matches \"" + only + "\""));
        }
        // All outputs are those of one tier.
        Conformance conformance = new Conformance(options.withStartsScalar(false), write);
        List<Result> results = new ArrayList<>();
        for (Variant variant : variants) {
            results.add(conformance.result(variant));
        }
        return new Outcome(results, options.tier(), options.tier().vectorBits(), options.reference(),
                hex(conformance.allOutputs));
    }

    private Result result(Variant variant) throws IOException {
        Judgement judgement = new Judgement(variant);
        Path folder = write == null ? null : emptied(Output.folder(write.resolve(variant.path())));
        MessageDigest outputs = sha256();
        Verdict verdict;
        List<String> problems;
        try {
            Model model = ModelReader.read(variant.model());
            runCases(variant, model, folder, judgement, outputs);
            problems = judgement.problems();
            verdict = problems.isEmpty() ? Verdict.PASSED : Verdict.FAILED;
        } catch (UnsupportedModelException e) {
            verdict = Verdict.REFUSED;
            problems = broken(folder, e);
        } catch (RuntimeException | IOException | StackOverflowError | OutOfMemoryError e) {
            // A model that breaks the run is that model's result; the others still run.
            verdict = Verdict.FAILED;
            problems = broken(folder, e);
        }
        return new Result(variant.path(), variant.wholeModel(), variant.operator(), variant.elementType(), verdict,
                verdict == Verdict.PASSED ? judgement.equalTo() : List.of(), problems, judgement.differences(),
                hex(outputs));
    }

    private static List<String> broken(@Nullable Path folder, Throwable failure) throws IOException {
        String message = FailureMessage.of(failure);
        if (folder != null) {
            Output.write(folder.resolve("error.txt"), message + "\n");
        }
        return List.of(message);
    }

    private void runCases(Variant variant, Model model, @Nullable Path folder, Judgement judgement,
            MessageDigest digest) throws IOException {
        // By subgraph: signatures of a stateful model share its variables.
        Map<Integer, Interpreter> interpreters = new HashMap<>();
        for (Case item : variant.cases()) {
            if (!variant.stateful()) {
                interpreters.clear();
            }
            EntryPoint entry = EntryPoint.of(model, item.signature());
            Interpreter primary = interpreters.computeIfAbsent(0, graph -> Interpreter.of(model, options));
            Interpreter interpreter =
                    interpreters.computeIfAbsent(entry.subgraph(), graph -> entry.interpreter(primary));
            List<NpyArray> outputs = entry.invoke(interpreter, inputs(item));
            for (int i = 0; i < outputs.size(); i++) {
                NpyArray output = outputs.get(i);
                if (folder != null) {
                    Npy.write(folder.resolve("out_%s_%s_%d.npy".formatted(ENGINE, item.name(), i)), output);
                }
                digest.update(output.data());
                allOutputs.update(output.data());
                judgement.judge(item, i, output, model.subgraphs().get(entry.subgraph()),
                        entry.outputs().get(i).tensor());
            }
        }
    }

    private static List<NpyArray> inputs(Case item) throws IOException {
        List<NpyArray> inputs = new ArrayList<>();
        for (Path file : item.inputs()) {
            inputs.add(Npy.read(file));
        }
        return inputs;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /// The folder without what an earlier run left in it.
    private static Path emptied(Path folder) throws IOException {
        try (DirectoryStream<Path> old = Files.newDirectoryStream(folder, "{error.txt,out_" + ENGINE + "_*.npy}")) {
            for (Path file : old) {
                Files.delete(file);
            }
        }
        return folder;
    }

    /// The value of one quantization step where `tensor` is a float made by DEQUANTIZE from an activation; else 0.
    private static double step(Subgraph graph, int tensor) {
        for (Operator operator : graph.operators()) {
            if (operator.options() == Options.Plain.DEQUANTIZE && operator.outputs().contains(tensor)) {
                Tensor source = graph.tensor(operator.inputs().getFirst());
                QuantizationParameters quantization = source.quantization();
                return quantization == null || source.isConstant() ? 0 : quantization.scale(0);
            }
        }
        return 0;
    }

    /// What is known about a variant while its cases run.
    private static final class Judgement {
        private final Variant variant;
        private final List<OutputJudgement> outputs = new ArrayList<>();
        private final SequencedMap<String, Worst> differences = new LinkedHashMap<>();

        /// One output of one case.
        ///
        /// @param misses by kernel, for those that it is not within tolerance of
        /// @param matched the kernels that it is within tolerance of
        /// @param equal the kernels that it equals
        private record OutputJudgement(String place, SequencedMap<String, String> misses, List<String> matched,
                List<String> equal) {
        }

        Judgement(Variant variant) {
            this.variant = variant;
        }

        void judge(Case item, int index, NpyArray actual, Subgraph graph, int tensor) throws IOException {
            boolean quantized = graph.tensor(tensor).quantization() != null;
            double step = step(graph, tensor);
            var judged = new OutputJudgement("case " + item.name() + " output " + index + ": ",
                    new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>());
            outputs.add(judged);
            for (String kernel : variant.kernels()) {
                Path file = variant.golden(kernel, item.name(), index);
                if (!Files.exists(file)) {
                    continue;
                }
                NpyArray golden = Npy.read(file);
                if (!sameType(actual.type(), golden.type())) {
                    judged.misses.put(kernel, "type " + actual.type() + ", " + kernel + " has " + golden.type());
                    continue;
                }
                Difference difference = Difference.between(actual, golden);
                if (difference == null) {
                    judged.misses.put(kernel, "shape " + actual.shape() + ", " + kernel + " has " + golden.shape());
                    continue;
                }
                differences.merge(kernel, Worst.NONE.and(difference), (worst, first) -> worst.and(difference));
                if (difference.within(variant.tolerance(), actual.type(), quantized, step)) {
                    judged.matched.add(kernel);
                } else {
                    judged.misses.put(kernel, difference.from(kernel));
                }
                if (difference.differing() == 0) {
                    judged.equal.add(kernel);
                }
            }
        }

        SequencedMap<String, Worst> differences() {
            return differences;
        }

        List<String> equalTo() {
            return variant.kernels().stream()
                    .filter(kernel -> outputs.stream().allMatch(output -> output.equal.contains(kernel)))
                    .toList();
        }

        /// One line for each output that keeps the variant from passing.
        List<String> problems() {
            if (outputs.isEmpty()) {
                return List.of("no output to judge");
            }
            boolean passed = !variant.wholeModel() && variant.kernels().stream()
                    .anyMatch(kernel -> outputs.stream().allMatch(output -> output.matched.contains(kernel)));
            if (passed) {
                return List.of();
            }
            return outputs.stream()
                    .filter(output -> output.matched.isEmpty() || (!variant.wholeModel() && !output.misses.isEmpty()))
                    .map(output -> output.place + (output.misses.isEmpty()
                            ? "no recorded output to compare with"
                            : String.join("; ", output.misses.values())))
                    .toList();
        }

        /// Goldens of whole models may store small INT32 and INT64 values in fewer bits, so integers may differ in width.
        private boolean sameType(ElementType actual, ElementType golden) {
            return actual == golden || (variant.wholeModel() && isInteger(actual) && isInteger(golden));
        }

        private static boolean isInteger(ElementType type) {
            return switch (type) {
                case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64, INT4, INT2, UINT4 -> true;
                case FLOAT32, FLOAT16, BFLOAT16, FLOAT64, COMPLEX64, COMPLEX128, STRING, BOOL, RESOURCE, VARIANT ->
                        false;
            };
        }
    }
}
