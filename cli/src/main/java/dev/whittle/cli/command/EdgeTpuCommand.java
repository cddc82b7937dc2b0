package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.Table;
import dev.whittle.cli.pipeline.Judge;
import dev.whittle.cli.pipeline.Judge.Verdicts;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.microscope.device.EdgeTpu;
import dev.whittle.quantizer.microscope.device.Mapping;
import dev.whittle.quantizer.microscope.device.Rewrite;
import dev.whittle.trainer.data.ImageSource;
import java.io.IOException;
import java.io.PrintWriter;
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

@Command(name = "edgetpu", description = "Say which operators the Edge TPU takes, why it leaves others to the CPU, and what a rewrite would change.", footer = {
    "  whittle edgetpu int8.tflite",
    "  whittle edgetpu int8.tflite --data photos --out relu.tflite"})
public final class EdgeTpuCommand implements Callable<Integer> {
    private static final String SAME = "same";

    @Parameters(paramLabel = "MODEL", description = "A .tflite file.") private Path model = Path.of("");

    @Option(names = "--set", paramLabel = "SET", defaultValue = "test", description = "Images to measure a rewrite on: train, validation, test or all (default: ${DEFAULT-VALUE}).") private Photographs.Part part =
            Photographs.Part.TEST;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the rewritten model.") private @Nullable Path out;

    @Mixin private DataOptions data = new DataOptions();

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param groups the placements, equal ones together
    record Document(int format, String file, int operators, int mapped, Mapping mapping, List<Mapping.Group> groups,
            List<RewriteRow> rewrites) {
    }

    /// What a rewrite would change.
    ///
    /// @param count operators replaced
    /// @param mapped operators mapped afterwards
    /// @param accuracy before and after, where there is data
    record RewriteRow(String from, String to, int count, int mapped, @Nullable Accuracy accuracy) {
    }

    record Accuracy(int images, double before, double after) {
    }

    @Override
    public Integer call() throws IOException {
        Model read = ModelReader.read(model);
        Mapping mapping = EdgeTpu.map(read);
        List<RewriteRow> rewrites = new ArrayList<>();
        Model rewritten = read;
        for (Rewrite rewrite : Rewrite.values()) {
            int count = rewrite.count(read);
            if (count > 0) {
                rewritten = rewrite.apply(rewritten);
                rewrites.add(new RewriteRow(rewrite.from(), rewrite.to(), count, EdgeTpu.map(rewritten).mapped(),
                        accuracy(read, rewritten)));
            }
        }
        if (out != null) {
            if (rewrites.isEmpty()) {
                throw new IllegalArgumentException("[%s] has no operator to rewrite, --out has nothing to write"
                        .formatted(read.source()));
            }
            Output.folderOf(out);
            ModelWriter.write(rewritten, out);
        }
        Document document = new Document(1, model.toString(), mapping.placements().size(), mapping.mapped(), mapping,
                mapping.groups(), rewrites);
        PrintWriter print = spec.commandLine().getOut();
        print.print(json ? Json.text(document) + System.lineSeparator() : text(document));
        print.flush();
        return 0;
    }

    private @Nullable Accuracy accuracy(Model before, Model after) {
        Photographs photographs = data.photographs().orElse(null);
        if (photographs == null) {
            return null;
        }
        ImageSource images = photographs.part(part);
        List<Verdicts> verdicts = Judge.run(List.of(before, after), images, 1, data.threads());
        return new Accuracy(images.size(), verdicts.getFirst().evaluation(images).accuracy(),
                verdicts.getLast().evaluation(images).accuracy());
    }

    private static String text(Document document) {
        StringBuilder text = new StringBuilder(table(document.groups, "Edge TPU", "CPU"));
        text.append(System.lineSeparator()).append("%d of %d operators mapped to the Edge TPU, by %s%n".formatted(
                document.mapped, document.operators, document.mapping.source()));
        for (RewriteRow row : document.rewrites) {
            text.append(String.format(Locale.ROOT, "rewriting %d %s to %s: %d of %d mapped, %s%n", row.count, row.from,
                    row.to, row.mapped, document.operators, accuracy(row.accuracy)));
        }
        return text.toString();
    }

    /// Operators by their fate.
    static String table(List<Mapping.Group> groups, String mapped, String other) {
        Table table = new Table("operator", "count", "runs on", "reason");
        groups.forEach(group -> table.row(group.operator(), group.count(), group.isMapped() ? mapped : other,
                group.reason()));
        return table.toString();
    }

    private static String accuracy(@Nullable Accuracy accuracy) {
        if (accuracy == null) {
            return "accuracy not measured (--data measures it)";
        }
        String change = accuracy.before == accuracy.after ? SAME : "%+.4f".formatted(accuracy.after - accuracy.before);
        return String.format(Locale.ROOT, "accuracy %.4f to %.4f (%s) on %d images", accuracy.before, accuracy.after,
                change, accuracy.images);
    }
}
