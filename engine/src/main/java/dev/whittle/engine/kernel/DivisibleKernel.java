package dev.whittle.engine.kernel;

/// A kernel whose output falls into units, such as output rows or panels of channels, which may be computed in any order
/// and by any thread. What a unit yields depends neither on the others nor on who computes it, so the results do not
/// depend on the number of threads.
public interface DivisibleKernel extends Kernel {

    /// How many units there are.
    int units();

    /// What one thread needs for all units, in nanoseconds, roughly: what is too small is not worth waking others for.
    long estimatedNanoseconds();

    /// Computes the units from `first` up to but without `end`. Allocates nothing.
    ///
    /// @param worker which of the [Preparation#threads] computes, for scratch of its own ([WorkerScratch])
    void invoke(Memory memory, int first, int end, int worker);

    @Override
    default void invoke(Memory memory) {
        memory.divide(this);
    }
}
