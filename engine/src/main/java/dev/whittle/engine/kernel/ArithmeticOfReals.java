package dev.whittle.engine.kernel;

/// An operation on two tensors of floats, element by element, and a clamp as [Gemm#clamp]: what [MachineCode] makes a kernel
/// of. Either has as many elements as the output, or one, which meets all of the other.
///
/// @param min lower bound of the clamp, −∞ for none
/// @param max upper bound of the clamp, +∞ for none
public record ArithmeticOfReals(Operation operation, Slot first, Slot second, Slot output, float min, float max) {

    public ArithmeticOfReals {
        requireOneOrAll(first, output);
        requireOneOrAll(second, output);
    }

    private static void requireOneOrAll(Slot input, Slot output) {
        int count = input.elementCount();
        if (count != 1 && count != output.elementCount()) {
            throw new IllegalArgumentException("\"" + input.name() + "\" has " + count + " elements, must have 1 or "
                    + output.elementCount());
        }
    }

    /// What becomes of `x` and `y`.
    public enum Operation {
        ADD, SUB, MUL, DIV,
        /** `x > y ? x : y` */
        MAXIMUM,
        /** `x < y ? x : y` */
        MINIMUM
    }

    /// Whether one element of the first meets all of the second.
    public boolean repeatsFirst() {
        return first.elementCount() != output.elementCount();
    }

    /// Whether one element of the second meets all of the first.
    public boolean repeatsSecond() {
        return second.elementCount() != output.elementCount();
    }
}
