package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.cli.pipeline.Experiment.Explained;
import dev.whittle.cli.pipeline.Explainer;
import dev.whittle.cli.pipeline.Judge;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.explain.Lime;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "explain", description = "Show by LIME which regions a classifier's wrong or least certain answers rest on.", footer = "  whittle explain int8.tflite --data photos --count 6 --out explanations")
public final class ExplainCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "A .tflite file with one image input and one output of scores.") private Path model =
            Path.of("");

    @Mixin private DataOptions data = new DataOptions();

    @Option(names = "--set", paramLabel = "SET", defaultValue = "test", description = "train, validation, test or all (default: ${DEFAULT-VALUE}).") private Photographs.Part part =
            Photographs.Part.TEST;

    @Option(names = "--count", paramLabel = "N", defaultValue = "6", description = "Images to explain, the wrong ones first (default: ${DEFAULT-VALUE}).") private int count;

    @Option(names = "--samples", paramLabel = "N", defaultValue = "1000", description = "Perturbed copies of each image (default: ${DEFAULT-VALUE}).") private int samples;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Where to write a PNG picture of each.") private Path out =
            Path.of("");

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Model loaded = ModelReader.read(model);
        ImageSource images = data.required().part(part);
        float[][] probabilities = Judge.run(List.of(loaded), images, 1, data.threads()).getFirst().probabilities();
        List<Explained> explained = Explainer.explain(loaded, images, probabilities,
                Lime.withSeed(data.seed()).withSamples(samples), count, out, "lime_", data.threads());
        PrintWriter writer = spec.commandLine().getOut();
        if (json) {
            writer.println(Json.text(new Document(1, explained)));
            return 0;
        }
        Table table = new Table("picture", "predicted", "at", "true", "image");
        explained.forEach(one -> table.row(out.resolve(one.picture()), one.predicted(),
                String.format(Locale.ROOT, "%.4f", one.probability()), one.expected(), one.image()));
        writer.print(table);
        writer.flush();
        return 0;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    record Document(int format, List<Explained> explanations) {
    }
}
