package dev.whittle.cli.bench;

import com.sun.management.ThreadMXBean;
import dev.whittle.cli.bench.Comparison.Rival;
import dev.whittle.cli.bench.Comparison.Side;
import dev.whittle.cli.bench.Interleaving.Timed;
import dev.whittle.cli.bench.Measurement.Latency;
import dev.whittle.cli.bench.Measurement.OperatorTime;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.plan.PlannedOperator;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.microscope.compare.RandomInputs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/// Measures one model on random inputs, alone or in turns with other runtimes.
///
/// First comes [StartUp]. Alone, steady inference is what follows a warm-up of the same length as the measurement; runs are added until both the
/// least number of runs and the wanted time are reached. Beside others, [Interleaving] says how. The time of each operator
/// is measured in runs of its own, so that reading the clock between operators does not slow the percentiles.
public final class Benchmark {
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int MAX_RUNS = 1_000_000;
    /// Runs with times of each operator, as a share of the steady runs.
    private static final int PROFILED_SHARE = 4;
    private static final int MAX_PROFILED = 10_000;
    private static final int TRACED = 20;
    /// The last is the one that is timed.
    private static final long[] INPUT_SEEDS = {3, 2, 1};
    private static final int MAX_ALLOCATING_RUNS = 1000;
    private static final double ALLOCATING_SECONDS = 0.5;

    private final int minRuns;
    private final double seconds;
    private final PlanOptions options;

    /// @param minRuns steady inferences, at least
    /// @param seconds of steady inference, at least
    public Benchmark(int minRuns, double seconds, PlanOptions options) {
        if (minRuns < 1 || minRuns > MAX_RUNS || !(seconds >= 0)) {
            throw new IllegalArgumentException(
                    "%d runs and %s seconds, must be 1 to %d runs and 0 or more seconds".formatted(minRuns, seconds,
                            MAX_RUNS));
        }
        this.minRuns = minRuns;
        this.seconds = seconds;
        this.options = options;
    }

    /// Measures a model, and compares it with `rivals` if there are any.
    ///
    /// @param waiting hears, until the kernels serve that stay, the share of the longest time for it that has passed, 0 to 1
    /// @param progress hears the share of a comparison that is done, 0 to 1
    /// @param trace takes the spans of a few inferences; null for none
    /// @throws IllegalArgumentException if the outputs differ more than [OutputDifference] allows, or a rival cannot run the
    ///         model
    public BenchResult measure(Path file, List<ReferenceRuntime> rivals, DoubleConsumer waiting,
            DoubleConsumer progress, @Nullable Consumer<Trace> trace) throws IOException {
        long start = System.nanoTime();
        Model model = ModelReader.read(file);
        try (WhittleModel whittle = WhittleModel.of(model, options)) {
            long ready = System.nanoTime();
            Interpreter interpreter = whittle.interpreter();
            put(RandomInputs.bytes(interpreter, INPUT_SEEDS[INPUT_SEEDS.length - 1]), whittle);
            StartUp startUp = StartUp.of(interpreter, start, ready, waiting);
            interpreter.resetVariables();
            Comparison comparison = null;
            int warmUpRuns = 0;
            long runs;
            Latency latency;
            if (rivals.isEmpty()) {
                warmUpRuns = repeat(interpreter, new BlockTimes());
                BlockTimes times = new BlockTimes();
                runs = repeat(interpreter, times);
                latency = times.latency();
            } else {
                comparison = compare(file, whittle, rivals, progress);
                runs = comparison.whittle().inferences();
                latency = comparison.whittle().latency();
            }
            List<OperatorTime> operators =
                    profile(interpreter, Math.clamp(runs / PROFILED_SHARE, 1, MAX_PROFILED));
            if (trace != null) {
                trace.accept(Trace.of(interpreter, TRACED));
            }
            List<Integer> inputShape =
                    interpreter.inputs().isEmpty() ? List.of() : interpreter.input(0).shape().toList();
            Measurement measurement = new Measurement(file.toString(), Arithmetic.of(model), interpreter.tier().name(),
                    interpreter.tier().vectorBits(), options.threads(), inputShape, startUp.init(), startUp.first(),
                    startUp.hundredth(), startUp.settled(), warmUpRuns, runs, latency, interpreter.plan().arenaBytes(),
                    interpreter.plan().arenaLowerBoundBytes(), interpreter.plan().weightsBytes(), Files.size(file),
                    allocated(interpreter, latency.p50()), operators);
            return new BenchResult(BenchResult.FORMAT, Machine.current(), measurement, comparison);
        }
    }

    private Comparison compare(Path file, WhittleModel whittle, List<ReferenceRuntime> runtimes,
            DoubleConsumer progress) {
        List<LoadedModel> models = new ArrayList<>(List.of(whittle));
        try {
            List<OutputDifference> differences = new ArrayList<>();
            for (ReferenceRuntime runtime : runtimes) {
                LoadedModel rival = runtime.load(file, options.threads());
                models.add(rival);
                OutputDifference difference = difference(whittle, rival);
                if (!difference.agrees()) {
                    throw new IllegalArgumentException(
                            "[%s] the outputs differ from those of %s %s by %s; no time is compared".formatted(
                                    file.getFileName(), runtime.name(), runtime.version(), difference.text()));
                }
                differences.add(difference);
            }
            List<Timed> timed = new Interleaving(System::nanoTime, seconds, minRuns).run(models, progress);
            Timed ours = timed.getFirst();
            List<Rival> rivals = new ArrayList<>();
            for (int i = 0; i < runtimes.size(); i++) {
                Timed theirs = timed.get(i + 1);
                rivals.add(new Rival(side(runtimes.get(i).name(), runtimes.get(i).version(), theirs),
                        differences.get(i), Ratio.of(ours.times(), theirs.times())));
            }
            String version = Benchmark.class.getPackage().getImplementationVersion();
            return new Comparison(ours.times().blockCount(),
                    side("whittle", version == null ? "(not packaged)" : version, ours), rivals);
        } finally {
            models.subList(1, models.size()).forEach(LoadedModel::close);
        }
    }

    private Side side(String runtime, String version, Timed timed) {
        return new Side(runtime, version, timed.model().kernels(), options.threads(), timed.inferences(), timed.batch(),
                timed.times().latency());
    }

    /// Runs both on the same inputs, several times. The inputs stay those of the last time.
    private static OutputDifference difference(WhittleModel whittle, LoadedModel rival) {
        Model model = whittle.interpreter().model();
        OutputDifference worst = null;
        for (long seed : INPUT_SEEDS) {
            List<byte[]> inputs = RandomInputs.bytes(whittle.interpreter(), seed);
            for (LoadedModel each : List.of(whittle, rival)) {
                put(inputs, each);
                each.invoke();
            }
            for (int output = 0; output < model.primary().outputs().size(); output++) {
                OutputDifference difference =
                        OutputDifference.between(model, output, whittle.output(output), rival.output(output));
                worst = worst == null ? difference : worst.or(difference);
            }
        }
        if (worst == null) {
            throw new IllegalArgumentException("[" + model.source() + "] has no outputs to compare");
        }
        return worst;
    }

    private static void put(List<byte[]> inputs, LoadedModel model) {
        for (int i = 0; i < inputs.size(); i++) {
            model.putInput(i, inputs.get(i));
        }
    }

    private static double timed(Interpreter interpreter) {
        long start = System.nanoTime();
        interpreter.invoke();
        return (System.nanoTime() - start) / NANOS_PER_MILLI;
    }

    /// @return the number of runs
    private int repeat(Interpreter interpreter, BlockTimes into) {
        List<Double> times = new ArrayList<>();
        long start = System.nanoTime();
        while (times.size() < minRuns
                || (System.nanoTime() - start < seconds * NANOS_PER_SECOND && times.size() < MAX_RUNS)) {
            times.add(timed(interpreter) * NANOS_PER_MILLI);
        }
        into.add(times.stream().mapToDouble(Double::doubleValue).toArray());
        return times.size();
    }

    private static List<OperatorTime> profile(Interpreter interpreter, int runs) {
        List<PlannedOperator> operators = interpreter.plan().operators();
        double[] milliseconds = new double[interpreter.model().primary().operators().size()];
        for (int run = 0; run < runs; run++) {
            interpreter.invoke((operator, nanoseconds) -> milliseconds[operator.index()] += nanoseconds
                    / NANOS_PER_MILLI / runs);
        }
        double total = 0;
        for (double time : milliseconds) {
            total += time;
        }
        List<OperatorTime> times = new ArrayList<>();
        for (PlannedOperator planned : operators) {
            Tensor output = interpreter.plan().tensors().get(planned.operator().outputs().getFirst());
            Operator pooling = planned.pooling();
            String name = planned.operator().code().name() + (pooling == null ? "" : " + " + pooling.code().name());
            times.add(new OperatorTime(planned.index(), name, output.name(),
                    output.shape().toList(), milliseconds[planned.index()],
                    total == 0 ? 0 : milliseconds[planned.index()] / total));
        }
        return times;
    }

    /// Heap bytes of one inference: of this thread, or of all where several share the work.
    private double allocated(Interpreter interpreter, double milliseconds) {
        if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads)
                || !threads.isThreadAllocatedMemorySupported()) {
            return 0;
        }
        int runs = (int) Math.clamp(ALLOCATING_SECONDS * 1e3 / Math.max(milliseconds, 1e-6), 1, MAX_ALLOCATING_RUNS);
        boolean alone = options.threads() == 1;
        // The first reading loads classes.
        long before = alone ? threads.getCurrentThreadAllocatedBytes() : threads.getTotalThreadAllocatedBytes();
        before = alone ? threads.getCurrentThreadAllocatedBytes() : threads.getTotalThreadAllocatedBytes();
        for (int run = 0; run < runs; run++) {
            interpreter.invoke();
        }
        long after = alone ? threads.getCurrentThreadAllocatedBytes() : threads.getTotalThreadAllocatedBytes();
        return (double) (after - before) / runs;
    }
}
