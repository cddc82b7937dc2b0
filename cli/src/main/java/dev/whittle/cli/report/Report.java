package dev.whittle.cli.report;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.pipeline.Experiment;
import dev.whittle.cli.pipeline.Experiment.Explained;
import dev.whittle.cli.pipeline.Pipeline;
import dev.whittle.cli.pipeline.Results;
import dev.whittle.trainer.callback.EpochReport;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/// Makes the page about a run: one HTML file that holds its pictures, and needs no script, font or file from elsewhere.
public final class Report {
    /// The file with [Results] in a run's folder.
    public static final String RESULTS = Pipeline.RESULTS;
    /// The page in a run's folder.
    public static final String PAGE = "report.html";
    /// The folder of PNG files beside [#RESULTS].
    public static final String PICTURES = Pipeline.PICTURES;

    private static final String TEMPLATE = "report.jte";

    private Report() {}

    /// Renders the page of the run in `folder` from its results and pictures, and writes it to `page`.
    ///
    /// @throws IllegalArgumentException if the results are of another format or name a picture that is none
    public static Path write(Path folder, Path page) throws IOException {
        Path file = folder.resolve(RESULTS);
        Results results = Json.read(file.toString(), Files.readString(file), Results.class);
        if (results.format() != Results.FORMAT) {
            throw new IllegalArgumentException(
                    "[" + file + "] has format " + results.format() + ", expected " + Results.FORMAT);
        }
        return Output.write(page, html(results, folder.resolve(PICTURES)));
    }

    static String html(Results results, Path pictures) throws IOException {
        List<Section> sections = new ArrayList<>();
        Map<String, Picture> embedded = new LinkedHashMap<>();
        embed(embedded, pictures, results.sampleSheet());
        for (Experiment experiment : results.experiments()) {
            embed(embedded, pictures, experiment.augmentedSheet());
            for (Explained explanation : experiment.explanations()) {
                embed(embedded, pictures, explanation.picture());
            }
            sections.add(new Section(experiment, charts(experiment.training()), charts(experiment.fineTuning())));
        }
        StringOutput html = new StringOutput();
        TemplateEngine.createPrecompiled(ContentType.Html).render(TEMPLATE, new Page(results, sections, embedded),
                html);
        return html.toString();
    }

    private static void embed(Map<String, Picture> embedded, Path pictures, String name) throws IOException {
        Path file = pictures.resolve(name);
        embedded.put(name, Picture.of(file.toString(), Files.readAllBytes(file)));
    }

    private static List<Picture> charts(List<EpochReport> epochs) throws IOException {
        return epochs.isEmpty() ? List.of() : List.of(Curves.accuracy(epochs), Curves.loss(epochs));
    }

    /// What the template sees.
    ///
    /// @param pictures by file name
    public record Page(Results results, List<Section> sections, Map<String, Picture> pictures) {
        /// A picture that was embedded.
        public Picture picture(String name) {
            return Objects.requireNonNull(pictures.get(name));
        }

        public String percent(double share) {
            return String.format(Locale.ROOT, "%.2f %%", 100 * share);
        }

        public String decimals(double value) {
            return String.format(Locale.ROOT, "%.4f", value);
        }

        public String milliseconds(double value) {
            return String.format(Locale.ROOT, "%.2f", value);
        }

        public String grouped(long value) {
            return String.format(Locale.ROOT, "%,d", value);
        }

        /// How dark the cell of a confusion matrix is, 0 to 100.
        public long shade(List<Integer> row, int column) {
            int total = row.stream().mapToInt(Integer::intValue).sum();
            return total == 0 ? 0 : Math.round(100.0 * row.get(column) / total);
        }
    }

    /// One experiment with its charts.
    public record Section(Experiment experiment, List<Picture> training, List<Picture> fineTuning) {
    }
}
