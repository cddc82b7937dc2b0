package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.cli.pipeline.Judge;
import dev.whittle.cli.pipeline.Judge.Verdicts;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.pipeline.RunRecords;
import dev.whittle.cli.pipeline.VariantRow;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.metrics.Bootstrap;
import dev.whittle.trainer.metrics.Bootstrap.Interval;
import dev.whittle.trainer.metrics.Bootstrap.Intervals;
import dev.whittle.trainer.metrics.ClassScores;
import dev.whittle.trainer.metrics.Evaluation;
import dev.whittle.trainer.metrics.McNemar;
import dev.whittle.trainer.metrics.RocCurve;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "evaluate", description = "Judge an image classifier on labelled photographs, or compare two.", footer = {
    "  whittle evaluate int8.tflite --data photos --batch 32",
    "  whittle evaluate float32.tflite int8.tflite --data photos"})
public final class EvaluateCommand implements Callable<Integer> {
    /// Below this p-value the difference between two models is called one.
    private static final double SIGNIFICANT = 0.05;

    @Parameters(paramLabel = "MODEL", arity = "1..2", description = "A .tflite file with one image input and one output of scores, or two to compare.") private List<Path> models =
            List.of();

    @Mixin private DataOptions data = new DataOptions();

    @Option(names = "--set", paramLabel = "SET", defaultValue = "test", description = "train, validation, test or all, divided as for training with the same seed"
            + " (default: ${DEFAULT-VALUE}).") private Photographs.Part part = Photographs.Part.TEST;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "1", description = "Images at once; the model's input is resized (default: ${DEFAULT-VALUE}).") private int batch;

    @Option(names = "--record", paramLabel = "DIR", description = "Write the first model's scores there as predictions.json, which whittle lint --run reads.") private @Nullable Path record;

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        if (batch < 1) {
            throw new IllegalArgumentException("--batch is " + batch + ", must be at least 1");
        }
        List<Model> loaded = new ArrayList<>();
        for (Path model : models) {
            loaded.add(ModelReader.read(model));
        }
        ImageSource images = data.required().part(part);
        List<Verdicts> verdicts = Judge.run(loaded, images, batch, data.threads());
        if (record != null) {
            RunRecords.write(record, models.getFirst().toString(), images, verdicts.getFirst().probabilities());
        }
        List<Judged> results = new ArrayList<>();
        for (int i = 0; i < models.size(); i++) {
            results.add(judged(models.get(i), images, verdicts.get(i)));
        }
        McNemar comparison = results.size() < 2 ? null
                : McNemar.of(Judge.labels(images), predicted(verdicts.getFirst()), predicted(verdicts.getLast()));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.text(new Document(2, batch, results, comparison)));
        } else {
            results.forEach(result -> out.println(text(result)));
            if (comparison != null) {
                out.print(text(comparison));
            }
        }
        out.flush();
        return 0;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param comparison of the two models, where there are two
    record Document(int format, int batch, List<Judged> results, @Nullable McNemar comparison) {
    }

    /// What one model gave.
    ///
    /// @param areas under the receiver operating characteristic
    /// @param intervals of accuracy and F1
    record Judged(VariantRow result, RocCurve.Areas areas, Intervals intervals) {
    }

    private Judged judged(Path model, ImageSource images, Verdicts verdicts) throws IOException {
        VariantRow row = new VariantRow(String.valueOf(model.getFileName()), model.toString(), Files.size(model),
                verdicts.evaluation(images), verdicts.millisecondsPerImage(), verdicts.wrongImages(images));
        int classes = images.classNames().size();
        int[] labels = Judge.labels(images);
        return new Judged(row, RocCurve.areas(classes, labels, verdicts.probabilities()),
                Bootstrap.withSeed(data.seed()).intervals(classes, labels, predicted(verdicts)));
    }

    private static int[] predicted(Verdicts verdicts) {
        int[] predicted = new int[verdicts.probabilities().length];
        for (int i = 0; i < predicted.length; i++) {
            predicted[i] = Evaluation.argMax(verdicts.probabilities()[i]);
        }
        return predicted;
    }

    private String text(Judged judged) {
        VariantRow row = judged.result;
        Evaluation evaluation = row.evaluation();
        Intervals intervals = judged.intervals;
        String level = String.format(Locale.ROOT, "%.0f %%", 100 * intervals.level());
        Table scores = new Table("class", "precision", "recall", "F1", level + " of F1", "AUC", "images");
        for (int label = 0; label < evaluation.classes().size(); label++) {
            scores(scores, evaluation.classes().get(label), intervals.f1().get(label),
                    judged.areas.classes().get(label));
        }
        scores(scores, evaluation.macro(), intervals.macroF1(), judged.areas.macro());
        List<String> header = new ArrayList<>(List.of("true \\ predicted"));
        header.addAll(evaluation.confusion().classNames());
        Table confusion = new Table(header.toArray(String[]::new));
        for (int label = 0; label < evaluation.confusion().classNames().size(); label++) {
            List<Object> cells = new ArrayList<>(List.of(evaluation.confusion().classNames().get(label)));
            cells.addAll(evaluation.confusion().counts().get(label));
            confusion.row(cells.toArray());
        }
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT,
                "%s: accuracy %.4f (%s: %s), %d of %d images wrong, %.3f ms an image (batches of %d), %,d bytes%n%n%s%n%s",
                row.file(), evaluation.accuracy(), level, text(intervals.accuracy()), evaluation.wrong(),
                evaluation.images(), row.millisecondsPerImage(), batch, row.bytes(), scores, confusion));
        row.wrongImages().forEach(image -> text.append("wrong: ").append(image).append(System.lineSeparator()));
        return text.toString();
    }

    private static void scores(Table table, ClassScores one, Interval interval, double area) {
        table.row(one.className(), decimals(one.precision()), decimals(one.recall()), decimals(one.f1()),
                text(interval), Double.isNaN(area) ? "-" : decimals(area), one.support());
    }

    private String text(McNemar comparison) {
        return String.format(Locale.ROOT,
                "only %s right: %d images, only %s right: %d; McNemar's test%s: p = %.4f, %s%n",
                models.getFirst(), comparison.onlyFirst(), models.getLast(), comparison.onlySecond(),
                comparison.isExact() ? " (exact)" : "", comparison.pValue(),
                comparison.pValue() < SIGNIFICANT ? "a difference that chance hardly explains"
                        : "no more of a difference than chance may make");
    }

    private static String text(Interval interval) {
        return decimals(interval.low()) + " to " + decimals(interval.high());
    }

    private static String decimals(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
