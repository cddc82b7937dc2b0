package dev.whittle.engine.npy;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// An array as a `.npy` file holds it.
///
/// @param data the elements, row-major and little-endian, strings packed as in [Buffer#ofStrings]; a read-only view
public record NpyArray(ElementType type, Shape shape, ByteBuffer data) {

    public NpyArray {
        data = data.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        if (type == ElementType.STRING) {
            int count = Buffer.wrap(data).toStrings().length;
            if (count != shape.elementCount()) {
                throw new IllegalArgumentException(
                        type + " " + shape + " takes " + shape.elementCount() + " strings, got " + count);
            }
        } else if (data.remaining() != type.byteLength(shape.elementCount())) {
            throw new IllegalArgumentException(type + " " + shape + " takes " + type.byteLength(shape.elementCount())
                    + " bytes, got " + data.remaining());
        }
    }

    /// A FLOAT32 array, copied.
    public static NpyArray ofFloats(Shape shape, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return new NpyArray(ElementType.FLOAT32, shape, bytes);
    }

    /// A STRING array, copied.
    public static NpyArray ofStrings(Shape shape, byte[]... values) {
        return new NpyArray(ElementType.STRING, shape, Buffer.ofStrings(values).bytes());
    }

    /// The elements of a STRING array, copied, without the zero bytes at their ends: NumPy does not keep those.
    public byte[][] strings() {
        byte[][] strings = Buffer.wrap(data).toStrings();
        for (int i = 0; i < strings.length; i++) {
            strings[i] = withoutPadding(strings[i]);
        }
        return strings;
    }

    static byte[] withoutPadding(byte[] string) {
        int end = string.length;
        while (end > 0 && string[end - 1] == 0) {
            end--;
        }
        return Arrays.copyOf(string, end);
    }

    /// A fresh little-endian view of the elements.
    @Override
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }
}
