package dev.whittle.engine.model;

import org.jspecify.annotations.Nullable;

/// Element types of tensors, in the order of `TensorType` in the TFLite schema: `ordinal()` is the schema's number.
public enum ElementType {
    FLOAT32(32), FLOAT16(16), INT32(32), UINT8(8), INT64(64), STRING(0), BOOL(8), INT16(16), COMPLEX64(64), INT8(8),
    FLOAT64(64), COMPLEX128(128), UINT64(64), RESOURCE(0), VARIANT(0), UINT32(32), UINT16(16), INT4(4), BFLOAT16(16),
    INT2(2), UINT4(4);

    private static final ElementType[] BY_NUMBER = values();

    private final int bits;

    ElementType(int bits) {
        this.bits = bits;
    }

    /// Bits of one element as stored in a buffer; 0 where elements have no fixed width (strings, resources, variants).
    public int bits() {
        return bits;
    }

    /// Bytes that `elementCount` elements take in a buffer, the last byte of a packed type rounded up.
    ///
    /// @throws UnsupportedOperationException where elements have no fixed width
    public long byteLength(long elementCount) {
        if (bits == 0) {
            throw new UnsupportedOperationException(this + " has no fixed element width");
        }
        return Math.ceilDiv(Math.multiplyExact(elementCount, (long) bits), 8L);
    }

    /// The number that files carry.
    public int number() {
        return ordinal();
    }

    /// The type with the given schema number, or null when there is none.
    public static @Nullable ElementType of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
    }
}
