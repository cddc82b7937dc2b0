package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.cli.bench.Benchmark;
import dev.whittle.cli.bench.Measurement;
import dev.whittle.cli.bench.Measurement.Latency;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "bench", description = "Measure a model: start-up, latency percentiles, time of each operator, memory.", footer = "  whittle bench demo/int8.tflite --seconds 5")
public final class BenchCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "A .tflite file.") private Path model = Path.of("");

    @Option(names = "--runs", paramLabel = "N", defaultValue = "50", description = "Steady inferences, at least (default: ${DEFAULT-VALUE}).") private int runs;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "2", description = "Seconds of steady inference, at least; as many of warm-up before (default: ${DEFAULT-VALUE}).") private double seconds;

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Measurement measurement = new Benchmark(runs, seconds).measure(model);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(new Document(1, measurement)) + System.lineSeparator() : text(measurement));
        out.flush();
        return 0;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    record Document(int format, Measurement measurement) {
    }

    private static String text(Measurement measurement) {
        Latency latency = measurement.latency();
        Table summary = new Table("init ms", "first ms", "mean ms", "p50", "p90", "p95", "p99", "runs", "threads",
                "arena bytes");
        summary.row(milliseconds(measurement.initMilliseconds()), milliseconds(measurement.firstMilliseconds()),
                milliseconds(latency.mean()), milliseconds(latency.p50()), milliseconds(latency.p90()),
                milliseconds(latency.p95()), milliseconds(latency.p99()), measurement.runs(), measurement.threads(),
                "%,d".formatted(measurement.arenaBytes()));
        Table operators = new Table("#", "operator", "ms", "share", "output shape", "output");
        measurement.operators().forEach(time -> operators.row(time.index(), time.operator(),
                milliseconds(time.milliseconds()), "%.1f %%".formatted(100 * time.share()), time.outputShape(),
                time.output()));
        String kernels = measurement.vectorBits() == 0
                ? measurement.kernels().toLowerCase(Locale.ROOT) + " kernels"
                : "vector kernels, " + measurement.vectorBits() + " bits";
        return "%s, input %s, %s%n%n%s%n%s".formatted(measurement.model(), measurement.inputShape(), kernels, summary,
                operators);
    }

    private static String milliseconds(double value) {
        return "%.3f".formatted(value);
    }
}
