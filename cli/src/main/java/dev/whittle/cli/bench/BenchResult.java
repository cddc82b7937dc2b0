package dev.whittle.cli.bench;

import org.jspecify.annotations.Nullable;

/// All that the benchmark of one model has to say; as JSON it is described by `docs/bench-schema.json`.
///
/// @param format the version of this layout
/// @param comparison with other runtimes, if it was asked for
public record BenchResult(int format, Machine machine, Measurement measurement, @Nullable Comparison comparison) {
    /// The version of the layout that is written.
    public static final int FORMAT = 2;
}
