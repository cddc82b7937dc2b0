package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Shape;
import java.lang.foreign.MemorySegment;

/// The storage of one interpreter: one heap array per storage type holds all activations and scratch of that type, and
/// constants are arrays of the plan. Heap arrays, because bounds checks on them are hoisted out of loops and memory
/// segments measured 30 % slower.
public interface Memory {

    /// The array that a slot lies in: of the kind that [StorageType#of] names.
    Object array(Slot slot);

    /// The array of a slot as machine code takes it.
    MemorySegment segment(Slot slot);

    /// Where the slot's first element lies in its array, in elements of that array.
    int offset(Slot slot);

    /// Gives an output its shape for this run, where [OperatorKernel#outputShapes] left it unknown, and room for its
    /// elements.
    ///
    /// @return the output as it now is
    Slot shaped(Slot output, Shape shape);

    /// Counts one more pass of a loop.
    ///
    /// @param where the operator, for the message
    /// @throws dev.whittle.engine.model.UnsupportedModelException when the run has gone round, or taken, longer than the
    ///         limits allow
    void countLoop(String where);

    /// Computes all units of a kernel, by as many threads as are there and worth it.
    void divide(DivisibleKernel kernel);

    /// Variables and tables, shared by all subgraphs of one interpreter.
    Resources resources();

    /// FLOAT32 elements; COMPLEX64 as pairs.
    default float[] floats(Slot slot) {
        return (float[]) array(slot);
    }

    /// INT8, UINT8 and BOOL elements, and those of the types below eight bits, a byte each.
    default byte[] bytes(Slot slot) {
        return (byte[]) array(slot);
    }

    /// INT16 and UINT16 elements, FLOAT16 and BFLOAT16 as bit patterns.
    default short[] shorts(Slot slot) {
        return (short[]) array(slot);
    }

    /// INT32 and UINT32 elements, and the numbers of resources.
    default int[] ints(Slot slot) {
        return (int[]) array(slot);
    }

    /// INT64 and UINT64 elements.
    default long[] longs(Slot slot) {
        return (long[]) array(slot);
    }

    /// FLOAT64 elements; COMPLEX128 as pairs.
    default double[] doubles(Slot slot) {
        return (double[]) array(slot);
    }

    /// STRING elements.
    default byte[][] strings(Slot slot) {
        return (byte[][]) array(slot);
    }
}
