package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.Progress;
import dev.whittle.cli.ProgressLine;
import dev.whittle.cli.Table;
import dev.whittle.cli.bench.BenchResult;
import dev.whittle.cli.bench.Benchmark;
import dev.whittle.cli.bench.Comparison;
import dev.whittle.cli.bench.Comparison.Side;
import dev.whittle.cli.bench.Measurement;
import dev.whittle.cli.bench.Measurement.Latency;
import dev.whittle.cli.bench.ReferenceRuntime;
import dev.whittle.cli.bench.Suite;
import dev.whittle.cli.bench.Trace;
import dev.whittle.engine.plan.PlanOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "bench", description = "Measure a model: start-up, latency percentiles, time of each operator, memory; alone, or in turns with the reference runtime on the same inputs.", footer = {
    "  whittle bench demo/int8.tflite --seconds 5",
    "  whittle bench demo/int8.tflite --against tflite,tflite-noxnnpack --threads 2",
    "  whittle bench --suite models --against tflite --threads 1,2 --out table.md"})
public final class BenchCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "A .tflite file.") private @Nullable Path model;

    @Option(names = "--suite", paramLabel = "DIR", description = "Measure every .tflite file below this folder and write one Markdown table.") private @Nullable Path suite;

    @Option(names = "--against", paramLabel = "RUNTIME", split = ",", arity = "1", description = "Compare with these, in turns: tflite (the C++ runtime with XNNPACK), tflite-noxnnpack (without).") private List<String> against =
            List.of();

    @Option(names = "--threads", paramLabel = "N", split = ",", arity = "1", description = "Threads that share one inference, for every runtime; with --suite, several numbers (default: 1).") private List<Integer> threads =
            List.of(1);

    @Option(names = "--runs", paramLabel = "N", defaultValue = "50", description = "Steady inferences, at least (default: ${DEFAULT-VALUE}).") private int runs;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "2", description = "Seconds of steady inference, at least; as many of warm-up before (default: ${DEFAULT-VALUE}).") private double seconds;

    @Option(names = "--trace", paramLabel = "FILE", description = "Write some inferences as a Chrome trace.") private @Nullable Path trace;

    @Option(names = "--out", paramLabel = "FILE", description = "With --suite, write the table to this file.") private @Nullable Path out;

    @Option(names = "--json", description = "Print as JSON; docs/bench-schema.json describes it.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Path folder = suite;
        Path file = model;
        for (int number : threads) {
            require(number >= 1 && number <= PlanOptions.MAX_THREADS,
                    "--threads is " + number + ", must be 1 to " + PlanOptions.MAX_THREADS);
        }
        if (folder != null) {
            require(file == null, "MODEL and --suite exclude each other");
            require(!json && trace == null, "--json and --trace need a single MODEL, not --suite");
            return measureAll(folder);
        }
        if (file == null) {
            throw new ParameterException(spec.commandLine(), "Missing required parameter: MODEL, or --suite=DIR");
        }
        require(threads.size() == 1, "--threads " + threads + " are several numbers, which need --suite");
        require(out == null, "--out needs --suite");
        measure(file);
        return 0;
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private List<ReferenceRuntime> rivals() {
        return against.isEmpty() ? List.of() : ReferenceRuntime.named(against);
    }

    private Benchmark benchmark(int threadCount) {
        return new Benchmark(runs, seconds, PlanOptions.defaults().withThreads(threadCount));
    }

    private ProgressLine line(String task) {
        return new ProgressLine(spec.commandLine().getErr(), task, Progress.isWatched());
    }

    private ProgressLine waiting(String model) {
        return line(model + ": until the vector kernels serve, at most");
    }

    private void measure(Path file) throws IOException {
        List<ReferenceRuntime> rivals = rivals();
        Path traceFile = trace;
        AtomicReference<@Nullable Trace> spans = new AtomicReference<>();
        BenchResult result;
        try (ProgressLine waiting = waiting(file.toString()); ProgressLine progress = line(file.toString())) {
            result = benchmark(threads.getFirst()).measure(file, rivals, waiting, progress,
                    traceFile == null ? null : spans::set);
        }
        Trace taken = spans.get();
        if (traceFile != null && taken != null) {
            Output.write(traceFile, Json.text(taken));
        }
        PrintWriter writer = spec.commandLine().getOut();
        writer.print(json ? Json.text(result) + System.lineSeparator() : text(result));
        writer.flush();
    }

    private int measureAll(Path folder) throws IOException {
        List<ReferenceRuntime> rivals = rivals();
        List<Path> files = Suite.models(folder);
        Suite results = new Suite();
        int total = files.size() * threads.size();
        int done = 0;
        try (ProgressLine progress = line("measuring")) {
            for (Path file : files) {
                for (int threadCount : threads) {
                    String name = Suite.name(folder, file);
                    int before = done++;
                    try (ProgressLine waiting = waiting(name)) {
                        results.add(name, threadCount, benchmark(threadCount).measure(file, rivals, waiting,
                                share -> progress.accept((before + share) / total), null));
                    } catch (IOException | RuntimeException e) {
                        results.addFailure(name, threadCount, e);
                    }
                }
            }
        }
        String markdown = results.markdown(
                "./whittle " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
                LocalDate.now().toString());
        Path target = out;
        if (target == null) {
            PrintWriter writer = spec.commandLine().getOut();
            writer.print(markdown);
            writer.flush();
        } else {
            Output.write(target, markdown);
        }
        if (results.failures() > 0) {
            spec.commandLine().getErr().println(
                    "whittle: %d of %d runs failed; the table says why".formatted(results.failures(), total));
            return 1;
        }
        return 0;
    }

    private static String text(BenchResult result) {
        Measurement measurement = result.measurement();
        Latency latency = measurement.latency();
        Table startUp = new Table("init ms", "first ms", "hundredth answer after", "these kernels after");
        startUp.row(milliseconds(measurement.initMilliseconds()), milliseconds(measurement.firstMilliseconds()),
                soon(measurement.hundredthMilliseconds()), soon(measurement.settledMilliseconds()));
        Table summary = new Table("mean ms", "p50", "p90", "p95", "p99", "runs", "threads");
        summary.row(milliseconds(latency.mean()), milliseconds(latency.p50()), milliseconds(latency.p90()),
                milliseconds(latency.p95()), milliseconds(latency.p99()), measurement.runs(), measurement.threads());
        Table memory = new Table("arena bytes", "lower bound", "weight bytes", "file bytes", "allocated per inference");
        memory.row("%,d".formatted(measurement.arenaBytes()), "%,d".formatted(measurement.arenaLowerBoundBytes()),
                "%,d".formatted(measurement.weightBytes()), "%,d".formatted(measurement.fileBytes()),
                "%.1f".formatted(measurement.allocatedBytesPerInference()));
        Table operators = new Table("#", "operator", "ms", "share", "output shape", "output");
        measurement.operators().forEach(time -> operators.row(time.index(), time.operator(),
                milliseconds(time.milliseconds()), "%.1f %%".formatted(100 * time.share()), time.outputShape(),
                time.output()));
        return "%s, input %s, %s, %s%n%s%n%n%s%s%n%s%n%s%n%s".formatted(measurement.model(), measurement.inputShape(),
                measurement.arithmetic().label(), measurement.kernelsInWords(), result.machine().text(),
                comparison(result.comparison()),
                startUp, summary, memory, operators);
    }

    private static String comparison(@Nullable Comparison comparison) {
        if (comparison == null) {
            return "";
        }
        Table sides = new Table("runtime", "p50 ms", "p90", "p99", "ratio", "95 %", "outputs differ by", "kernels");
        Side whittle = comparison.whittle();
        sides.row(whittle.runtime() + " " + whittle.version(), milliseconds(whittle.latency().p50()),
                milliseconds(whittle.latency().p90()), milliseconds(whittle.latency().p99()), "", "", "",
                whittle.kernels());
        comparison.rivals().forEach(rival -> sides.row(rival.side().runtime() + " " + rival.side().version(),
                milliseconds(rival.side().latency().p50()), milliseconds(rival.side().latency().p90()),
                milliseconds(rival.side().latency().p99()), "%.3f".formatted(rival.ratio().value()),
                "%.3f to %.3f".formatted(rival.ratio().low(), rival.ratio().high()), rival.difference().text(),
                rival.side().kernels()));
        return "%s%nratio: p50 of Whittle over p50 of the other, below 1 Whittle is faster; %d blocks of each in turns%n%n"
                .formatted(sides, comparison.blocks());
    }

    private static String soon(@Nullable Double value) {
        return value == null ? "not in 70 s" : milliseconds(value);
    }

    /// With more digits where there is little to see.
    private static String milliseconds(double value) {
        return (value < 0.01 ? "%.6f" : "%.3f").formatted(value);
    }
}
