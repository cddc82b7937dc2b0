package dev.whittle.cli.bench;

import dev.whittle.cli.FailureMessage;
import dev.whittle.cli.bench.Comparison.Rival;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.StatUtils;
import org.jspecify.annotations.Nullable;

/// The results of all models below a folder as one Markdown document: a table of every run, and geometric means.
public final class Suite {
    private final List<Row> rows = new ArrayList<>();

    /// One model at one number of threads.
    ///
    /// @param result null where it failed
    /// @param failure why it failed, else empty
    private record Row(String model, int threads, @Nullable BenchResult result, String failure) {
    }

    /// The `.tflite` files below a folder, sorted.
    ///
    /// @throws IllegalArgumentException if there are none
    public static List<Path> models(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> models = files.filter(file -> file.toString().endsWith(".tflite") && Files.isRegularFile(file))
                    .sorted().toList();
            if (models.isEmpty()) {
                throw new IllegalArgumentException("[" + folder + "] holds no .tflite files");
            }
            return models;
        }
    }

    /// What a table calls a file: its path below the folder without what all have in common.
    public static String name(Path folder, Path file) {
        String path = folder.relativize(file).toString().replace('\\', '/');
        return path.replaceFirst("\\.tflite$", "").replaceFirst("/model$", "");
    }

    public void add(String model, int threads, BenchResult result) {
        rows.add(new Row(model, threads, result, ""));
    }

    /// A model that could not be measured or compared.
    public void addFailure(String model, int threads, Exception failure) {
        rows.add(new Row(model, threads, null, FailureMessage.of(failure)));
    }

    /// How many could not be measured or compared.
    public long failures() {
        return rows.stream().filter(row -> row.result == null).count();
    }

    /// @param command that was given
    /// @param date of the run
    public String markdown(String command, String date) {
        StringBuilder text = new StringBuilder();
        text.append("```sh\n").append(command).append("\n```\n\n");
        text.append(date).append(", ").append(Machine.current().text()).append(".\n\n");
        List<String> rivals = results().map(BenchResult::comparison).flatMap(Stream::ofNullable)
                .flatMap(comparison -> comparison.rivals().stream()).map(rival -> rival.side().runtime()).distinct()
                .toList();
        kernels(text);
        text.append("| model | arithmetic | threads | p50 µs | p90 | p99 |");
        rivals.forEach(rival -> text.append(" %s p50 µs | p90 | p99 | ratio (95 %%) | outputs differ by |"
                .formatted(rival)));
        text.append(" arena bytes | lower bound | weight bytes | allocated bytes |\n");
        text.append("|---|---|---|---|---|---|").append("---|---|---|---|---|".repeat(rivals.size()))
                .append("---|---|---|---|\n");
        rows.forEach(row -> append(text, row, rivals));
        rivals.forEach(rival -> means(text, rival));
        rows.stream().filter(row -> row.result == null).forEach(row -> text.append("\n- ").append(cell(row.model))
                .append(", ").append(row.threads).append(row.threads == 1 ? " thread: " : " threads: ")
                .append(cell(row.failure)).append('\n'));
        return text.toString();
    }

    private Stream<BenchResult> results() {
        return rows.stream().map(row -> row.result).flatMap(Stream::ofNullable);
    }

    /// Each runtime with the kernels that it ran, of one model or another.
    private void kernels(StringBuilder text) {
        List<Comparison> comparisons =
                results().map(BenchResult::comparison).flatMap(Stream::ofNullable).toList();
        SequencedMap<String, SequencedSet<String>> kernels = new LinkedHashMap<>();
        for (Comparison comparison : comparisons) {
            Stream.concat(Stream.of(comparison.whittle()), comparison.rivals().stream().map(Rival::side)).forEach(
                    side -> kernels.computeIfAbsent(side.runtime() + " " + side.version(), _ -> new LinkedHashSet<>())
                            .add(side.kernels()));
        }
        kernels.forEach((runtime, names) -> text.append("- ").append(runtime).append(": ")
                .append(String.join("; ", names)).append('\n'));
        if (!comparisons.isEmpty()) {
            text.append(
                    "\nA ratio is Whittle's p50 over the other's; below 1 Whittle is faster. In brackets, what holds 95 %"
                            + " of the ratios of a bootstrap over blocks. Float outputs differ by a share of their largest"
                            + " magnitude.\n\n");
        }
    }

    private static void append(StringBuilder text, Row row, List<String> rivals) {
        BenchResult result = row.result;
        if (result == null) {
            text.append("| ").append(cell(row.model)).append(" | - | ").append(row.threads).append(" |")
                    .append(" - |".repeat(3 + 5 * rivals.size() + 4)).append('\n');
            return;
        }
        Measurement measured = result.measurement();
        text.append("| %s | %s | %d | %s | %s | %s |".formatted(cell(row.model), measured.arithmetic().label(),
                row.threads, micros(measured.latency().p50()), micros(measured.latency().p90()),
                micros(measured.latency().p99())));
        for (String name : rivals) {
            rival(result, name).ifPresentOrElse(
                    rival -> text.append(" %s | %s | %s | %.2f (%.2f–%.2f) | %s |".formatted(
                            micros(rival.side().latency().p50()), micros(rival.side().latency().p90()),
                            micros(rival.side().latency().p99()), rival.ratio().value(), rival.ratio().low(),
                            rival.ratio().high(), rival.difference().shortText())),
                    () -> text.append(" - |".repeat(5)));
        }
        text.append(" %,d | %,d | %,d | %s |%n".formatted(measured.arenaBytes(), measured.arenaLowerBoundBytes(),
                measured.weightBytes(), bytes(measured.allocatedBytesPerInference())));
    }

    private void means(StringBuilder text, String rival) {
        text.append("\nGeometric means of the ratio to ").append(rival).append(":\n\n");
        text.append("| threads | f32 | integer | hybrid | all |\n|---|---|---|---|---|\n");
        for (int threads : rows.stream().mapToInt(Row::threads).distinct().toArray()) {
            text.append("| ").append(threads).append(" | ").append(mean(rival, threads, Arithmetic.FLOAT)).append(" | ")
                    .append(mean(rival, threads, Arithmetic.INTEGER)).append(" | ")
                    .append(mean(rival, threads, Arithmetic.HYBRID)).append(" | ").append(mean(rival, threads, null))
                    .append(" |\n");
        }
    }

    /// As in `0.87 (of 4)`.
    ///
    /// @param arithmetic null for all
    private String mean(String rival, int threads, @Nullable Arithmetic arithmetic) {
        double[] ratios = results()
                .filter(result -> result.measurement().threads() == threads
                        && (arithmetic == null || result.measurement().arithmetic() == arithmetic))
                .flatMap(result -> rival(result, rival).stream())
                .mapToDouble(found -> found.ratio().value()).toArray();
        return ratios.length == 0 ? "-" : String.format(Locale.ROOT, "%.2f (of %d)", StatUtils.geometricMean(ratios),
                ratios.length);
    }

    private static Optional<Rival> rival(BenchResult result, String name) {
        Comparison comparison = result.comparison();
        return comparison == null
                ? Optional.empty()
                : comparison.rivals().stream().filter(rival -> rival.side().runtime().equals(name)).findFirst();
    }

    /// Milliseconds as microseconds with three digits or more.
    private static String micros(double milliseconds) {
        double micros = milliseconds * 1e3;
        int digits = IntStream.of(2, 1, 0).filter(places -> micros * Math.pow(10, places) >= 100).max().orElse(3);
        return String.format(Locale.ROOT, "%,." + digits + "f", micros);
    }

    private static String bytes(double value) {
        return String.format(Locale.ROOT, value < 1 && value > 0 ? "%.2f" : "%,.0f", value);
    }

    /// Text that does not end its cell.
    private static String cell(String text) {
        return FailureMessage.oneLine(text).replace("|", "\\|");
    }
}
