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

    /// A kernel from its parts.
    static DivisibleKernel of(int units, long estimatedNanoseconds, Units body) {
        return new DivisibleKernel() {
            @Override
            public int units() {
                return units;
            }

            @Override
            public long estimatedNanoseconds() {
                return estimatedNanoseconds;
            }

            @Override
            public void invoke(Memory memory, int first, int end, int worker) {
                body.compute(memory, first, end, worker);
            }
        };
    }

    /// What computes units, as [#invoke(Memory, int, int, int)] says.
    @FunctionalInterface
    interface Units {
        void compute(Memory memory, int first, int end, int worker);
    }
}
