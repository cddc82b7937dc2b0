package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Options;

/// What the engine knows about each operator: one row per operator, in schema order.
public final class KernelRegistry {
    private KernelRegistry() {}

    /// The row of an operator.
    public static OperatorKernel of(Options options) {
        throw new UnsupportedOperationException("no kernel for " + options.code() + " yet");
    }
}
