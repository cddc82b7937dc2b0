package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.KernelTier;

/// Choices that change a plan but not its results.
///
/// @param tier which of the equivalent kernels run
/// @param preserveAllTensors gives every intermediate tensor memory of its own, so that all can be read after a run
/// @param maxBytes the most that activations and constants may take together; a model that needs more is refused before
///        anything is allocated
public record PlanOptions(KernelTier tier, boolean preserveAllTensors, long maxBytes) {

    public PlanOptions {
        if (maxBytes <= 0) {
            throw new IllegalArgumentException("maxBytes is " + maxBytes + ", must be positive");
        }
    }

    /// The fastest kernels that this JVM has, memory shared by lifetime, at most three quarters of the heap.
    public static PlanOptions defaults() {
        return new PlanOptions(KernelTier.selected(), false, Runtime.getRuntime().maxMemory() / 4 * 3);
    }

    /// As this, with [#preserveAllTensors] chosen.
    public PlanOptions withPreserveAllTensors(boolean preserve) {
        return new PlanOptions(tier, preserve, maxBytes);
    }

    /// As this, with [#tier] chosen.
    public PlanOptions withTier(KernelTier newTier) {
        return new PlanOptions(newTier, preserveAllTensors, maxBytes);
    }

    /// As this, with [#maxBytes] chosen.
    public PlanOptions withMaxBytes(long bytes) {
        return new PlanOptions(tier, preserveAllTensors, bytes);
    }
}
