package dev.whittle.engine.kernel;

import org.jspecify.annotations.Nullable;

/// What [Requantizer] makes of one channel's sums, by one rounding: `code = clamp(sum · factor + offset >> shift)`.
///
/// However a mode rounds, its codes are a staircase of the sums. For sums that can occur, a straight line of steps that is
/// rounded down is the same staircase, if it has each step between the same two sums.
///
/// @param factor not negative
/// @param shift at least 32
record Staircase(int factor, long offset, int shift) {
    /// Sums are less than 2²⁴, factors than 2³¹ and codes than 2⁹, so that nothing leaves the range of a long.
    private static final int MOST_SHIFT = 46;

    /// A function that does not fall.
    interface Codes {
        int of(long sum);
    }

    /// The staircase of a function on the sums from `-most` to `most`; null where it cannot be had.
    ///
    /// @param slope codes for each unit of the sum, roughly, from 0 on
    /// @param most less than 2²⁴
    static @Nullable Staircase of(Codes codes, double slope, ActivationRange range, long most) {
        Multiplier multiplier = Multiplier.of(slope);
        int shift = Math.min(Integer.SIZE - 1 - multiplier.shift(), MOST_SHIFT);
        if (shift < Integer.SIZE) {
            return null;
        }
        int factor = (int) Math.rint(Math.scalb(slope, shift));
        long least = -1L << 62;
        long largest = 1L << 62;
        long sum = -most;
        for (int code = range.min(); code < range.max(); code++) {
            sum = firstAbove(code, codes, slope, sum, most);
            long step = code + 1L << shift;
            if (sum <= most) {
                least = Math.max(least, step - sum * factor);
            }
            if (sum > -most) {
                largest = Math.min(largest, step - (sum - 1) * factor - 1);
            }
        }
        return least > largest ? null : new Staircase(factor, least + (largest - least) / 2, shift);
    }

    /// The first sum from `from` on whose code is above the given one; `most + 1` where there is none.
    private static long firstAbove(int code, Codes codes, double slope, long from, long most) {
        long low = from;
        long high = most + 1;
        // Steps are about as long as each other, so that the next one begins near here.
        long expected = from + (long) (1 / slope);
        if (expected + 2 < high && codes.of(expected + 2) > code) {
            high = expected + 2;
        }
        if (expected - 2 > low && expected - 2 < high && codes.of(expected - 2) <= code) {
            low = expected - 1;
        }
        while (low < high) {
            long middle = low + high >> 1;
            if (codes.of(middle) > code) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /// The code of a sum, not clamped.
    int apply(int sum) {
        return (int) ((long) sum * factor + offset >> shift);
    }
}
