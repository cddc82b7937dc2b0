package dev.whittle.cli.command;

import dev.whittle.engine.kernel.ReferenceKernels;
import picocli.CommandLine.Option;

/// Whose integers to compute where the reference runtime has two answers.
final class ReferenceOption {
    @Option(names = "--reference", paramLabel = "KERNELS", defaultValue = "reference", description = "Where the reference runtime's two kernel sets differ, compute as that one: reference or optimized (default: ${DEFAULT-VALUE}).") private ReferenceKernels kernels =
            ReferenceKernels.REFERENCE;

    ReferenceKernels kernels() {
        return kernels;
    }
}
