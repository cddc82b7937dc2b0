package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.engine.kernel.CustomOperators;
import dev.whittle.engine.kernel.KernelRegistry;
import dev.whittle.engine.kernel.OperatorKernel;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "operators", description = "List every operator of the .tflite schema with the element types that run here.", footer = "  whittle operators conv")
public final class OperatorsCommand implements Callable<Integer> {
    private static final String OTHER_RUNTIMES = "other-runtimes.tsv";
    private static final String NONE = "-";

    @Parameters(paramLabel = "TEXT", arity = "0..1", defaultValue = "", description = "Only operators whose name holds this text, in any case.") private String text =
            "";

    @ArgGroup private Format format = new Format();

    @Spec private CommandSpec spec = CommandSpec.create();

    /// One way to print; a table for people by default.
    private static final class Format {
        @Option(names = "--json", description = "Print as JSON.") private boolean json;

        @Option(names = "--markdown", description = "Print as Markdown, as docs/OPERATORS.md is made.") private boolean markdown;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param running how many operators of the schema run here
    /// @param reference how many the reference runtime registers
    /// @param custom names of the custom operators that run here
    record Document(int format, long running, long reference, List<Row> operators, List<String> custom) {
    }

    /// One operator.
    ///
    /// @param types element types of what it computes with; empty where it does not run
    /// @param weightTypes types of weights beside them
    /// @param reference operator versions that the reference runtime registers, or -
    /// @param micro whether TFLite Micro has it
    /// @param tract whether tract reads it from .tflite files
    /// @param reason why it does not run here; empty where it does
    record Row(String operator, int number, List<String> types, List<String> weightTypes, String reference,
            boolean micro, boolean tract, String reason) {

        boolean runs() {
            return !types.isEmpty();
        }
    }

    @Override
    public Integer call() {
        String wanted = text.toUpperCase(Locale.ROOT);
        List<Row> all = rows();
        List<Row> rows = all.stream().filter(row -> row.operator().contains(wanted)).toList();
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("no operator of the schema has \"" + text + "\" in its name");
        }
        Document document = new Document(1, all.stream().filter(Row::runs).count(),
                all.stream().filter(row -> !row.reference().equals(NONE)).count(), rows,
                CustomOperators.installed().names().stream().sorted().toList());
        PrintWriter out = spec.commandLine().getOut();
        if (format.json) {
            out.println(Json.text(document));
        } else {
            out.print(format.markdown ? markdown(document) : table(document));
        }
        out.flush();
        return 0;
    }

    private static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (String line : otherRuntimes().lines().skip(1).toList()) {
            String[] cells = line.split("\t", -1);
            OperatorCode code = OperatorCode.valueOf(cells[0]);
            OperatorKernel kernel = KernelRegistry.of(code);
            rows.add(new Row(code.name(), code.number(), kernel == null ? List.of() : names(kernel.types()),
                    kernel == null ? List.of() : names(kernel.weightTypes()), cells[1], cells[2].equals("yes"),
                    cells[3].equals("yes"), kernel == null ? cells[4] : ""));
        }
        return rows;
    }

    private static String otherRuntimes() {
        try (InputStream table = OperatorsCommand.class.getResourceAsStream(OTHER_RUNTIMES)) {
            return new String(Objects.requireNonNull(table, OTHER_RUNTIMES).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(OTHER_RUNTIMES, e);
        }
    }

    private static List<String> names(Set<ElementType> types) {
        return types.stream().sorted().map(ElementType::name).toList();
    }

    private static String types(List<String> names) {
        if (names.isEmpty()) {
            return NONE;
        }
        // VARIANT aside, nothing in the schema is left out.
        return names.size() >= ElementType.values().length - 1
                ? "all"
                : names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.joining(" "));
    }

    private static String summary(Document document) {
        return "%d of %d operators of the schema run here; the reference runtime registers %d. Custom operators: %s."
                .formatted(document.running(), OperatorCode.values().length, document.reference(),
                        document.custom().isEmpty() ? "none" : String.join(", ", document.custom()));
    }

    private static String table(Document document) {
        Table table =
                new Table("operator", "number", "element types", "weights", "reference", "micro", "tract", "why not");
        for (Row row : document.operators()) {
            table.row(row.operator(), row.number(), types(row.types()), types(row.weightTypes()), row.reference(),
                    row.micro() ? "yes" : NONE, row.tract() ? "yes" : NONE, row.reason());
        }
        return table + System.lineSeparator() + summary(document) + System.lineSeparator();
    }

    private static String markdown(Document document) {
        StringBuilder page = new StringBuilder("""
                # Operators

                Made by `./whittle operators --markdown` from the kernel registry; a test holds this page against it.

                """);
        page.append(summary(document)).append("""


                - **Element types**: those of the tensor that decides, usually input 0. Other types are refused by name
                  when a model is planned.
                - **Weights**: the types that weights may have beside the activations' own, for quantized and hybrid
                  kernels.
                - **Versions**: operator versions that the reference runtime (TensorFlow Lite 2.21, CPU) registers. Whittle
                  goes by types and shapes and turns no file away because of a version.
                - **Micro**: TFLite Micro has a kernel. **tract**: tract reads the operator from `.tflite` files.

                | operator | element types | weights | versions | Micro | tract |
                |---|---|---|---|---|---|
                """);
        document.operators().stream().filter(Row::runs).forEach(row -> page.append("| ").append(row.operator())
                .append(" | ").append(types(row.types())).append(" | ").append(types(row.weightTypes()))
                .append(" | ").append(row.reference()).append(" | ").append(row.micro() ? "yes" : NONE)
                .append(" | ").append(row.tract() ? "yes" : NONE).append(" |\n"));
        page.append("""

                ## What is missing, and why

                | operator | versions | Micro | tract | why |
                |---|---|---|---|---|
                """);
        document.operators().stream().filter(row -> !row.runs()).forEach(row -> page.append("| ")
                .append(row.operator()).append(" | ").append(row.reference()).append(" | ")
                .append(row.micro() ? "yes" : NONE).append(" | ").append(row.tract() ? "yes" : NONE).append(" | ")
                .append(row.reason().isEmpty() ? "not written yet" : row.reason()).append(" |\n"));
        return page.toString();
    }
}
