package dev.whittle.engine.kernel;

/// An operator bound to its slots: everything was checked and decided in [OperatorKernel#prepare].
@FunctionalInterface
public interface Kernel {
    /// For outputs without elements, whatever their other dimensions.
    Kernel NOTHING = memory -> {
        // There is nothing to compute.
    };

    /// Computes the outputs from the inputs. Allocates nothing.
    void invoke(Memory memory);
}
