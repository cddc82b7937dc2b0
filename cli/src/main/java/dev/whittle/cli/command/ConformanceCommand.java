package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.cli.conformance.Conformance;
import dev.whittle.cli.conformance.Outcome;
import dev.whittle.cli.conformance.Result;
import dev.whittle.cli.conformance.Result.Worst;
import dev.whittle.cli.conformance.Verdict;
import dev.whittle.engine.plan.PlanOptions;
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
import picocli.CommandLine.Mixin;
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

    @Mixin private ReferenceOption reference = new ReferenceOption();

    @Option(names = "--json", description = "Print every variant's result as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Outcome outcome =
                Conformance.run(folder, only, PlanOptions.defaults().withReference(reference.kernels()), write);
        List<Result> results = outcome.results();
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(Listing.of(outcome)) + System.lineSeparator() : tables(results) + digest(outcome));
        out.flush();
        return results.stream().allMatch(result -> result.verdict() == Verdict.PASSED) ? 0 : 1;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param kernels and the digest of all outputs, which no tier and no vector width changes
    record Listing(int format, Kernels kernels, List<Result> results) {
        static Listing of(Outcome outcome) {
            return new Listing(2, new Kernels(lowerCase(outcome.tier()), outcome.vectorBits(),
                    lowerCase(outcome.reference()), outcome.sha256()), outcome.results());
        }
    }

    /// @param sha256 of the bytes of all outputs in the order of the variants' paths
    record Kernels(String tier, int vectorBits, String reference, String sha256) {
    }

    private static String digest(Outcome outcome) {
        return "kernels %s%s, as %s; sha256 of all outputs %s%n".formatted(lowerCase(outcome.tier()),
                outcome.vectorBits() == 0 ? "" : " " + outcome.vectorBits() + " bits", lowerCase(outcome.reference()),
                outcome.sha256());
    }

    private static String lowerCase(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
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
            result.problems().forEach(problem -> problems.append(result.verdict()).append(' ').append(result.path())
                    .append(": ").append(problem).append(System.lineSeparator()));
        }
        parts.add(problems.toString());
        parts.add("%d of %d passed, %d failed, %d refused%n".formatted(count(results, Verdict.PASSED), results.size(),
                count(results, Verdict.FAILED), count(results, Verdict.REFUSED))
                + "%d equal to ref, %d to builtin, %d within tolerance of one%n".formatted(equal(results, "ref"),
                        equal(results, "builtin"), results.stream().filter(ConformanceCommand::within).count()));
        return String.join(System.lineSeparator(), parts.stream().filter(part -> !part.isEmpty()).toList());
    }

    private static String operatorTable(List<Result> results) {
        TreeMap<String, TreeMap<String, List<Result>>> groups = new TreeMap<>();
        for (Result result : results) {
            groups.computeIfAbsent(result.operator(), operator -> new TreeMap<>())
                    .computeIfAbsent(result.elementType(), type -> new ArrayList<>())
                    .add(result);
        }
        Table table = new Table("operator", "type", "models", "passed", "failed", "refused", "= ref", "= builtin",
                "within");
        groups.forEach((operator, types) -> types.forEach((type, group) -> table.row(operator, type, group.size(),
                count(group, Verdict.PASSED), count(group, Verdict.FAILED), count(group, Verdict.REFUSED),
                equal(group, "ref"), equal(group, "builtin"),
                group.stream().filter(ConformanceCommand::within).count())));
        return table.toString();
    }

    private static String modelTable(List<Result> results) {
        Table table = new Table("model", "type", "verdict", "ref", "builtin", "xnnpack");
        for (Result result : results) {
            table.row(result.operator(), result.elementType(), lowerCase(result.verdict()),
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

    private static long equal(List<Result> results, String kernel) {
        return results.stream().filter(result -> result.equalTo().contains(kernel)).count();
    }

    /// Passed by its tolerance alone.
    private static boolean within(Result result) {
        return result.verdict() == Verdict.PASSED && result.equalTo().isEmpty();
    }

    private static long count(List<Result> results, Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }
}
