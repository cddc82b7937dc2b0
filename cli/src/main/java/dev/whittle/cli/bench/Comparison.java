package dev.whittle.cli.bench;

import java.util.List;

/// What an interleaved run beside other runtimes measured.
///
/// @param blocks of each, in turns
/// @param whittle this engine in the same run
/// @param rivals the others, in the order they were asked for
public record Comparison(int blocks, Side whittle, List<Rival> rivals) {

    public Comparison {
        rivals = List.copyOf(rivals);
    }

    /// One runtime.
    ///
    /// @param kernels that ran, in words
    /// @param inferences that were timed
    /// @param batch inferences for each time that was read off the clock
    public record Side(String runtime, String version, String kernels, int threads, long inferences, int batch,
            Measurement.Latency latency) {
    }

    /// One of the others.
    ///
    /// @param difference of its outputs from ours
    /// @param ratio of our p50 to its p50; below 1 Whittle is faster
    public record Rival(Side side, OutputDifference difference, Ratio ratio) {
    }
}
