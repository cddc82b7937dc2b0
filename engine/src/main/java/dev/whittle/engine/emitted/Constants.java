package dev.whittle.engine.emitted;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// What emitted code reads beside its input, while it is laid out: in a plain array, since the JVM takes long to put numbers into
/// other memory until it has compiled what does. Offsets are in bytes, those of ints, floats and longs multiples of four.
final class Constants {
    private static final int ALIGNMENT = 64;

    private final int[] words;

    Constants(int bytes) {
        this.words = new int[Math.ceilDiv(bytes, Integer.BYTES)];
    }

    void putInt(int offset, int value) {
        words[offset / Integer.BYTES] = value;
    }

    void putFloat(int offset, float value) {
        putInt(offset, Float.floatToRawIntBits(value));
    }

    void putLong(int offset, long value) {
        putInt(offset, (int) value);
        putInt(offset + Integer.BYTES, (int) (value >>> Integer.SIZE));
    }

    /// Once for each place.
    void putByte(int offset, int value) {
        words[offset / Integer.BYTES] |= (value & 0xff) << offset % Integer.BYTES * Byte.SIZE;
    }

    /// The same in so many bytes, a multiple of four.
    void fillBytes(int offset, int bytes, int value) {
        fillInts(offset, bytes, (value & 0xff) * 0x01010101);
    }

    /// The same in so many bytes, a multiple of four.
    void fillShorts(int offset, int bytes, int value) {
        fillInts(offset, bytes, (value & 0xffff) * 0x00010001);
    }

    private void fillInts(int offset, int bytes, int value) {
        Arrays.fill(words, offset / Integer.BYTES, (offset + bytes) / Integer.BYTES, value);
    }

    /// Memory that lives as long as anybody holds it.
    MemorySegment seal() {
        return Arena.ofAuto().allocate((long) words.length * Integer.BYTES, ALIGNMENT)
                .copyFrom(MemorySegment.ofArray(words)).asReadOnly();
    }
}
