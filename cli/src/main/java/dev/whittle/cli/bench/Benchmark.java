package dev.whittle.cli.bench;

import dev.whittle.cli.bench.Measurement.Latency;
import dev.whittle.cli.bench.Measurement.OperatorTime;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.plan.PlannedOperator;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.commons.math3.stat.descriptive.moment.Mean;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;

/// Measures one model on random inputs, one inference at a time.
///
/// Steady inference is what follows a warm-up of the same length as the measurement; runs are added until both the least
/// number of runs and the wanted time are reached. The time of each operator is measured in runs of its own, so that
/// reading the clock between operators does not slow the percentiles.
public final class Benchmark {
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int MAX_RUNS = 1_000_000;
    /// Runs with times of each operator, as a share of the steady runs.
    private static final int PROFILED_SHARE = 4;
    private static final long SEED = 1;

    private final int minRuns;
    private final double seconds;

    /// @param minRuns steady inferences, at least
    /// @param seconds of steady inference, at least
    public Benchmark(int minRuns, double seconds) {
        if (minRuns < 1 || minRuns > MAX_RUNS || !(seconds >= 0)) {
            throw new IllegalArgumentException(
                    "%d runs and %s seconds, must be 1 to %d runs and 0 or more seconds".formatted(minRuns, seconds,
                            MAX_RUNS));
        }
        this.minRuns = minRuns;
        this.seconds = seconds;
    }

    public Measurement measure(Path file) throws IOException {
        PlanOptions options = PlanOptions.defaults();
        long start = System.nanoTime();
        Model model = ModelReader.read(file);
        try (Interpreter interpreter = Interpreter.of(model, options)) {
            long ready = System.nanoTime();
            fill(interpreter);
            double first = timed(interpreter);
            int warmUpRuns = repeat(interpreter).size();
            double[] times = repeat(interpreter).stream().mapToDouble(Double::doubleValue).toArray();
            Percentile percentile = new Percentile().withEstimationType(Percentile.EstimationType.R_7);
            percentile.setData(times);
            Latency latency = new Latency(new Mean().evaluate(times), percentile.evaluate(50), percentile.evaluate(90),
                    percentile.evaluate(95), percentile.evaluate(99));
            List<Integer> inputShape =
                    interpreter.inputs().isEmpty() ? List.of() : interpreter.input(0).shape().toList();
            return new Measurement(file.toString(), options.tier().name(), options.tier().vectorBits(), 1, inputShape,
                    (ready - start) / NANOS_PER_MILLI, first, warmUpRuns, times.length, latency,
                    interpreter.plan().arenaBytes(), profile(interpreter, Math.max(1, times.length / PROFILED_SHARE)));
        }
    }

    private static double timed(Interpreter interpreter) {
        long start = System.nanoTime();
        interpreter.invoke();
        return (System.nanoTime() - start) / NANOS_PER_MILLI;
    }

    private List<Double> repeat(Interpreter interpreter) {
        List<Double> times = new ArrayList<>();
        long start = System.nanoTime();
        while (times.size() < minRuns
                || (System.nanoTime() - start < seconds * NANOS_PER_SECOND && times.size() < MAX_RUNS)) {
            times.add(timed(interpreter));
        }
        return times;
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
            times.add(new OperatorTime(planned.index(), planned.operator().code().name(), output.name(),
                    output.shape().toList(), milliseconds[planned.index()],
                    total == 0 ? 0 : milliseconds[planned.index()] / total));
        }
        return times;
    }

    /// Fills every numeric input: floats 0 to 255 as pixels are, codes over their whole range.
    private static void fill(Interpreter interpreter) {
        Random random = new Random(SEED);
        for (TensorView input : interpreter.inputs()) {
            byte[] bytes = new byte[Math.toIntExact(input.type().byteLength(input.shape().elementCount()))];
            if (input.type() == ElementType.FLOAT32) {
                float[] values = new float[input.shape().elementCount()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = 255 * random.nextFloat();
                }
                input.putFloats(values);
            } else if (input.type() == ElementType.INT8 || input.type() == ElementType.UINT8) {
                random.nextBytes(bytes);
                input.putBytes(ByteBuffer.wrap(bytes));
            } else {
                // Indices, sizes and the like: zero is within any bounds.
                input.putBytes(ByteBuffer.wrap(bytes));
            }
        }
    }
}
