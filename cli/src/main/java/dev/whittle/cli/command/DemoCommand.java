package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.Table;
import dev.whittle.cli.pipeline.Experiment;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.pipeline.Pipeline;
import dev.whittle.cli.pipeline.PipelineSettings;
import dev.whittle.cli.pipeline.Results;
import dev.whittle.cli.pipeline.VariantRow;
import dev.whittle.cli.report.Report;
import dev.whittle.trainer.metrics.ClassScores;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "demo", description = "The whole way from photographs to explained int8 models, with a report.", footer = {
    "  whittle demo", "  whittle demo --data photos --sizes 75,150,300 --out results"})
public final class DemoCommand implements Callable<Integer> {
    @Mixin private DataOptions data = new DataOptions();

    @Mixin private TrainOptions training = new TrainOptions();

    @Option(names = "--sizes", paramLabel = "PIXELS", split = ",", defaultValue = "75", description = "Pixels on each side that the convolutions see, one experiment each (default: ${DEFAULT-VALUE}).") private List<Integer> sizes =
            List.of();

    @Option(names = "--out", paramLabel = "DIR", defaultValue = "whittle-out", description = "Where to write models and report (default: ${DEFAULT-VALUE}).") private Path out =
            Path.of("");

    @Option(names = "--explanations", paramLabel = "N", defaultValue = "6", description = "Predictions to explain at each size (default: ${DEFAULT-VALUE}).") private int explanations;

    @Option(names = "--lime-samples", paramLabel = "N", defaultValue = "1000", description = "Perturbed copies for each explanation (default: ${DEFAULT-VALUE}).") private int limeSamples;

    @Option(names = "--calibration-images", paramLabel = "N", defaultValue = "200", description = "Training images to measure ranges on (default: ${DEFAULT-VALUE}).") private int calibrationImages;

    @Option(names = "--json", description = "Print the results as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Output.folder(out);
        PrintWriter err = spec.commandLine().getErr();
        err.println("looking at the images");
        Photographs photographs = data.photographs().orElseGet(() -> Photographs.generate(data.seed()));
        BrokenImages.list(photographs.broken(), err);
        PipelineSettings settings = new PipelineSettings(spec.root().version()[0], command(), out, sizes,
                training.settings(data.seed(), data.threads()), training.dropout(), training.resume(),
                calibrationImages,
                explanations, limeSamples);
        Results results = Pipeline.run(photographs, settings, training.progress(spec), err::println);
        Path page = Report.write(out, out.resolve(Report.PAGE));
        print(results, page);
        return 0;
    }

    private String command() {
        return "whittle " + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
    }

    private void print(Results results, Path page) {
        PrintWriter writer = spec.commandLine().getOut();
        if (json) {
            writer.println(Json.text(results));
            return;
        }
        for (Experiment experiment : results.experiments()) {
            List<String> header = new ArrayList<>(List.of(experiment.size() + " px", "bytes", "accuracy"));
            results.classNames().forEach(name -> header.add("F1 " + name));
            header.addAll(List.of("ms/image", "wrong", "file"));
            Table table = new Table(header.toArray(String[]::new));
            for (VariantRow variant : experiment.variants()) {
                List<Object> cells = new ArrayList<>(List.of(variant.name(), number("%,d", variant.bytes()),
                        number("%.4f", variant.evaluation().accuracy())));
                for (ClassScores scores : variant.evaluation().classes()) {
                    cells.add(number("%.4f", scores.f1()));
                }
                cells.addAll(List.of(number("%.2f", variant.millisecondsPerImage()), variant.evaluation().wrong(),
                        out.resolve(variant.file())));
                table.row(cells.toArray());
            }
            writer.println(table);
        }
        writer.println("report: " + page);
        writer.println("models: " + out);
    }

    private static String number(String format, Object value) {
        return String.format(Locale.ROOT, format, value);
    }
}
