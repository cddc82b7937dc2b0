package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.model.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Moves whole tensors between memory and little-endian bytes.
public final class Elements {
    private Elements() {}

    /// The elements of a slot as bytes, row-major, positioned at the first.
    public static ByteBuffer read(Memory memory, Slot slot) {
        int offset = memory.offset(slot);
        int count = slot.elementCount();
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(slot.type().byteLength(count)))
                .order(ByteOrder.LITTLE_ENDIAN);
        switch (storage(slot)) {
            case FLOATS -> bytes.asFloatBuffer().put(memory.floats(slot), offset, count);
            case BYTES -> bytes.duplicate().put(memory.bytes(slot), offset, count);
            case SHORTS -> bytes.asShortBuffer().put(memory.shorts(slot), offset, count);
            case INTS -> bytes.asIntBuffer().put(memory.ints(slot), offset, count);
            case LONGS -> bytes.asLongBuffer().put(memory.longs(slot), offset, count);
            case DOUBLES -> bytes.asDoubleBuffer().put(memory.doubles(slot), offset, count);
        }
        return bytes;
    }

    /// Fills a slot from bytes as [#read] gives them.
    ///
    /// @throws IllegalArgumentException when there are not exactly as many bytes as the slot holds
    public static void write(Memory memory, Slot slot, ByteBuffer source) {
        int offset = memory.offset(slot);
        int count = slot.elementCount();
        if (source.remaining() != slot.type().byteLength(count)) {
            throw new IllegalArgumentException("\"" + slot.name() + "\" takes " + slot.type().byteLength(count)
                    + " bytes (" + slot.type() + " " + slot.shape() + "), got " + source.remaining());
        }
        ByteBuffer bytes = source.slice().order(ByteOrder.LITTLE_ENDIAN);
        switch (storage(slot)) {
            case FLOATS -> bytes.asFloatBuffer().get(memory.floats(slot), offset, count);
            case BYTES -> bytes.get(memory.bytes(slot), offset, count);
            case SHORTS -> bytes.asShortBuffer().get(memory.shorts(slot), offset, count);
            case INTS -> bytes.asIntBuffer().get(memory.ints(slot), offset, count);
            case LONGS -> bytes.asLongBuffer().get(memory.longs(slot), offset, count);
            case DOUBLES -> bytes.asDoubleBuffer().get(memory.doubles(slot), offset, count);
        }
    }

    /// A constant's elements in an array of their own.
    static Object decode(StorageType storage, Buffer buffer) {
        return switch (storage) {
            case FLOATS -> buffer.toFloats();
            case BYTES -> buffer.toBytes();
            case SHORTS -> buffer.toShorts();
            case INTS -> buffer.toInts();
            case LONGS -> buffer.toLongs();
            case DOUBLES -> buffer.toDoubles();
        };
    }

    private static StorageType storage(Slot slot) {
        StorageType storage = StorageType.of(slot.type());
        if (storage == null) {
            throw new IllegalStateException("no memory is kept for " + slot.type());
        }
        return storage;
    }
}
