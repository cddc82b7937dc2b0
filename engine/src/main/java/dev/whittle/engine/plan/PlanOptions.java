package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.CustomOperators;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.ReferenceKernels;
import dev.whittle.engine.model.ModelLimits;

/// Choices for a plan. Results depend on `reference` alone, not on the tier, nor on the number of threads.
///
/// @param tier which of the equivalent kernels run
/// @param startsScalar lets interpreters answer with scalar kernels, which serve at once, until vector kernels are compiled;
///        emitted ones serve at once as well
/// @param reference whose integers are followed where the reference's kernels differ
/// @param preserveAllTensors gives every intermediate tensor memory of its own, so that all can be read after a run
/// @param threads that share the work of one run, the caller's included; small operators stay on one
/// @param limits what a model may ask for; a model that needs more is refused before anything is allocated
/// @param customOperators those that models may name
public record PlanOptions(KernelTier tier, boolean startsScalar, ReferenceKernels reference, boolean preserveAllTensors,
        int threads,
        ModelLimits limits, CustomOperators customOperators) {
    /// More would only wait for each other.
    public static final int MAX_THREADS = 256;

    /// @throws IllegalArgumentException when threads is not within 1 and [#MAX_THREADS]
    public PlanOptions {
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException(threads + " threads, must be 1 to " + MAX_THREADS);
        }
    }

    /// The kernels that [KernelTier#PROPERTY] names; where it leaves the choice, the fastest that this JVM has, once they are
    /// compiled. Memory shared by lifetime, one thread, default limits, the custom operators that are
    /// installed.
    public static PlanOptions defaults() {
        KernelTier tier = KernelTier.selected();
        boolean hasVectors = tier == KernelTier.VECTOR || tier == KernelTier.EMITTED && KernelTier.isVectorAvailable();
        return new PlanOptions(tier, hasVectors && KernelTier.isAutomatic(),
                ReferenceKernels.REFERENCE, false, 1, ModelLimits.defaults(), CustomOperators.installed());
    }

    /// The tier of the kernels that are not emitted.
    KernelTier portableTier() {
        return tier == KernelTier.EMITTED && startsScalar ? KernelTier.SCALAR : tier.portable();
    }

    /// Choices for kernels that answer at once, where [#startsScalar] says that others are to follow.
    PlanOptions first() {
        return !startsScalar || tier == KernelTier.EMITTED ? this : withTier(KernelTier.SCALAR);
    }

    /// Choices for the kernels that stay.
    public PlanOptions settled() {
        return withStartsScalar(false);
    }

    /// As this, with [#preserveAllTensors] chosen.
    public PlanOptions withPreserveAllTensors(boolean preserve) {
        return new PlanOptions(tier, startsScalar, reference, preserve, threads, limits, customOperators);
    }

    /// As this, with [#tier] chosen, which then runs from the first inference on.
    public PlanOptions withTier(KernelTier newTier) {
        return new PlanOptions(newTier, false, reference, preserveAllTensors, threads, limits, customOperators);
    }

    /// As this, with [#startsScalar] chosen.
    public PlanOptions withStartsScalar(boolean starts) {
        return new PlanOptions(tier, starts, reference, preserveAllTensors, threads, limits, customOperators);
    }

    /// As this, with [#reference] chosen.
    public PlanOptions withReference(ReferenceKernels kernels) {
        return new PlanOptions(tier, startsScalar, kernels, preserveAllTensors, threads, limits, customOperators);
    }

    /// As this, with [#threads] chosen.
    public PlanOptions withThreads(int newThreads) {
        return new PlanOptions(tier, startsScalar, reference, preserveAllTensors, newThreads, limits, customOperators);
    }

    /// As this, with [#limits] chosen.
    public PlanOptions withLimits(ModelLimits newLimits) {
        return new PlanOptions(tier, startsScalar, reference, preserveAllTensors, threads, newLimits, customOperators);
    }

    /// As this, with [#customOperators] chosen.
    public PlanOptions withCustomOperators(CustomOperators operators) {
        return new PlanOptions(tier, startsScalar, reference, preserveAllTensors, threads, limits, operators);
    }
}
