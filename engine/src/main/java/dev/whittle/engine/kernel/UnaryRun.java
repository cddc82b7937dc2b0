package dev.whittle.engine.kernel;

/// What an operator of one tensor does with all its elements, which lie one after another.
///
/// The results may be written over the elements: an element may be read until its result is written, and not after.
///
/// @param <A> the array that they lie in, and the results
@FunctionalInterface
interface UnaryRun<A> {

    /** Elements that a thread takes at once from an elementwise kernel. */
    int PIECE = 4096;

    void apply(A from, int fromOffset, A to, int toOffset, int count);

    /// A function of one float.
    @FunctionalInterface
    interface FloatFunction {
        float apply(float x);
    }

    /// A function of one number of sixteen bits.
    @FunctionalInterface
    interface ShortFunction {
        int apply(short x);
    }

    /// A kernel for the only input and the only output of an operator, which are kept in arrays of one kind.
    @SuppressWarnings("unchecked")
    default Kernel kernel(Preparation p) {
        p.mayOverwrite(0);
        Slot input = p.input(0);
        Slot output = p.output(0);
        int count = input.elementCount();
        return memory -> apply((A) memory.array(input), memory.offset(input), (A) memory.array(output),
                memory.offset(output), count);
    }

    /// As [#kernel], where each result depends on one element: threads share the elements.
    ///
    /// @param nanoseconds that one element takes, roughly
    @SuppressWarnings("unchecked")
    default Kernel elementwise(Preparation p, double nanoseconds) {
        p.mayOverwrite(0);
        Slot input = p.input(0);
        Slot output = p.output(0);
        int count = input.elementCount();
        return DivisibleKernel.of(Math.ceilDiv(count, PIECE), (long) (count * nanoseconds),
                (memory, first, end, worker) -> {
                    int start = first * PIECE;
                    apply((A) memory.array(input), memory.offset(input) + start, (A) memory.array(output),
                            memory.offset(output) + start, (int) Math.min(count, (long) end * PIECE) - start);
                });
    }

    static UnaryRun<float[]> floats(FloatFunction function) {
        return (from, fromOffset, to, toOffset, count) -> {
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = function.apply(from[fromOffset + i]);
            }
        };
    }

    /// The low sixteen bits of the result are kept.
    static UnaryRun<short[]> shorts(ShortFunction function) {
        return (from, fromOffset, to, toOffset, count) -> {
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = (short) function.apply(from[fromOffset + i]);
            }
        };
    }
}
