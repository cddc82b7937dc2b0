package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.cli.conformance.Conformance;
import dev.whittle.cli.conformance.Result;
import dev.whittle.cli.conformance.Result.Worst;
import dev.whittle.cli.conformance.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "conformance", description = "Run every model below a folder and compare with its recorded outputs.", footer = "  whittle conformance ../shared/conformance --only '^(ADD|MUL)/' --write target/outputs")
public final class ConformanceCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "Folder with models, inputs, recorded outputs and a meta.json each.") private Path folder =
            Path.of("");

    @Option(names = "--only", paramLabel = "REGEX", description = "Run the variants whose relative path matches.") private Pattern only =
            Pattern.compile("");

    @Option(names = "--write", paramLabel = "OUT", description = "Save each output, or the message of a model that did not run, below this folder.") private @Nullable Path write;

    @Option(names = "--json", description = "Print every variant's result as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        List<Result> results = Conformance.run(folder, only, write);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(new Listing(1, results)) + System.lineSeparator() : tables(results));
        out.flush();
        return results.stream().allMatch(result -> result.verdict() == Verdict.PASSED) ? 0 : 1;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    record Listing(int format, List<Result> results) {
    }

    private static String tables(List<Result> results) {
        List<Result> models = results.stream().filter(Result::wholeModel).toList();
        List<Result> operators = results.stream().filter(result -> !result.wholeModel()).toList();
        List<String> parts = new ArrayList<>();
        if (!operators.isEmpty()) {
            parts.add(operatorTable(operators));
        }
        if (!models.isEmpty()) {
            parts.add(modelTable(models));
        }
        StringBuilder problems = new StringBuilder();
        for (Result result : results) {
            if (result.verdict() == Verdict.FAILED) {
                result.problems().forEach(problem -> problems.append("FAILED ").append(result.path()).append(": ")
                        .append(problem).append(System.lineSeparator()));
            }
        }
        parts.add(problems.toString());
        parts.add("%d of %d passed, %d failed, %d refused%n".formatted(count(results, Verdict.PASSED), results.size(),
                count(results, Verdict.FAILED), count(results, Verdict.REFUSED)));
        return String.join(System.lineSeparator(), parts.stream().filter(part -> !part.isEmpty()).toList());
    }

    private static String operatorTable(List<Result> results) {
        TreeMap<String, TreeMap<String, List<Result>>> groups = new TreeMap<>();
        for (Result result : results) {
            groups.computeIfAbsent(result.operator(), operator -> new TreeMap<>())
                    .computeIfAbsent(result.elementType(), type -> new ArrayList<>())
                    .add(result);
        }
        Table table = new Table("operator", "type", "models", "passed", "failed", "refused", "exact");
        groups.forEach((operator, types) -> types.forEach((type, group) -> table.row(operator, type, group.size(),
                count(group, Verdict.PASSED), count(group, Verdict.FAILED), count(group, Verdict.REFUSED),
                group.stream().filter(ConformanceCommand::exact).count())));
        return table.toString();
    }

    private static String modelTable(List<Result> results) {
        Table table = new Table("model", "type", "verdict", "ref", "builtin", "xnnpack");
        for (Result result : results) {
            table.row(result.operator(), result.elementType(), result.verdict().name().toLowerCase(Locale.ROOT),
                    difference(result, "ref"), difference(result, "builtin"), difference(result, "xnnpack"));
        }
        return table.toString();
    }

    private static String difference(Result result, String kernel) {
        Worst worst = result.differences().get(kernel);
        if (worst == null) {
            return "-";
        }
        return worst.differing() == 0
                ? "equal"
                : "%.2g, %d of %d".formatted(worst.absolute(), worst.differing(), worst.elementCount());
    }

    private static boolean exact(Result result) {
        return result.verdict() == Verdict.PASSED
                && result.differences().values().stream().anyMatch(worst -> worst.differing() == 0);
    }

    private static long count(List<Result> results, Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }
}
