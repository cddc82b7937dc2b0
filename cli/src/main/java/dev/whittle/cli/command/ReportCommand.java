package dev.whittle.cli.command;

import dev.whittle.cli.report.Report;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "report", description = "Make the HTML report of a finished demo again, as one file.", footer = "  whittle report demo --out castings.html")
public final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "The output folder of whittle demo, with results.json and pictures.") private Path folder =
            Path.of("");

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write the page; report.html in DIR by default.") private @Nullable Path page;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Path written = Report.write(folder, page == null ? folder.resolve(Report.PAGE) : page);
        spec.commandLine().getOut().println(written);
        return 0;
    }
}
