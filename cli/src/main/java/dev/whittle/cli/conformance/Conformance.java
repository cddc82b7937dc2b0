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
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Runs every model below a folder on its recorded inputs and holds the outputs against the recorded ones. An output is
/// right when it is within [Tolerance] of the output of any one kernel that counts.
public final class Conformance {
    private static final String ENGINE = "whittle";

    private final @Nullable Path write;

    private Conformance(@Nullable Path write) {
        this.write = write;
    }

    /// The results of the variants below `root` whose path matches `only`, in the order of their paths.
    ///
    /// @param write where to save each output as `out_whittle_<case>_<i>.npy`, or the message of a model that did not run
    ///     as `error.txt`, under the variant's relative path; null to save nothing
    /// @throws IllegalArgumentException if no variant matches: an empty run proves nothing
    public static List<Result> run(Path root, Pattern only, @Nullable Path write)
            throws IOException {
        List<Variant> variants = VariantReader.below(root).stream()
                .filter(variant -> only.matcher(variant.path().isEmpty() ? variant.operator() : variant.path()).find())
                .toList();
        if (variants.isEmpty()) {
            throw new IllegalArgumentException("[" + root + "] no folder with a meta.json and a model.tflite below it"
                    + (only.pattern().isEmpty() ? "" : " whose path matches \"" + only + "\""));
        }
        Conformance conformance = new Conformance(write);
        List<Result> results = new ArrayList<>();
        for (Variant variant : variants) {
            results.add(conformance.result(variant));
        }
        return results;
    }

    private Result result(Variant variant) throws IOException {
        Judgement judgement = new Judgement();
        Path folder = write == null ? null : emptied(Output.folder(write.resolve(variant.path())));
        Verdict verdict;
        try {
            Model model = ModelReader.read(variant.model());
            runCases(variant, model, folder, judgement);
            verdict = judgement.problems.isEmpty() ? Verdict.PASSED : Verdict.FAILED;
        } catch (UnsupportedModelException e) {
            verdict = Verdict.REFUSED;
            judgement.broken(folder, e);
        } catch (RuntimeException | IOException e) {
            // A model that breaks the run is that model's result; the others still run.
            verdict = Verdict.FAILED;
            judgement.broken(folder, e);
        }
        return new Result(variant.path(), variant.wholeModel(), variant.operator(), variant.elementType(), verdict,
                judgement.problems, judgement.differences);
    }

    private static void runCases(Variant variant, Model model, @Nullable Path folder, Judgement judgement)
            throws IOException {
        if (variant.cases().isEmpty()) {
            judgement.problems.add("no case to run");
            return;
        }
        Interpreter interpreter = Interpreter.of(model);
        try {
            for (Case item : variant.cases()) {
                if (!variant.stateful()) {
                    interpreter.close();
                    interpreter = Interpreter.of(model);
                }
                EntryPoint entry = EntryPoint.of(model, item.signature());
                List<NpyArray> outputs = outputs(interpreter, entry, item);
                for (int i = 0; i < outputs.size(); i++) {
                    if (folder != null) {
                        Npy.write(folder.resolve("out_%s_%s_%d.npy".formatted(ENGINE, item.name(), i)), outputs.get(i));
                    }
                    judgement.judge(variant, item, i, outputs.get(i), model, entry.outputs().get(i).tensor());
                }
            }
        } finally {
            interpreter.close();
        }
    }

    private static List<NpyArray> outputs(Interpreter interpreter, EntryPoint entry, Case item) throws IOException {
        List<NpyArray> inputs = new ArrayList<>();
        for (Path file : item.inputs()) {
            inputs.add(Npy.read(file));
        }
        return entry.invoke(interpreter, inputs);
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
    private static double step(Model model, int tensor) {
        for (Operator operator : model.primary().operators()) {
            if (operator.options() == Options.Plain.DEQUANTIZE && operator.outputs().contains(tensor)) {
                Tensor source = model.primary().tensor(operator.inputs().getFirst());
                QuantizationParameters quantization = source.quantization();
                return quantization == null || source.isConstant() ? 0 : quantization.scale(0);
            }
        }
        return 0;
    }

    /// What is known about a variant while its cases run.
    private static final class Judgement {
        private final List<String> problems = new ArrayList<>();
        private final SequencedMap<String, Worst> differences = new LinkedHashMap<>();

        void broken(@Nullable Path folder, Exception failure) throws IOException {
            String message = FailureMessage.of(failure);
            problems.add(message);
            if (folder != null) {
                Output.write(folder.resolve("error.txt"), message + "\n");
            }
        }

        void judge(Variant variant, Case item, int index, NpyArray actual, Model model, int tensor) throws IOException {
            String place = "case " + item.name() + " output " + index + ": ";
            boolean quantized = model.primary().tensor(tensor).quantization() != null;
            List<String> misses = new ArrayList<>();
            boolean passed = false;
            for (String kernel : variant.kernels()) {
                Path file = variant.golden(kernel, item.name(), index);
                if (!Files.exists(file)) {
                    continue;
                }
                NpyArray golden = Npy.read(file);
                Difference difference = Difference.between(actual, golden);
                if (difference == null) {
                    misses.add("shape " + actual.shape() + ", " + kernel + " has " + golden.shape());
                    continue;
                }
                differences.merge(kernel, Worst.NONE.and(difference), (worst, first) -> worst.and(difference));
                boolean comparable = sameType(variant, actual.type(), golden.type());
                passed |= comparable
                        && difference.within(variant.tolerance(), actual.type(), quantized, step(model, tensor));
                misses.add(comparable
                        ? "%d of %d elements differ from %s, the largest by %.3g (%.2g of the largest magnitude)%s"
                                .formatted(
                                        difference.differing(), difference.elementCount(), kernel, difference.largest(),
                                        difference.relative(),
                                        difference.sameNonFinite() ? "" : ", NaN or infinity elsewhere")
                        : "type " + actual.type() + ", " + kernel + " has " + golden.type());
            }
            if (misses.isEmpty()) {
                problems.add(place + "no recorded output to compare with");
            } else if (!passed) {
                problems.add(place + String.join("; ", misses));
            }
        }

        /// Goldens of whole models may store small INT32 and INT64 values in fewer bits, so integers may differ in width.
        private static boolean sameType(Variant variant, ElementType actual, ElementType golden) {
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
