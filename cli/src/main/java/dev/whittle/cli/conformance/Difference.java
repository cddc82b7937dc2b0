package dev.whittle.cli.conformance;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.npy.NpyArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// How one array differs from another of the same shape.
///
/// @param largest the largest absolute difference between finite elements; in steps for integers
/// @param magnitude the largest finite magnitude in the golden array
/// @param differing how many elements are not equal
/// @param sameNonFinite infinities and NaNs stand in the same places
record Difference(double largest, double magnitude, long differing, long elementCount, boolean sameNonFinite) {

    /// The difference of `actual` from `golden`, or null when their shapes differ. Integers of different widths are
    /// compared by value, complex numbers as pairs, and strings count as 1 apart.
    static @Nullable Difference between(NpyArray actual, NpyArray golden) {
        if (!actual.shape().equals(golden.shape())) {
            return null;
        }
        if (actual.type() == ElementType.STRING) {
            return betweenStrings(actual.strings(), golden.strings());
        }
        Elements a = new Elements(actual);
        Elements b = new Elements(golden);
        double largest = 0;
        double magnitude = 0;
        long differing = 0;
        boolean sameNonFinite = true;
        // Doubles round INT64 values past 2⁵³.
        boolean wide = actual.type() == ElementType.INT64 && golden.type() == ElementType.INT64;
        for (int i = 0; i < b.count; i++) {
            double x = a.get(i);
            double y = b.get(i);
            if (Double.isFinite(x) && Double.isFinite(y)) {
                largest = Math.max(largest, Math.abs(x - y));
                magnitude = Math.max(magnitude, Math.abs(y));
            } else {
                sameNonFinite &= Double.compare(x, y) == 0;
            }
            // Double.compare would tell the two zeros apart, == would tell a NaN from itself.
            boolean equal = x == y || (Double.isNaN(x) && Double.isNaN(y));
            differing += equal && (!wide || a.wide(i) == b.wide(i)) ? 0 : 1;
        }
        return new Difference(largest, magnitude, differing, b.count, sameNonFinite);
    }

    private static Difference betweenStrings(byte[][] actual, byte[][] golden) {
        long differing = IntStream.range(0, golden.length).filter(i -> !Arrays.equals(actual[i], golden[i])).count();
        return new Difference(differing == 0 ? 0 : 1, 1, differing, golden.length, true);
    }

    /// What a person reads about it.
    String from(String kernel) {
        return "%d of %d elements differ from %s, the largest by %.3g (%.2g of the largest magnitude)%s".formatted(
                differing, elementCount, kernel, largest, relative(),
                sameNonFinite ? "" : ", NaN or infinity elsewhere");
    }

    /// `largest` over `magnitude`.
    double relative() {
        return largest == 0 ? 0 : largest / magnitude;
    }

    /// True when the difference is within `tolerance`.
    ///
    /// @param quantized the elements are codes of a quantized tensor
    /// @param step the value of one code where a float tensor holds dequantized codes; else 0
    boolean within(Tolerance tolerance, ElementType type, boolean quantized, double step) {
        if (!sameNonFinite) {
            return false;
        }
        return switch (type) {
            case FLOAT32, FLOAT16, BFLOAT16, FLOAT64, COMPLEX64, COMPLEX128 ->
                    largest <= tolerance.relative() * magnitude + tolerance.absolute() + tolerance.steps() * step;
            case INT4, INT8, UINT8, INT16, INT32 -> quantized
                    ? largest <= tolerance.steps() && differing <= Math.max(1, tolerance.share() * elementCount)
                    : differing == 0;
            case INT64, STRING, BOOL, UINT64, RESOURCE, VARIANT, UINT32, UINT16, INT2, UINT4 -> differing == 0;
        };
    }

    /// The elements of an array as doubles.
    private static final class Elements {
        private final ElementType type;
        private final ByteBuffer data;
        private final int count;

        Elements(NpyArray array) {
            type = array.type();
            data = array.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
            count = array.shape().elementCount() * switch (type) {
                case COMPLEX64, COMPLEX128 -> 2;
                default -> 1;
            };
        }

        long wide(int i) {
            return data.getLong(i * Long.BYTES);
        }

        double get(int i) {
            return switch (type) {
                case FLOAT32, COMPLEX64 -> data.getFloat(i * Float.BYTES);
                case FLOAT64, COMPLEX128 -> data.getDouble(i * Double.BYTES);
                case FLOAT16 -> Float.float16ToFloat(data.getShort(i * Short.BYTES));
                case BFLOAT16 -> Float.intBitsToFloat(data.getShort(i * Short.BYTES) << Short.SIZE);
                case INT8 -> data.get(i);
                case UINT8, BOOL -> data.get(i) & 0xFF;
                case INT16 -> data.getShort(i * Short.BYTES);
                case UINT16 -> data.getShort(i * Short.BYTES) & 0xFFFF;
                case INT32 -> data.getInt(i * Integer.BYTES);
                case UINT32 -> data.getInt(i * Integer.BYTES) & 0xFFFF_FFFFL;
                case INT64, UINT64 -> data.getLong(i * Long.BYTES);
                case INT4, INT2, UINT4, STRING, RESOURCE, VARIANT ->
                        throw new IllegalArgumentException("elements of type " + type + " cannot be compared");
            };
        }
    }
}
