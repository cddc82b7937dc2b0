package dev.whittle.cli.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a benchmark measured. Times are in milliseconds.
///
/// @param model the file
/// @param arithmetic `FLOAT`, `INTEGER` or `HYBRID`
/// @param kernels the tier that ran
/// @param vectorBits width of the vector registers used, 0 without the Vector API
/// @param initMilliseconds from the file to a plan and memory
/// @param firstMilliseconds the first inference, with code that is not compiled yet
/// @param hundredthMilliseconds from the file to the hundredth answer; null where it took more than 70 seconds
/// @param settledMilliseconds from the file until the kernels served that stay; null where it took more than 70 seconds
/// @param runs of steady inference
/// @param arenaBytes of activations and scratch
/// @param arenaLowerBoundBytes the largest sum of bytes alive at once: no layout can do with less
/// @param weightBytes of constants and packed weights, for all interpreters of the model together
/// @param fileBytes the whole file
/// @param allocatedBytesPerInference on the Java heap, in steady inference
/// @param operators in execution order, mean times of the steady runs
public record Measurement(String model, Arithmetic arithmetic, String kernels, int vectorBits, int threads,
        List<Integer> inputShape, double initMilliseconds, double firstMilliseconds,
        @Nullable Double hundredthMilliseconds, @Nullable Double settledMilliseconds, int warmUpRuns, long runs,
        Latency latency, long arenaBytes, long arenaLowerBoundBytes, long weightBytes, long fileBytes,
        double allocatedBytesPerInference, List<OperatorTime> operators) {

    public Measurement {
        inputShape = List.copyOf(inputShape);
        operators = List.copyOf(operators);
    }

    /// The kernels that ran, in words.
    public String kernelsInWords() {
        return WhittleModel.kernels(kernels, vectorBits);
    }

    /// Percentiles of one inference.
    public record Latency(double mean, double p50, double p90, double p95, double p99) {
    }

    /// @param share of the time of all operators, 0 to 1
    public record OperatorTime(int index, String operator, String output, List<Integer> outputShape,
            double milliseconds,
            double share) {
    }
}
