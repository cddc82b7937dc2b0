package dev.whittle.engine.kernel;

/// Moves elements without looking at them, by their width.
final class Movement {
    private Movement() {}

    /// A kernel that copies all elements of one slot to another of the same type and count.
    static Kernel copy(Slot input, Slot output) {
        int count = input.elementCount();
        return switch (input.type()) {
            case FLOAT32 -> memory -> System.arraycopy(memory.floats(input), memory.offset(input),
                    memory.floats(output), memory.offset(output), count);
            case INT8, UINT8, BOOL -> memory -> System.arraycopy(memory.bytes(input), memory.offset(input),
                    memory.bytes(output), memory.offset(output), count);
            case INT16, UINT16, FLOAT16, BFLOAT16 -> memory -> System.arraycopy(memory.shorts(input),
                    memory.offset(input), memory.shorts(output), memory.offset(output), count);
            case INT32, UINT32 -> memory -> System.arraycopy(memory.ints(input), memory.offset(input),
                    memory.ints(output), memory.offset(output), count);
            case INT64, UINT64 -> memory -> System.arraycopy(memory.longs(input), memory.offset(input),
                    memory.longs(output), memory.offset(output), count);
            case FLOAT64 -> memory -> System.arraycopy(memory.doubles(input), memory.offset(input),
                    memory.doubles(output), memory.offset(output), count);
            case STRING, COMPLEX64, COMPLEX128, RESOURCE, VARIANT, INT4, INT2, UINT4 ->
                    throw new IllegalArgumentException("no memory is kept for " + input.type());
        };
    }
}
