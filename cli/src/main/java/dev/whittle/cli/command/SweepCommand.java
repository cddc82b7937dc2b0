package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.Progress;
import dev.whittle.cli.ProgressLine;
import dev.whittle.cli.Table;
import dev.whittle.cli.bench.Machine;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.pipeline.Sweep;
import dev.whittle.cli.pipeline.SweepRow;
import dev.whittle.cli.pipeline.SweepSettings;
import dev.whittle.converter.lower.Lowering;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.correct.Correction;
import dev.whittle.quantizer.observe.CalibrationMethod;
import dev.whittle.trainer.network.Network;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "sweep", description = "Quantize a float model in every mode, with every method of calibration and every correction, and put accuracy, size and time of all beside each other.", footer = {
    "  whittle sweep float32.tflite --data photos --out table.md --json table.json",
    "  whittle sweep trained/best.whittle --qat-epochs 6 --data photos --out table.md",
    "  whittle sweep float32.tflite --data photos --calibration min_max,percentile:99.9 --correct bias --no-timing"})
public final class SweepCommand implements Callable<Integer> {
    private static final String NETWORK = ".whittle";
    private static final List<String> COLUMNS = List.of("mode", "weights", "scales", "ends", "calibration",
            "correction", "accuracy", "F1", "changed", "score change", "bytes");
    private static final String TIME = "ms";
    /// Those that hold numbers.
    private static final int FIRST_NUMBER = 6;

    @Parameters(paramLabel = "MODEL", description = "A float .tflite file, or a network of whittle train (.whittle), which --qat-epochs needs.") private Path model =
            Path.of("");

    @Option(names = "--calibration", paramLabel = "LIST", split = ",", description = "Methods, as quantize takes them, divided by commas (default: all: ${DEFAULT-VALUE}).", defaultValue = "min_max,moving_average,percentile,entropy,mse") private List<String> methods =
            List.of();

    @Option(names = "--correct", paramLabel = "LIST", split = ",", description = "Corrections, as quantize takes them, each tried alone and all together (default: all: ${DEFAULT-VALUE}).", defaultValue = "equalize,adaround,bias") private List<Correction> corrections =
            List.of();

    @Option(names = "--samples", paramLabel = "N", defaultValue = "200", description = "Training images, at most, to measure ranges on (default: ${DEFAULT-VALUE}).") private int samples;

    @Option(names = "--set", paramLabel = "SET", defaultValue = "test", description = "The images to judge: train, validation, test or all (default: ${DEFAULT-VALUE}).") private Photographs.Part part =
            Photographs.Part.TEST;

    @Option(names = "--qat-epochs", paramLabel = "N", defaultValue = "0", description = "Epochs of quantization-aware training, once with weights of 8 bits and once of 4 (default: none).") private int qatEpochs;

    @Option(names = "--qat-learning-rate", paramLabel = "RATE", defaultValue = "0.0003", description = "Of the first of these epochs; it falls to 3 %% of that (default: ${DEFAULT-VALUE}).") private float qatLearningRate;

    @Option(names = "--no-timing", description = "Leave the times out: they take about a third of the run.") private boolean untimed;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the table as Markdown.") private @Nullable Path out;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the table as JSON.") private @Nullable Path json;

    @Option(names = "--quiet", description = "No progress but one line per epoch.") private boolean quiet;

    @Mixin private DataOptions data = new DataOptions();

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        SweepSettings settings = new SweepSettings(methods.stream().map(this::method).distinct().toList(),
                Set.copyOf(corrections), samples, part, !untimed, qatEpochs, qatLearningRate, data.seed(),
                data.threads());
        boolean isNetwork = model.toString().endsWith(NETWORK);
        if (qatEpochs > 0 && !isNetwork) {
            throw new ParameterException(spec.commandLine(),
                    "--qat-epochs needs a network of whittle train (.whittle), " + model + " is none");
        }
        Network network = isNetwork ? Network.read(model) : null;
        Model plain = network == null ? ModelReader.read(model)
                : Lowering.lower(network, "float32.tflite", "Image classifier, made by Whittle.").model();
        Photographs photographs = data.required();
        PrintWriter err = spec.commandLine().getErr();
        boolean isWatched = !quiet && Progress.isWatched();
        Sweep sweep = Sweep.of(plain, photographs, settings);
        if (network != null && qatEpochs > 0) {
            sweep.train(network, new Progress(err, isWatched));
        }
        Sweep.Outcome outcome;
        try (ProgressLine line = new ProgressLine(err, "quantizing, judging, timing", isWatched)) {
            outcome = sweep.run(line);
        }
        if (json != null) {
            Output.write(json, Json.text(new Document(1, model.toString(), photographs.name(),
                    photographs.part(part).size(), samples, Machine.current(), outcome.rows(), outcome.leftOut())));
        }
        if (out != null) {
            Output.write(out, markdown(outcome));
        }
        PrintWriter writer = spec.commandLine().getOut();
        writer.print(text(outcome));
        writer.flush();
        return 0;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param images that were judged
    /// @param samples to measure ranges on, at most
    /// @param machine that times were measured on
    /// @param leftOut what the model cannot be, and why
    record Document(int format, String model, String data, int images, int samples, Machine machine,
            List<SweepRow> rows, List<String> leftOut) {
    }

    private CalibrationMethod method(String text) {
        try {
            return CalibrationMethod.of(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--calibration: " + e.getMessage(), e);
        }
    }

    /// The header, and a line of cells for each row.
    private static List<List<String>> lines(Sweep.Outcome outcome) {
        boolean isTimed = outcome.rows().getFirst().milliseconds() != null;
        List<List<String>> lines = new ArrayList<>();
        lines.add(isTimed ? Stream.concat(COLUMNS.stream(), Stream.of(TIME)).toList() : COLUMNS);
        outcome.rows().forEach(row -> lines.add(cells(row)));
        return lines;
    }

    private static List<String> cells(SweepRow row) {
        List<String> cells = new ArrayList<>(List.of(row.mode(), row.weightBits() + " bits",
                row.granularity() == null ? "-" : row.granularity(), row.ends(),
                row.calibration() == null ? "-" : row.calibration(),
                row.corrections().isEmpty() ? "-" : String.join("+", row.corrections()), text("%.4f", row.accuracy()),
                text("%.4f", row.f1()), text("%d", row.changed()), text("%.5f", row.scoreChange()),
                text("%d", row.bytes())));
        if (row.milliseconds() != null) {
            cells.add(text("%.3f", row.milliseconds()));
        }
        return cells;
    }

    private static String text(Sweep.Outcome outcome) {
        List<List<String>> lines = lines(outcome);
        Table table = new Table(lines.getFirst().toArray(String[]::new));
        lines.subList(1, lines.size()).forEach(cells -> table.row(cells.toArray()));
        StringBuilder text = new StringBuilder(table.toString());
        outcome.leftOut().forEach(line -> text.append("left out: ").append(line).append(System.lineSeparator()));
        return text.toString();
    }

    private static String markdown(Sweep.Outcome outcome) {
        List<String> lines = new ArrayList<>(lines(outcome).stream().map(SweepCommand::line).toList());
        lines.add(1, "|" + "---|".repeat(FIRST_NUMBER)
                + "---:|".repeat(lines(outcome).getFirst().size() - FIRST_NUMBER));
        if (!outcome.leftOut().isEmpty()) {
            lines.add("");
            outcome.leftOut().forEach(one -> lines.add("- left out: " + one));
        }
        return String.join("\n", lines) + "\n";
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
