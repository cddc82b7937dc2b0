package dev.whittle.engine.kernel;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;

/// A real factor as the reference holds it: `multiplier / 2³¹ · 2^shift`, the multiplier in `[2³⁰, 2³¹)`, or 0
/// (gemmlowp `doc/quantization.md`; LiteRT `QuantizeMultiplier`).
public record Multiplier(int multiplier, int shift) {

    /// The nearest to a factor that is finite and not negative; below 2⁻³² it is 0.
    public static Multiplier of(double factor) {
        if (!(factor >= 0) || Double.isInfinite(factor)) {
            throw new IllegalArgumentException("factor " + factor + ", must be finite and at least 0");
        }
        if (factor == 0) {
            return new Multiplier(0, 0);
        }
        int shift = Math.getExponent(factor) + 1;
        long multiplier = (long) Rounding.halfAwayFromZero(Math.scalb(factor, 31 - shift));
        if (multiplier == 1L << 31) {
            multiplier /= 2;
            shift++;
        }
        return shift < -31 ? new Multiplier(0, 0) : new Multiplier((int) multiplier, shift);
    }

    /// As [#of], refusing a factor whose shift would lose every bit of a code.
    static Multiplier of(Preparation p, String role, double factor) {
        if (!(factor < 1L << 30)) {
            throw p.unsupported(role + " is " + factor + ", must be below 2^30");
        }
        return of(factor);
    }

    /// `x` times the factor by double rounding: a doubling high multiply rounded to nearest, then a right shift rounded to
    /// nearest, ties away from zero.
    public int apply(int x) {
        return apply(x, multiplier, shift);
    }

    /// What [#apply(int)] shifts to the right in the end: the doubling high multiply.
    public int high(int x) {
        return high(x, multiplier, shift);
    }

    /// As [#apply(int)], for kernels that keep multipliers in arrays.
    static int apply(int x, int multiplier, int shift) {
        return Rounding.shiftRight(high(x, multiplier, shift), Math.max(0, -shift));
    }

    /// The multiplier in 16 bits, rounded to nearest and saturating (LiteRT `DownScaleInt32ToInt16Multiplier`).
    int to16Bits() {
        return (int) Math.min(Short.MAX_VALUE, ((long) multiplier + (1 << 15)) >> 16);
    }

    /// The power of two nearest to a scale, on the logarithmic scale.
    static int log2(float scale) {
        return (int) Rounding.halfAwayFromZero(StrictMath.log(scale) / StrictMath.log(2));
    }

    /// Whether a scale is a power of two to within a thousandth of an octave, what the reference takes for exact
    /// (`CheckedLog2`).
    static boolean isPowerOfTwo(float scale) {
        double octaves = StrictMath.log(scale) / StrictMath.log(2);
        return Math.abs(octaves - Rounding.halfAwayFromZero(octaves)) < 1e-3;
    }

    /// As [#apply(int, int, int)], ties of the second rounding up: what the reference's optimized products do.
    static int applyTiesUp(int x, int multiplier, int shift) {
        int high = high(x, multiplier, shift);
        int rightShift = Math.max(0, -shift);
        return rightShift == 0 ? high : (int) ((high + (1L << (rightShift - 1))) >> rightShift);
    }

    /// `x` times the factor with a multiplier reduced to 16 bits, rounded once, ties up, and cut to 32 bits: the
    /// reference's rule for 64-bit sums and products.
    int applyReduced(long x) {
        return applyReduced(x, multiplier, shift);
    }

    /// As [#applyReduced(long)], for kernels that keep multipliers in arrays.
    static int applyReduced(long x, int multiplier, int shift) {
        int reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
        int rightShift = 15 - shift;
        long product = x * reduced;
        return (int) (rightShift > 0 ? (product + (1L << (rightShift - 1))) >> rightShift : product << -rightShift);
    }

    /// The doubling high multiply, rounded to nearest, of `x` shifted left where the factor is above 1.
    private static int high(int x, int multiplier, int shift) {
        long product = (long) (x << Math.max(0, shift)) * multiplier;
        // The product is below 2^62, so nothing saturates, and adding half a step rounds to nearest.
        return (int) ((product + (1L << 30)) >> 31);
    }

    /// Whether [Simd] takes this factor: below a half, and not so small that halves of its steps pass an int.
    boolean fitsVectors() {
        return shift < 0 && shift > 1 - Integer.SIZE;
    }

    /// [#apply(int)] in vectors of ints.
    static final class Simd {
        private static final long LOWER_HALF = (1L << Integer.SIZE) - 1;

        private Simd() {}

        /// A multiplier as [#apply] takes it.
        static LongVector lanes(int multiplier) {
            // As what is to be multiplied, so that the compiler sees two ints and takes the shorter multiplication.
            return IntVector.broadcast(Lanes.INT, multiplier).reinterpretAsLongs().lanewise(ASHR, Integer.SIZE);
        }

        /// @param rightShift of the factor, from 1 to 30; what is shifted and half a step must not pass an int
        static IntVector apply(IntVector x, LongVector multiplier, int rightShift) {
            LongVector pairs = x.reinterpretAsLongs();
            LongVector even = pairs.lanewise(LSHL, Integer.SIZE).lanewise(ASHR, Integer.SIZE).mul(multiplier)
                    .add(1L << 30).lanewise(LSHR, 31);
            LongVector odd = pairs.lanewise(ASHR, Integer.SIZE).mul(multiplier).add(1L << 30).lanewise(LSHL, 1);
            IntVector high = even.and(LOWER_HALF).or(odd.and(~LOWER_HALF)).reinterpretAsInts();
            // As shiftRight, which at the end of a long loop would not be inlined.
            IntVector away = high.lanewise(ASHR, Integer.SIZE - 1);
            return high.add(away).add(1 << rightShift - 1).lanewise(ASHR, rightShift);
        }

        /// [Rounding#shiftRight] by 1 or more.
        static IntVector shiftRight(IntVector x, int shift) {
            // −1 below 0.
            IntVector away = x.lanewise(ASHR, Integer.SIZE - 1);
            return x.add(away).add(1 << shift - 1).lanewise(ASHR, shift);
        }
    }
}
