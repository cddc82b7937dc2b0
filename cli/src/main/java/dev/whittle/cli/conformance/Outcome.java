package dev.whittle.cli.conformance;

import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.ReferenceKernels;
import java.util.List;

/// What a run over a folder gave, and by which kernels.
///
/// @param vectorBits 0 for the tiers without vectors
/// @param sha256 of the bytes of all outputs, in the order of the variants' paths; equal for every tier and width
public record Outcome(List<Result> results, KernelTier tier, int vectorBits, ReferenceKernels reference,
        String sha256) {

    public Outcome {
        results = List.copyOf(results);
    }
}
