package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.cli.pipeline.Judge;
import dev.whittle.cli.pipeline.Judge.Verdicts;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.pipeline.VariantRow;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.metrics.ClassScores;
import dev.whittle.trainer.metrics.Evaluation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "evaluate", description = "Judge an image classifier on labelled photographs.", footer = "  whittle evaluate int8.tflite --data photos --batch 32")
public final class EvaluateCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "A .tflite file with one image input and one output of scores.") private Path model =
            Path.of("");

    @Mixin private DataOptions data = new DataOptions();

    @Option(names = "--set", paramLabel = "SET", defaultValue = "test", description = "train, validation, test or all, divided as for training with the same seed"
            + " (default: ${DEFAULT-VALUE}).") private Photographs.Part part = Photographs.Part.TEST;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "1", description = "Images at once; the model's input is resized (default: ${DEFAULT-VALUE}).") private int batch;

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        if (batch < 1) {
            throw new IllegalArgumentException("--batch is " + batch + ", must be at least 1");
        }
        var loaded = ModelReader.read(model);
        ImageSource images = data.required().part(part);
        Verdicts verdicts = Judge.run(List.of(loaded), images, batch, data.threads()).getFirst();
        VariantRow row = new VariantRow(model.getFileName().toString(), model.toString(), Files.size(model),
                verdicts.evaluation(images), verdicts.millisecondsPerImage(), verdicts.wrongImages(images));
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(new Document(1, batch, row)) + System.lineSeparator() : text(row));
        out.flush();
        return 0;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    record Document(int format, int batch, VariantRow result) {
    }

    private String text(VariantRow row) {
        Evaluation evaluation = row.evaluation();
        Table scores = new Table("class", "precision", "recall", "F1", "images");
        for (ClassScores one : evaluation.classes()) {
            scores.row(one.className(), decimals(one.precision()), decimals(one.recall()), decimals(one.f1()),
                    one.support());
        }
        List<String> header = new ArrayList<>(List.of("true \\ predicted"));
        header.addAll(evaluation.confusion().classNames());
        Table confusion = new Table(header.toArray(String[]::new));
        for (int label = 0; label < evaluation.confusion().classNames().size(); label++) {
            List<Object> cells = new ArrayList<>(List.of(evaluation.confusion().classNames().get(label)));
            cells.addAll(evaluation.confusion().counts().get(label));
            confusion.row(cells.toArray());
        }
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT,
                "%s: accuracy %.4f, %d of %d images wrong, %.3f ms an image (batches of %d), %,d bytes%n%n%s%n%s",
                row.file(),
                evaluation.accuracy(), evaluation.wrong(), evaluation.images(), row.millisecondsPerImage(), batch,
                row.bytes(),
                scores, confusion));
        row.wrongImages().forEach(image -> text.append("wrong: ").append(image).append(System.lineSeparator()));
        return text.toString();
    }

    private static String decimals(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
