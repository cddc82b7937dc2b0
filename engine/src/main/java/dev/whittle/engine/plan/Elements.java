package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Moves whole tensors between memory and little-endian bytes as files hold them: types below eight bits packed, low bits
/// first; strings as a count, `count + 1` byte offsets from the start, and the characters (`string_util.h` of LiteRT).
public final class Elements {
    private Elements() {}

    /// The elements of a slot as bytes, row-major, positioned at the first.
    public static ByteBuffer read(Memory memory, Slot slot) {
        int offset = memory.offset(slot);
        int count = slot.elementCount() * StorageType.width(slot.type());
        if (slot.type() == ElementType.STRING) {
            return packStrings(memory.strings(slot), offset, count);
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(byteLength(slot))).order(ByteOrder.LITTLE_ENDIAN);
        switch (storage(slot)) {
            case FLOATS -> bytes.asFloatBuffer().put(memory.floats(slot), offset, count);
            case BYTES -> {
                if (slot.type().bits() < Byte.SIZE) {
                    pack(memory.bytes(slot), offset, count, slot.type().bits(), bytes);
                } else {
                    bytes.duplicate().put(memory.bytes(slot), offset, count);
                }
            }
            case SHORTS -> bytes.asShortBuffer().put(memory.shorts(slot), offset, count);
            case INTS -> bytes.asIntBuffer().put(memory.ints(slot), offset, count);
            case LONGS -> bytes.asLongBuffer().put(memory.longs(slot), offset, count);
            case DOUBLES -> bytes.asDoubleBuffer().put(memory.doubles(slot), offset, count);
            case STRINGS -> throw new AssertionError();
        }
        return bytes;
    }

    /// Fills a slot from bytes as [#read] gives them.
    ///
    /// @throws IllegalArgumentException when there are not exactly as many bytes, or strings, as the slot holds
    public static void write(Memory memory, Slot slot, ByteBuffer source) {
        int offset = memory.offset(slot);
        int count = slot.elementCount() * StorageType.width(slot.type());
        ByteBuffer bytes = source.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (slot.type() == ElementType.STRING) {
            byte[][] strings = unpackStrings(bytes);
            if (strings.length != count) {
                throw new IllegalArgumentException("\"" + slot.name() + "\" takes " + count + " strings, got "
                        + strings.length);
            }
            System.arraycopy(strings, 0, memory.strings(slot), offset, count);
            return;
        }
        if (bytes.remaining() != byteLength(slot)) {
            throw new IllegalArgumentException("\"" + slot.name() + "\" takes " + byteLength(slot) + " bytes ("
                    + slot.type() + " " + slot.shape() + "), got " + bytes.remaining());
        }
        switch (storage(slot)) {
            case FLOATS -> bytes.asFloatBuffer().get(memory.floats(slot), offset, count);
            case BYTES -> {
                if (slot.type().bits() < Byte.SIZE) {
                    unpack(bytes, slot.type(), memory.bytes(slot), offset, count);
                } else {
                    bytes.get(memory.bytes(slot), offset, count);
                }
            }
            case SHORTS -> bytes.asShortBuffer().get(memory.shorts(slot), offset, count);
            case INTS -> bytes.asIntBuffer().get(memory.ints(slot), offset, count);
            case LONGS -> bytes.asLongBuffer().get(memory.longs(slot), offset, count);
            case DOUBLES -> bytes.asDoubleBuffer().get(memory.doubles(slot), offset, count);
            case STRINGS -> throw new AssertionError();
        }
    }

    /// A constant's elements in an array of their own.
    static Object decode(ElementType type, int elementCount, Buffer buffer) {
        StorageType storage = StorageType.of(type);
        if (storage == null) {
            throw new IllegalStateException("no memory is kept for " + type);
        }
        return switch (storage) {
            case FLOATS -> buffer.toFloats();
            case BYTES -> type.bits() < Byte.SIZE ? buffer.toCodes(type, elementCount) : buffer.toBytes();
            case SHORTS -> buffer.toShorts();
            case INTS -> buffer.toInts();
            case LONGS -> buffer.toLongs();
            case DOUBLES -> buffer.toDoubles();
            case STRINGS -> unpackStrings(buffer.bytes());
        };
    }

    private static long byteLength(Slot slot) {
        return slot.type() == ElementType.RESOURCE
                ? (long) slot.elementCount() * Integer.BYTES
                : slot.type().byteLength(slot.elementCount());
    }

    private static void pack(byte[] codes, int offset, int count, int bits, ByteBuffer into) {
        int perByte = Byte.SIZE / bits;
        int mask = (1 << bits) - 1;
        for (int i = 0; i < count; i++) {
            int shift = i % perByte * bits;
            int at = i / perByte;
            into.put(at, (byte) (into.get(at) | (codes[offset + i] & mask) << shift));
        }
    }

    private static void unpack(ByteBuffer packed, ElementType type, byte[] codes, int offset, int count) {
        System.arraycopy(Buffer.wrap(packed).toCodes(type, count), 0, codes, offset, count);
    }

    private static ByteBuffer packStrings(byte[][] strings, int offset, int count) {
        int header = Integer.BYTES * (count + 2);
        long length = header;
        for (int i = 0; i < count; i++) {
            length += strings[offset + i].length;
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(length)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(count).putInt(header);
        int end = header;
        for (int i = 0; i < count; i++) {
            end += strings[offset + i].length;
            bytes.putInt(end);
        }
        for (int i = 0; i < count; i++) {
            bytes.put(strings[offset + i]);
        }
        return bytes.flip();
    }

    /// @throws IllegalArgumentException when the bytes are no packed strings
    static byte[][] unpackStrings(ByteBuffer packed) {
        ByteBuffer bytes = packed.slice().order(ByteOrder.LITTLE_ENDIAN);
        int length = bytes.limit();
        int count = length < Integer.BYTES ? -1 : bytes.getInt(0);
        if (count < 0 || Integer.BYTES * (count + 2L) > length) {
            throw new IllegalArgumentException("no packed strings: " + count + " strings in " + length + " bytes");
        }
        byte[][] strings = new byte[count][];
        for (int i = 0; i < count; i++) {
            int start = bytes.getInt(Integer.BYTES * (i + 1));
            int end = bytes.getInt(Integer.BYTES * (i + 2));
            if (start < 0 || end < start || end > length) {
                throw new IllegalArgumentException("no packed strings: string " + i + " from byte " + start + " to "
                        + end + " of " + length);
            }
            strings[i] = new byte[end - start];
            bytes.get(start, strings[i]);
        }
        return strings;
    }

    private static StorageType storage(Slot slot) {
        StorageType storage = StorageType.of(slot.type());
        if (storage == null) {
            throw new IllegalStateException("no memory is kept for " + slot.type());
        }
        return storage;
    }
}
