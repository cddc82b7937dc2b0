package dev.whittle.engine.kernel;

/// Whose integers are followed where the reference runtime's two sets of kernels differ, mostly in how they round:
/// REFERENCE is its reference set, OPTIMIZED its builtin set without a delegate. Where the reference set lacks an
/// operator or is wrong, both mean the builtin set.
public enum ReferenceKernels {
    REFERENCE, OPTIMIZED
}
