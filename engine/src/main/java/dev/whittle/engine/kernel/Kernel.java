package dev.whittle.engine.kernel;

/// An operator bound to its slots: everything was checked and decided in [OperatorKernel#prepare].
@FunctionalInterface
public interface Kernel {

    /// Computes the outputs from the inputs. Allocates nothing.
    void invoke(Memory memory);
}
