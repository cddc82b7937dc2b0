package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.microscope.Samples;
import dev.whittle.quantizer.microscope.compare.Distribution;
import dev.whittle.quantizer.microscope.compare.ModelDiff;
import dev.whittle.quantizer.microscope.compare.ModelDiff.Fate;
import dev.whittle.quantizer.microscope.compare.ModelDiff.OperatorDiff;
import dev.whittle.quantizer.microscope.compare.ModelDiff.QuantizationDiff;
import dev.whittle.quantizer.microscope.compare.ModelDiff.WeightDiff;
import dev.whittle.quantizer.microscope.compare.OutputAgreement;
import dev.whittle.quantizer.microscope.compare.RandomInputs;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "diff", description = "Compare two models: graph, operator versions, quantization, weights, file, and outputs on the same inputs.", exitCodeList = {
    "0:done, nothing that was checked differs", "1:failed", "2:wrong usage",
    "3:done, something that was checked differs"}, footer = {
        "  whittle diff float32.tflite int8.tflite --data photos --check outputs --min-agreement 0.99"})
public final class DiffCommand implements Callable<Integer> {
    private static final int DIFFERS = 3;
    private static final int DEFAULT_SAMPLES = 100;
    private static final String NONE = "-";

    /// What may be asked to be equal.
    enum Section {
        GRAPH, VERSIONS, QUANTIZATION, WEIGHTS, FILE, OUTPUTS
    }

    @Parameters(index = "0", paramLabel = "A", description = "A .tflite file.") private Path first = Path.of("");

    @Parameters(index = "1", paramLabel = "B", description = "Another one.") private Path second = Path.of("");

    @Option(names = "--check", paramLabel = "SECTION", split = ",", description = "What decides the exit code: graph, versions, quantization, weights, file, outputs (default: all of them).") private Set<Section> checked =
            EnumSet.allOf(Section.class);

    @Option(names = "--min-sqnr", paramLabel = "DB", description = "Outputs pass with at least this signal-to-quantization-noise ratio (default: any, where another output tolerance is given, else equal).") private @Nullable Double minimumSqnr;

    @Option(names = "--max-error", paramLabel = "X", description = "Outputs pass with at most this error of any element.") private @Nullable Double maximumError;

    @Option(names = "--min-agreement", paramLabel = "SHARE", description = "Outputs pass with at least this share of equal top-1 classes.") private @Nullable Double minimumAgreement;

    @Mixin private SampleOptions samples = new SampleOptions();

    @Mixin private DataOptions data = new DataOptions();

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param inputs what outputs were compared on
    /// @param notRun why outputs were not compared, or null
    /// @param differing the sections that differ beyond what is allowed, checked or not
    /// @param equal whether no section that was checked is among them
    record Document(int format, FileSize first, FileSize second, ModelDiff model, String inputs,
            List<OutputAgreement> outputs, @Nullable String notRun, List<Section> differing, boolean equal) {
    }

    record FileSize(String file, long bytes) {
    }

    @Override
    public Integer call() throws IOException {
        Model one = ModelReader.read(first);
        Model other = ModelReader.read(second);
        ModelDiff diff = ModelDiff.of(one, other);
        List<List<float[]>> inputs = samples.chosen(one, other, data, DEFAULT_SAMPLES).map(Samples::all)
                .orElseGet(() -> RandomInputs.of(one, other, samples.most(DEFAULT_SAMPLES), data.seed()));
        boolean isRandom = samples.isRandom(data);
        String inputText = inputs.size() + (isRandom ? " random inputs, seed " + data.seed() : " inputs");
        List<OutputAgreement> outputs = List.of();
        String notRun = null;
        try {
            outputs = OutputAgreement.of(one, other, inputs);
        } catch (IllegalArgumentException e) {
            if (!isRandom) {
                throw e;
            }
            notRun = e.getMessage();
        }
        FileSize sizeOne = new FileSize(first.toString(), Files.size(first));
        FileSize sizeOther = new FileSize(second.toString(), Files.size(second));
        List<Section> differing = differing(diff, outputs, sizeOne.bytes != sizeOther.bytes);
        if (notRun != null) {
            differing.add(Section.OUTPUTS);
        }
        boolean isEqual = differing.stream().noneMatch(checked::contains);
        Document document =
                new Document(1, sizeOne, sizeOther, diff, inputText, outputs, notRun, differing, isEqual);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(document) + System.lineSeparator() : text(document));
        out.flush();
        return isEqual ? 0 : DIFFERS;
    }

    private List<Section> differing(ModelDiff diff, List<OutputAgreement> outputs, boolean hasOtherSize) {
        boolean isTolerant = minimumSqnr != null || maximumError != null || minimumAgreement != null;
        double sqnr = minimumSqnr != null ? minimumSqnr : Double.NEGATIVE_INFINITY;
        double error = maximumError != null ? maximumError : isTolerant ? Double.POSITIVE_INFINITY : 0;
        double agreement = minimumAgreement != null ? minimumAgreement : 0;
        List<Section> differing = new ArrayList<>();
        add(differing, Section.GRAPH, diff.hasOtherGraph());
        add(differing, Section.VERSIONS, diff.hasOtherVersions());
        add(differing, Section.QUANTIZATION, !diff.quantization().isEmpty());
        add(differing, Section.WEIGHTS, !diff.weights().isEmpty());
        add(differing, Section.FILE, hasOtherSize || !diff.metadata().isEmpty());
        add(differing, Section.OUTPUTS,
                outputs.stream().anyMatch(output -> !output.isWithin(sqnr, error, agreement)));
        return differing;
    }

    private static void add(List<Section> differing, Section section, boolean differs) {
        if (differs) {
            differing.add(section);
        }
    }

    private String text(Document document) {
        ModelDiff diff = document.model;
        StringBuilder text = new StringBuilder();
        long same = diff.operators().stream().filter(operator -> operator.fate() == Fate.SAME).count();
        text.append("graph: ").append(same).append(" operators the same%n".formatted());
        Table graph = new Table("A", "B", "operator", "", "what", "tensor");
        List<OperatorDiff> changed = diff.operators().stream()
                .filter(operator -> operator.fate() != Fate.SAME || operator.versions() != null).toList();
        changed.forEach(operator -> graph.row(number(operator.first()), number(operator.second()),
                operator.operator(), operator.fate().name().toLowerCase(Locale.ROOT), what(operator),
                shortened(operator.tensor())));
        append(text, graph, !changed.isEmpty());
        text.append("%nquantization: %d tensors differ%n".formatted(diff.quantization().size()));
        Table quantization = new Table("tensor", "A", "B");
        diff.quantization()
                .forEach(tensor -> quantization.row(shortened(tensor.tensor()), first(tensor), second(tensor)));
        append(text, quantization, !diff.quantization().isEmpty());
        text.append("%nweights: %d constants differ%n".formatted(diff.weights().size()));
        Table weights = new Table("tensor", "", "min", "max", "mean", "std", "changed", "largest change");
        for (WeightDiff weight : diff.weights()) {
            weights.row(cells(shortened(weight.tensor()), "A", weight.first(), NONE, NONE));
            weights.row(cells("", "B", weight.second(), "%.1f %%".formatted(100 * weight.changedShare()),
                    Double.isNaN(weight.largestChange()) ? NONE : number(weight.largestChange())));
        }
        append(text, weights, !diff.weights().isEmpty());
        text.append(String.format(Locale.ROOT, "%nfile: %,d and %,d bytes (%+.1f %%)%s%n", document.first.bytes,
                document.second.bytes, 100.0 * (document.second.bytes - document.first.bytes) / document.first.bytes,
                diff.metadata().isEmpty() ? "" : ", metadata differ: " + String.join(", ", diff.metadata())));
        text.append("%noutputs on %s%n".formatted(document.inputs));
        if (document.notRun != null) {
            text.append("not compared: ").append(document.notRun).append(System.lineSeparator());
        } else {
            Table outputs = new Table("output", "SQNR dB", "largest error", "top-1 agreement");
            document.outputs.forEach(output -> outputs.row(output.output(),
                    output.sqnr() == null ? "equal" : "%.1f".formatted(output.sqnr()), number(output.largestError()),
                    output.topAgreement() == null ? NONE : "%.4f".formatted(output.topAgreement())));
            text.append(outputs);
        }
        return text.append("%n%s%n".formatted(verdict(document))).toString();
    }

    private static String verdict(Document document) {
        String names = String.join(", ",
                document.differing.stream().map(section -> section.name().toLowerCase(Locale.ROOT)).toList());
        if (document.differing.isEmpty()) {
            return "equal";
        }
        return document.equal ? "equal in what was checked; otherwise different: " + names : "different: " + names;
    }

    private static void append(StringBuilder text, Table table, boolean hasRows) {
        if (hasRows) {
            text.append(table);
        }
    }

    private static Object[] cells(String tensor, String model, Distribution numbers, String changed, String largest) {
        DoubleFunction<String> form = DiffCommand::number;
        return new Object[]{tensor, model, form.apply(numbers.minimum()), form.apply(numbers.maximum()),
            form.apply(numbers.mean()), form.apply(numbers.deviation()), changed, largest};
    }

    /// The first of the names that a converter has put together when it fused operators.
    private static String shortened(String name) {
        return name.replaceFirst(";.*", "");
    }

    private static String what(OperatorDiff operator) {
        List<String> parts = new ArrayList<>(operator.changes());
        if (operator.versions() != null) {
            parts.add("version " + operator.versions());
        }
        return String.join(", ", parts);
    }

    private static String first(QuantizationDiff tensor) {
        return form(tensor.firstType().name(), tensor.first());
    }

    private static String second(QuantizationDiff tensor) {
        return form(tensor.secondType().name(), tensor.second());
    }

    private static String form(String type, @Nullable QuantizationParameters parameters) {
        if (parameters == null) {
            return type;
        }
        if (parameters.scale().size() == 1) {
            return "%s %s, zero point %d".formatted(type, number(parameters.scale(0)), parameters.zeroPoint(0));
        }
        double least = parameters.scale().stream().mapToDouble(Float::doubleValue).min().orElseThrow();
        double most = parameters.scale().stream().mapToDouble(Float::doubleValue).max().orElseThrow();
        return "%s %d scales, %s to %s".formatted(type, parameters.scale().size(), number(least), number(most));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }

    private static String number(@Nullable Integer index) {
        return index == null ? NONE : index.toString();
    }
}
