package dev.whittle.engine.npy;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// An array as a `.npy` file holds it.
///
/// @param data the elements, row-major and little-endian; a read-only view
public record NpyArray(ElementType type, Shape shape, ByteBuffer data) {

    public NpyArray {
        data = data.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        long expected = type.byteLength(shape.elementCount());
        if (data.remaining() != expected) {
            throw new IllegalArgumentException(
                    type + " " + shape + " takes " + expected + " bytes, got " + data.remaining());
        }
    }

    /// A FLOAT32 array, copied.
    public static NpyArray ofFloats(Shape shape, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return new NpyArray(ElementType.FLOAT32, shape, bytes);
    }

    /// A fresh little-endian view of the elements.
    @Override
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }
}
