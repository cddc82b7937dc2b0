package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.StorageType;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Moves whole tensors between memory and little-endian bytes as files hold them: types below eight bits packed, low bits
/// first; strings as in [Buffer#ofStrings].
public final class Elements {
    private Elements() {}

    /// The elements of a slot as bytes, row-major, positioned at the first.
    public static ByteBuffer read(Memory memory, Slot slot) {
        int offset = memory.offset(slot);
        int count = slot.elementCount() * StorageType.width(slot.type());
        if (slot.type() == ElementType.STRING) {
            byte[][] strings = Arrays.copyOfRange(memory.strings(slot), offset, offset + count);
            return ByteBuffer.wrap(Buffer.ofStrings(strings).toBytes()).order(ByteOrder.LITTLE_ENDIAN);
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(byteLength(slot))).order(ByteOrder.LITTLE_ENDIAN);
        switch (storage(slot)) {
            case FLOATS -> bytes.asFloatBuffer().put(memory.floats(slot), offset, count);
            case BYTES -> {
                if (slot.type().bits() < Byte.SIZE) {
                    byte[] codes = Arrays.copyOfRange(memory.bytes(slot), offset, offset + count);
                    bytes.duplicate().put(Buffer.ofCodes(slot.type(), codes).bytes());
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
            byte[][] strings = Buffer.wrap(bytes).toStrings();
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
            case STRINGS -> buffer.toStrings();
        };
    }

    private static long byteLength(Slot slot) {
        return slot.type() == ElementType.RESOURCE
                ? (long) slot.elementCount() * Integer.BYTES
                : slot.type().byteLength(slot.elementCount());
    }

    private static void unpack(ByteBuffer packed, ElementType type, byte[] codes, int offset, int count) {
        System.arraycopy(Buffer.wrap(packed).toCodes(type, count), 0, codes, offset, count);
    }

    private static StorageType storage(Slot slot) {
        StorageType storage = StorageType.of(slot.type());
        if (storage == null) {
            throw new IllegalStateException("no memory is kept for " + slot.type());
        }
        return storage;
    }
}
