package dev.whittle.engine.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Constant bytes of a model, little-endian, read-only. Two buffers are equal when their bytes are.
public final class Buffer {
    private final ByteBuffer bytes;

    private Buffer(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /// A view of the remaining bytes; the caller must not write to them afterwards.
    public static Buffer wrap(ByteBuffer bytes) {
        return new Buffer(bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    /// A copy of the bytes.
    public static Buffer of(byte... bytes) {
        return wrap(ByteBuffer.wrap(bytes.clone()));
    }

    /// FLOAT32 elements.
    public static Buffer ofFloats(float... values) {
        ByteBuffer bytes = allocate(values.length, Float.BYTES);
        bytes.asFloatBuffer().put(values);
        return wrap(bytes);
    }

    /// INT32 elements.
    public static Buffer ofInts(int... values) {
        ByteBuffer bytes = allocate(values.length, Integer.BYTES);
        bytes.asIntBuffer().put(values);
        return wrap(bytes);
    }

    /// INT64 elements.
    public static Buffer ofLongs(long... values) {
        ByteBuffer bytes = allocate(values.length, Long.BYTES);
        bytes.asLongBuffer().put(values);
        return wrap(bytes);
    }

    /// INT16, FLOAT16 or BFLOAT16 elements, as bit patterns.
    public static Buffer ofShorts(short... values) {
        ByteBuffer bytes = allocate(values.length, Short.BYTES);
        bytes.asShortBuffer().put(values);
        return wrap(bytes);
    }

    /// Elements of an integer type below eight bits, given a byte each, packed low bits first.
    public static Buffer ofCodes(ElementType type, byte... codes) {
        ByteBuffer packed = allocate(Math.toIntExact(type.byteLength(codes.length)), Byte.BYTES);
        int perByte = Byte.SIZE / type.bits();
        int mask = (1 << type.bits()) - 1;
        for (int i = 0; i < codes.length; i++) {
            int at = i / perByte;
            packed.put(at, (byte) (packed.get(at) | (codes[i] & mask) << i % perByte * type.bits()));
        }
        return wrap(packed);
    }

    /// STRING elements, packed as files hold them: a count, `count + 1` byte offsets from the start, and the characters
    /// (`string_util.h` of LiteRT).
    public static Buffer ofStrings(byte[]... strings) {
        int header = Math.multiplyExact(Integer.BYTES, Math.addExact(strings.length, 2));
        int length = header;
        for (byte[] string : strings) {
            length = Math.addExact(length, string.length);
        }
        ByteBuffer bytes = allocate(length, Byte.BYTES).putInt(strings.length).putInt(header);
        int end = header;
        for (byte[] string : strings) {
            end += string.length;
            bytes.putInt(end);
        }
        for (byte[] string : strings) {
            bytes.put(string);
        }
        return wrap(bytes.flip());
    }

    private static ByteBuffer allocate(int elementCount, int elementBytes) {
        return ByteBuffer.allocate(Math.multiplyExact(elementCount, elementBytes)).order(ByteOrder.LITTLE_ENDIAN);
    }

    public int byteLength() {
        return bytes.limit();
    }

    /// A fresh read-only little-endian view, positioned at the first byte.
    public ByteBuffer bytes() {
        return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /// The bytes, copied.
    public byte[] toBytes() {
        byte[] values = new byte[byteLength()];
        bytes().get(values);
        return values;
    }

    /// The elements of an integer type of at most eight bits, a byte each: packed types taken apart (low bits first),
    /// signed ones with their sign.
    ///
    /// @throws IllegalArgumentException when the type is wider
    public byte[] toCodes(ElementType type, int elementCount) {
        int bits = type.bits();
        if (bits == 0 || bits > Byte.SIZE) {
            throw new IllegalArgumentException(type + " has elements of " + bits + " bits, must be 1 to 8");
        }
        if (bits == Byte.SIZE) {
            return toBytes();
        }
        int perByte = Byte.SIZE / bits;
        int unused = Integer.SIZE - bits;
        boolean isSigned = type != ElementType.UINT4;
        byte[] codes = new byte[elementCount];
        for (int i = 0; i < elementCount; i++) {
            int high = bytes.get(i / perByte) >> i % perByte * bits << unused;
            codes[i] = (byte) (isSigned ? high >> unused : high >>> unused);
        }
        return codes;
    }

    /// The FLOAT32 elements, copied.
    public float[] toFloats() {
        float[] values = new float[byteLength() / Float.BYTES];
        bytes().asFloatBuffer().get(values);
        return values;
    }

    /// The INT32 elements, copied.
    public int[] toInts() {
        int[] values = new int[byteLength() / Integer.BYTES];
        bytes().asIntBuffer().get(values);
        return values;
    }

    /// The INT64 elements, copied.
    public long[] toLongs() {
        long[] values = new long[byteLength() / Long.BYTES];
        bytes().asLongBuffer().get(values);
        return values;
    }

    /// The 16-bit elements as bit patterns, copied.
    public short[] toShorts() {
        short[] values = new short[byteLength() / Short.BYTES];
        bytes().asShortBuffer().get(values);
        return values;
    }

    /// The FLOAT64 elements, copied.
    public double[] toDoubles() {
        double[] values = new double[byteLength() / Double.BYTES];
        bytes().asDoubleBuffer().get(values);
        return values;
    }

    /// The STRING elements, copied.
    ///
    /// @throws IllegalArgumentException when the bytes are no packed strings
    public byte[][] toStrings() {
        ByteBuffer packed = bytes();
        int length = byteLength();
        int count = length < Integer.BYTES ? -1 : packed.getInt(0);
        if (count < 0 || Integer.BYTES * (count + 2L) > length) {
            throw new IllegalArgumentException("no packed strings: " + count + " strings in " + length + " bytes");
        }
        byte[][] strings = new byte[count][];
        for (int i = 0; i < count; i++) {
            int start = packed.getInt(Integer.BYTES * (i + 1));
            int end = packed.getInt(Integer.BYTES * (i + 2));
            if (start < 0 || end < start || end > length) {
                throw new IllegalArgumentException("no packed strings: string " + i + " from byte " + start + " to "
                        + end + " of " + length);
            }
            strings[i] = new byte[end - start];
            packed.get(start, strings[i]);
        }
        return strings;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Buffer that && bytes.equals(that.bytes);
    }

    @Override
    public int hashCode() {
        return bytes.hashCode();
    }

    @Override
    public String toString() {
        return byteLength() + " bytes";
    }
}
