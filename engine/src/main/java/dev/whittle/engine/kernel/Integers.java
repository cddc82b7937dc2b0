package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;

/// Integer elements of any type as longs, in runs, so that a rule is written once for all of them. BOOL reads as 0 or 1,
/// unsigned types without their sign.
final class Integers {
    private Integers() {}

    /// Widens `count` elements that lie `step` apart.
    static void read(ElementType type, Object from, int start, int step, long[] to, int toStart, int count) {
        switch (type) {
            case INT8 -> {
                byte[] source = (byte[]) from;
                for (int i = 0; i < count; i++) {
                    to[toStart + i] = source[start + i * step];
                }
            }
            case UINT8 -> {
                byte[] source = (byte[]) from;
                for (int i = 0; i < count; i++) {
                    to[toStart + i] = source[start + i * step] & 0xff;
                }
            }
            case BOOL -> {
                byte[] source = (byte[]) from;
                for (int i = 0; i < count; i++) {
                    to[toStart + i] = source[start + i * step] == 0 ? 0 : 1;
                }
            }
            case INT16 -> {
                short[] source = (short[]) from;
                for (int i = 0; i < count; i++) {
                    to[toStart + i] = source[start + i * step];
                }
            }
            case UINT16 -> {
                short[] source = (short[]) from;
                for (int i = 0; i < count; i++) {
                    to[toStart + i] = source[start + i * step] & 0xffff;
                }
            }
            case INT32 -> {
                int[] source = (int[]) from;
                for (int i = 0; i < count; i++) {
                    to[toStart + i] = source[start + i * step];
                }
            }
            case UINT32 -> {
                int[] source = (int[]) from;
                for (int i = 0; i < count; i++) {
                    to[toStart + i] = Integer.toUnsignedLong(source[start + i * step]);
                }
            }
            case INT64, UINT64 -> Movement.run(from, start, step, to, toStart, 1, count);
            default -> throw new AssertionError(type);
        }
    }

    /// Widens one element.
    static long get(ElementType type, Object from, int index) {
        return switch (type) {
            case INT8 -> ((byte[]) from)[index];
            case UINT8 -> ((byte[]) from)[index] & 0xff;
            case BOOL -> ((byte[]) from)[index] == 0 ? 0 : 1;
            case INT16 -> ((short[]) from)[index];
            case UINT16 -> ((short[]) from)[index] & 0xffff;
            case INT32 -> ((int[]) from)[index];
            case UINT32 -> Integer.toUnsignedLong(((int[]) from)[index]);
            case INT64, UINT64 -> ((long[]) from)[index];
            default -> throw new AssertionError(type);
        };
    }

    /// Narrows one element, keeping its low bits.
    static void write(ElementType type, long value, Object to, int index) {
        switch (type) {
            case INT8, UINT8, BOOL -> ((byte[]) to)[index] = (byte) value;
            case INT16, UINT16 -> ((short[]) to)[index] = (short) value;
            case INT32, UINT32 -> ((int[]) to)[index] = (int) value;
            case INT64, UINT64 -> ((long[]) to)[index] = value;
            default -> throw new AssertionError(type);
        }
    }

    /// The elements of a constant or a computed value.
    static long[] of(Buffer values, ElementType type, int count) {
        Object array = switch (type) {
            case INT8, UINT8, BOOL -> values.toBytes();
            case INT16, UINT16 -> values.toShorts();
            case INT32, UINT32 -> values.toInts();
            case INT64, UINT64 -> values.toLongs();
            default -> throw new AssertionError(type);
        };
        long[] longs = new long[count];
        read(type, array, 0, 1, longs, 0, count);
        return longs;
    }
}
