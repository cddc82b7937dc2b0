package dev.whittle.engine.kernel;

/// The storage of one interpreter: one heap array per storage type holds all activations and scratch of that type, and
/// constants are arrays of the plan. Heap arrays, because bounds checks on them are hoisted out of loops and memory
/// segments measured 30 % slower.
public interface Memory {

    /// FLOAT32 elements.
    float[] floats(Slot slot);

    /// INT8, UINT8 and BOOL elements, and the packed bytes of the types below eight bits.
    byte[] bytes(Slot slot);

    /// INT16 and UINT16 elements, FLOAT16 and BFLOAT16 as bit patterns.
    short[] shorts(Slot slot);

    /// INT32 and UINT32 elements.
    int[] ints(Slot slot);

    /// INT64 and UINT64 elements.
    long[] longs(Slot slot);

    /// FLOAT64 elements.
    double[] doubles(Slot slot);

    /// Where the slot's first element lies in its array, in elements of that array.
    int offset(Slot slot);
}
