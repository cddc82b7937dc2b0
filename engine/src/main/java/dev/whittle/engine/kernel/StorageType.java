package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The heap arrays that tensors live in. Each has an arena of its own, since Java arrays cannot share bytes.
public enum StorageType {
    FLOATS(Float.BYTES), BYTES(Byte.BYTES), SHORTS(Short.BYTES), INTS(Integer.BYTES), LONGS(Long.BYTES),
    DOUBLES(Double.BYTES),
    /** Each element a `byte[]` of its own, of any length. */
    STRINGS(Long.BYTES);

    /// Offsets are multiples of this many bytes, a cache line.
    public static final int ALIGNMENT_BYTES = 64;

    private final int elementBytes;

    StorageType(int elementBytes) {
        this.elementBytes = elementBytes;
    }

    /// Bytes of one array element.
    public int elementBytes() {
        return elementBytes;
    }

    /// Where elements of a type are kept, or null where the engine keeps none of them. Complex numbers take two array
    /// elements each, real part first; the types below eight bits take a byte each; a resource is kept as its number.
    public static @Nullable StorageType of(ElementType type) {
        return switch (type) {
            case FLOAT32, COMPLEX64 -> FLOATS;
            case INT8, UINT8, BOOL, INT4, INT2, UINT4 -> BYTES;
            case INT16, UINT16, FLOAT16, BFLOAT16 -> SHORTS;
            case INT32, UINT32, RESOURCE -> INTS;
            case INT64, UINT64 -> LONGS;
            case FLOAT64, COMPLEX128 -> DOUBLES;
            case STRING -> STRINGS;
            case VARIANT -> null;
        };
    }

    /// Array elements that one tensor element takes: 2 for complex numbers, else 1.
    public static int width(ElementType type) {
        return type == ElementType.COMPLEX64 || type == ElementType.COMPLEX128 ? 2 : 1;
    }

    /// Bytes that the elements of an array take.
    public static long bytes(Object array) {
        for (StorageType storage : values()) {
            if (storage.holds(array)) {
                return (long) Array.getLength(array) * storage.elementBytes();
            }
        }
        throw new AssertionError(array.getClass());
    }

    /// An array of numbers as machine code takes it.
    public static MemorySegment segment(Object array) {
        return switch (array) {
            case float[] a -> MemorySegment.ofArray(a);
            case byte[] a -> MemorySegment.ofArray(a);
            case short[] a -> MemorySegment.ofArray(a);
            case int[] a -> MemorySegment.ofArray(a);
            case long[] a -> MemorySegment.ofArray(a);
            case double[] a -> MemorySegment.ofArray(a);
            default -> throw new AssertionError(array.getClass());
        };
    }

    /// True for an array of this kind.
    public boolean holds(Object array) {
        return switch (this) {
            case FLOATS -> array instanceof float[];
            case BYTES -> array instanceof byte[];
            case SHORTS -> array instanceof short[];
            case INTS -> array instanceof int[];
            case LONGS -> array instanceof long[];
            case DOUBLES -> array instanceof double[];
            case STRINGS -> array instanceof byte[][];
        };
    }

    /// True when `count` elements of an array from `start` on are those of another array of its kind from 0 on; floats
    /// are compared by their bits.
    public static boolean equal(Object array, int start, Object other, int count) {
        return switch (array) {
            case float[] a -> Arrays.equals(a, start, start + count, (float[]) other, 0, count);
            case byte[] a -> Arrays.equals(a, start, start + count, (byte[]) other, 0, count);
            case short[] a -> Arrays.equals(a, start, start + count, (short[]) other, 0, count);
            case int[] a -> Arrays.equals(a, start, start + count, (int[]) other, 0, count);
            case long[] a -> Arrays.equals(a, start, start + count, (long[]) other, 0, count);
            case double[] a -> Arrays.equals(a, start, start + count, (double[]) other, 0, count);
            case byte[][] a -> Arrays.deepEquals(Arrays.copyOfRange(a, start, start + count), (byte[][]) other);
            default -> throw new AssertionError(array.getClass());
        };
    }

    /// A zeroed array; of empty strings for STRINGS.
    public Object allocate(int elementCount) {
        return switch (this) {
            case FLOATS -> new float[elementCount];
            case BYTES -> new byte[elementCount];
            case SHORTS -> new short[elementCount];
            case INTS -> new int[elementCount];
            case LONGS -> new long[elementCount];
            case DOUBLES -> new double[elementCount];
            case STRINGS -> {
                byte[][] strings = new byte[elementCount][];
                Arrays.fill(strings, new byte[0]);
                yield strings;
            }
        };
    }
}
