package dev.whittle.engine.plan;

import dev.whittle.engine.model.ElementType;
import org.jspecify.annotations.Nullable;

/// The heap arrays that tensors live in. Each has an arena of its own, since Java arrays cannot share bytes.
public enum StorageType {
    FLOATS(Float.BYTES), BYTES(Byte.BYTES), SHORTS(Short.BYTES), INTS(Integer.BYTES), LONGS(Long.BYTES),
    DOUBLES(Double.BYTES);

    /// Offsets are multiples of this many bytes, a cache line.
    static final int ALIGNMENT_BYTES = 64;

    private final int elementBytes;

    StorageType(int elementBytes) {
        this.elementBytes = elementBytes;
    }

    /// Bytes of one array element.
    public int elementBytes() {
        return elementBytes;
    }

    /// Where elements of a type are kept, or null where the engine keeps none of them.
    static @Nullable StorageType of(ElementType type) {
        return switch (type) {
            case FLOAT32 -> FLOATS;
            case INT8, UINT8, BOOL -> BYTES;
            case INT16, UINT16, FLOAT16, BFLOAT16 -> SHORTS;
            case INT32, UINT32 -> INTS;
            case INT64, UINT64 -> LONGS;
            case FLOAT64 -> DOUBLES;
            case STRING, COMPLEX64, COMPLEX128, RESOURCE, VARIANT, INT4, INT2, UINT4 -> null;
        };
    }

    /// A zeroed array.
    Object allocate(int elementCount) {
        return switch (this) {
            case FLOATS -> new float[elementCount];
            case BYTES -> new byte[elementCount];
            case SHORTS -> new short[elementCount];
            case INTS -> new int[elementCount];
            case LONGS -> new long[elementCount];
            case DOUBLES -> new double[elementCount];
        };
    }
}
