package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.Table;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.pipeline.Results.SplitCounts;
import dev.whittle.trainer.data.BrokenImage;
import dev.whittle.trainer.data.ContactSheet;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "data", description = "Look at a folder, list or file of photographs: classes, broken files, near-duplicates, samples.", footer = {
    "  whittle data photos --sheet samples.png", "  whittle data list.csv", "  whittle data mnist.npz --json",
    "  whittle data dedupe photos --split lists"}, subcommands = DedupeCommand.class)
public final class DataCommand implements Callable<Integer> {
    private static final int SHEET_COLUMNS = 8;
    private static final int SHEET_CELL = 150;

    @Mixin private DataOptions data = new DataOptions();

    @Parameters(paramLabel = "PATH", arity = "0..1", description = "The same as --data PATH.") private @Nullable Path path;

    @Option(names = "--sheet", paramLabel = "FILE", description = "Write a picture with samples of each class.") private @Nullable Path sheet;

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Path named = path;
        Photographs photographs =
                named == null ? data.required() : data.at(named);
        Path picture = sheet;
        if (picture != null) {
            Output.folderOf(picture);
            ContactSheet.write(photographs.training(), SHEET_COLUMNS, SHEET_CELL, picture);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(document(photographs)) + System.lineSeparator() : text(photographs));
        out.flush();
        return 0;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    record Document(int format, String name, List<String> classNames, List<SplitCounts> splits, String splitRule,
            List<BrokenImage> broken, int nearDuplicateGroups, int seenTestImages) {
    }

    private static Document document(Photographs photographs) {
        return new Document(1, photographs.name(), photographs.classNames(), photographs.counts(), photographs.rule(),
                photographs.broken(), photographs.groups(), photographs.seenTestImages());
    }

    private static String text(Photographs photographs) {
        List<String> header = new ArrayList<>(List.of("set"));
        header.addAll(photographs.classNames());
        header.add("all");
        Table counts = new Table(header.toArray(String[]::new));
        int divided = 0;
        for (SplitCounts split : photographs.counts()) {
            List<Object> row = new ArrayList<>(List.of(split.name()));
            row.addAll(split.classes());
            row.add(split.total());
            counts.row(row.toArray());
            divided += split.total();
        }
        StringBuilder text = new StringBuilder();
        text.append(photographs.name()).append(": ").append(divided).append(" images").append(System.lineSeparator())
                .append(counts).append(photographs.rule()).append(System.lineSeparator())
                .append(photographs.groups()).append(" groups of near-duplicates in what was divided")
                .append(System.lineSeparator());
        for (BrokenImage image : photographs.broken()) {
            text.append("broken: ").append(image.name()).append(" (").append(image.reason()).append(")")
                    .append(System.lineSeparator());
        }
        return text.append(photographs.broken().size()).append(" broken images").append(System.lineSeparator())
                .toString();
    }
}
