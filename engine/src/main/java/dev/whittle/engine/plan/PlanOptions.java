package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.ReferenceKernels;

/// Choices for a plan. Results depend on `reference` alone.
///
/// @param tier which of the equivalent kernels run
/// @param reference whose integers are followed where the reference's kernels differ
/// @param preserveAllTensors gives every intermediate tensor memory of its own, so that all can be read after a run
/// @param maxBytes the most that activations and constants may take together; a model that needs more is refused before
///        anything is allocated
public record PlanOptions(KernelTier tier, ReferenceKernels reference, boolean preserveAllTensors, long maxBytes) {

    public PlanOptions {
        if (maxBytes <= 0) {
            throw new IllegalArgumentException("maxBytes is " + maxBytes + ", must be positive");
        }
    }

    /// The fastest kernels that this JVM has, memory shared by lifetime, at most three quarters of the heap.
    public static PlanOptions defaults() {
        return new PlanOptions(KernelTier.selected(), ReferenceKernels.REFERENCE, false,
                Runtime.getRuntime().maxMemory() / 4 * 3);
    }

    /// As this, with [#preserveAllTensors] chosen.
    public PlanOptions withPreserveAllTensors(boolean preserve) {
        return new PlanOptions(tier, reference, preserve, maxBytes);
    }

    /// As this, with [#tier] chosen.
    public PlanOptions withTier(KernelTier newTier) {
        return new PlanOptions(newTier, reference, preserveAllTensors, maxBytes);
    }

    /// As this, with [#reference] chosen.
    public PlanOptions withReference(ReferenceKernels kernels) {
        return new PlanOptions(tier, kernels, preserveAllTensors, maxBytes);
    }

    /// As this, with [#maxBytes] chosen.
    public PlanOptions withMaxBytes(long bytes) {
        return new PlanOptions(tier, reference, preserveAllTensors, bytes);
    }
}
