package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.Progress;
import dev.whittle.cli.ProgressLine;
import dev.whittle.cli.Table;
import dev.whittle.cli.pipeline.Deduplication;
import dev.whittle.cli.pipeline.Deduplication.Baseline;
import dev.whittle.cli.pipeline.Deduplication.Division;
import dev.whittle.cli.pipeline.Deduplication.Leak;
import dev.whittle.cli.pipeline.Deduplication.Member;
import dev.whittle.trainer.data.BrokenImage;
import dev.whittle.trainer.data.ContactSheet;
import dev.whittle.trainer.data.DataSet;
import dev.whittle.trainer.data.NearDuplicates;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "dedupe", description = "Find images that show the same, under flips and quarter turns: what leaks from one set to another, what a nearest-neighbour classifier makes of it, and a division that keeps groups whole.", footer = {
    "  whittle data dedupe photos",
    "  whittle data dedupe photos --groups groups.csv --sheet leaks.png --threshold 0.99",
    "  whittle data dedupe photos --split lists --seed 3 --no-baseline",
    "  whittle train --data lists --out trained",
    "  whittle data dedupe photos --json --threads 2"})
public final class DedupeCommand implements Callable<Integer> {
    private static final String DEFAULT_THRESHOLD = "" + NearDuplicates.DEFAULT_THRESHOLD;

    @Parameters(paramLabel = "PATH", description = "Folder of images, .csv list, .npz arrays or folder of IDX files, as for --data.") private Path path =
            Path.of("");

    @Option(names = "--threshold", paramLabel = "R", defaultValue = DEFAULT_THRESHOLD, description = "Correlation of 32 x 32 grey pixels from which two images are the same (default: ${DEFAULT-VALUE}).") private double threshold;

    @Option(names = "--groups", paramLabel = "FILE", description = "Write the group of every image, as .csv or .json.") private @Nullable Path groups;

    @Option(names = "--sheet", paramLabel = "FILE", description = "Write a picture of the pairs across sets that are most alike.") private @Nullable Path sheet;

    @Option(names = "--split", paramLabel = "DIR", description = "Write train.csv, validation.csv and test.csv, all images divided by group, for --data DIR.") private @Nullable Path split;

    @Option(names = "--no-baseline", description = "Leave out the nearest-neighbour classifier, which takes most of the time.") private boolean withoutBaseline;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "7", description = "Seed of the division (default: ${DEFAULT-VALUE}).") private long seed;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute with (default: all processors).") private int threads =
            Runtime.getRuntime().availableProcessors();

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        if (threads < 1) {
            throw wrong("--threads is " + threads + ", must be at least 1");
        }
        if (!(threshold > 0 && threshold <= 1)) {
            throw wrong("--threshold is " + threshold + ", must be above 0 and at most 1");
        }
        Path groupFile = groups;
        boolean groupsAsJson = groupFile != null && groupFile.toString().endsWith(".json");
        if (groupFile != null && !groupsAsJson && !groupFile.toString().endsWith(".csv")) {
            throw wrong("--groups is " + groupFile + ", must end in .csv or .json");
        }
        PrintWriter err = spec.commandLine().getErr();
        err.println("decoding the images");
        DataSet set = DataSet.read(path, threads);
        err.println("comparing them");
        Deduplication found = new Deduplication(set, threshold, threads);
        Division division = found.divide(seed);
        List<Path> written = new ArrayList<>();
        if (groupFile != null) {
            written.add(Output.write(groupFile,
                    groupsAsJson ? Json.text(new Groups(1, set.name(), threshold, found.members()))
                            : found.membersCsv()));
        }
        Path picture = sheet;
        if (picture != null) {
            Output.folderOf(picture);
            ContactSheet.write(found.sheet(), picture);
            written.add(picture);
        }
        Path folder = split;
        if (folder != null) {
            Output.folder(folder);
            written.add(Output.write(folder.resolve("validation.csv"), found.list(division.validation(), folder)));
            written.add(Output.write(folder.resolve("test.csv"), found.list(division.test(), folder)));
            // Last: a folder with this list is taken for a whole one.
            written.add(Output.write(folder.resolve("train.csv"), found.list(division.train(), folder)));
        }
        Document document = new Document(1, set.name(), threshold, found.images(), found.groups(), found.largestGroup(),
                found.leaks(), baselines(found, division),
                new Sizes(division.train().size(), division.validation().size(), division.test().size()),
                found.broken(), written.stream().map(Path::toString).toList());
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(document) + System.lineSeparator() : text(document));
        out.flush();
        return 0;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private List<Baseline> baselines(Deduplication found, Division division) {
        if (withoutBaseline) {
            return List.of();
        }
        PrintWriter err = spec.commandLine().getErr();
        err.println("classifying by nearest neighbour");
        try (ProgressLine line = new ProgressLine(err, "nearest neighbours", Progress.isWatched())) {
            return found.baselines(division, line);
        }
    }

    /// How many images each set of the division by group has.
    record Sizes(int train, int validation, int test) {
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    record Document(int format, String name, double threshold, int images, int groups, int largestGroup,
            List<Leak> leaks, List<Baseline> nearestNeighbour, Sizes divisionByGroup, List<BrokenImage> broken,
            List<String> written) {
    }

    /// The file of groups.
    ///
    /// @param format the version of this layout
    record Groups(int format, String name, double threshold, List<Member> images) {
    }

    private static String text(Document document) {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT,
                "%s: %,d images in %,d groups of near-duplicates (correlation of %s or more under flips and quarter turns), the largest of %,d%n",
                document.name, document.images, document.groups, document.threshold, document.largestGroup));
        if (!document.leaks.isEmpty()) {
            Table leaks = new Table("images of", "seen in", "all", "same pixels", "near-duplicates", "share",
                    "of another class");
            for (Leak leak : document.leaks) {
                leaks.row(leak.set(), leak.of(), leak.images(), leak.pixelIdentical(), leak.near(),
                        String.format(Locale.ROOT, "%.3f", (double) leak.near() / leak.images()), leak.inOtherClass());
            }
            text.append(System.lineSeparator()).append(leaks);
        }
        if (!document.nearestNeighbour.isEmpty()) {
            Table baselines = new Table("nearest neighbour", "accuracy", "right", "test images", "compared with");
            for (Baseline baseline : document.nearestNeighbour) {
                baselines.row("divided " + baseline.division(),
                        String.format(Locale.ROOT, "%.4f", baseline.accuracy()), baseline.correct(),
                        baseline.testImages(), baseline.seenImages());
            }
            text.append(System.lineSeparator()).append(baselines);
        }
        text.append(String.format(Locale.ROOT, "%ndivided by group: %,d to train, %,d to validate, %,d to test%n",
                document.divisionByGroup.train, document.divisionByGroup.validation, document.divisionByGroup.test));
        document.broken.forEach(image -> text.append("broken: ").append(image.name()).append(" (")
                .append(image.reason()).append(")").append(System.lineSeparator()));
        document.written.forEach(file -> text.append("wrote ").append(file).append(System.lineSeparator()));
        return text.toString();
    }
}
