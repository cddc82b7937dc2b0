package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.CustomOperators;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.ReferenceKernels;
import dev.whittle.engine.model.ModelLimits;

/// Choices for a plan. Results depend on `reference` alone.
///
/// @param tier which of the equivalent kernels run
/// @param reference whose integers are followed where the reference's kernels differ
/// @param preserveAllTensors gives every intermediate tensor memory of its own, so that all can be read after a run
/// @param limits what a model may ask for; a model that needs more is refused before anything is allocated
/// @param customOperators those that models may name
public record PlanOptions(KernelTier tier, ReferenceKernels reference, boolean preserveAllTensors, ModelLimits limits,
        CustomOperators customOperators) {

    /// The fastest kernels that this JVM has, memory shared by lifetime, default limits, the custom operators that are
    /// installed.
    public static PlanOptions defaults() {
        return new PlanOptions(KernelTier.selected(), ReferenceKernels.REFERENCE, false, ModelLimits.defaults(),
                CustomOperators.installed());
    }

    /// As this, with [#preserveAllTensors] chosen.
    public PlanOptions withPreserveAllTensors(boolean preserve) {
        return new PlanOptions(tier, reference, preserve, limits, customOperators);
    }

    /// As this, with [#tier] chosen.
    public PlanOptions withTier(KernelTier newTier) {
        return new PlanOptions(newTier, reference, preserveAllTensors, limits, customOperators);
    }

    /// As this, with [#reference] chosen.
    public PlanOptions withReference(ReferenceKernels kernels) {
        return new PlanOptions(tier, kernels, preserveAllTensors, limits, customOperators);
    }

    /// As this, with [#limits] chosen.
    public PlanOptions withLimits(ModelLimits newLimits) {
        return new PlanOptions(tier, reference, preserveAllTensors, newLimits, customOperators);
    }

    /// As this, with [#customOperators] chosen.
    public PlanOptions withCustomOperators(CustomOperators operators) {
        return new PlanOptions(tier, reference, preserveAllTensors, limits, operators);
    }
}
