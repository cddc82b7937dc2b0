package dev.whittle.quantizer.observe;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Counts values in at most [#CAPACITY] bins, whatever their range turns out to be: bin `i` holds the values from `i · width`
/// to `(i + 1) · width`, and where a value lies outside all bins, the width doubles and neighbours are added up.
///
/// Widths are powers of two and bins begin at multiples of them, so that doubling is exact: the histogram is that of the
/// narrowest width at which all values fit, in whatever order they came.
///
/// Exact zeros are counted apart. Every quantization gives 0 a code of its own, so they have no error; the half of an
/// activation that ReLU cut off would otherwise outweigh all that a range is chosen for.
final class WideningHistogram {
    /// Bins at most. As widths double, at least half of them less one lie between the smallest and the largest value.
    static final int CAPACITY = 4096;
    /// The largest value has no higher number, so that numbers are exact; what is smaller by far lies in one bin.
    private static final double LARGEST_NUMBER = 0x1p40;
    /// No bin is narrower.
    private static final double NARROWEST = 0x1p-150;

    private final long[] counts = new long[CAPACITY];
    private double width = NARROWEST;
    /// The number of the first bin, a multiple of the width from zero.
    private long first;
    private long zeros;
    private long nonzeros;
    private @Nullable Range seen;

    void add(float[] values) {
        Range range = Range.of(values);
        if (range.minimum() != 0 || range.maximum() != 0) {
            widen(seen == null ? range : seen.union(range));
        }
        seen = seen == null ? range : seen.union(range);
        for (float value : values) {
            if (value == 0) {
                zeros++;
            } else {
                counts[(int) (number(value, width) - first)]++;
                nonzeros++;
            }
        }
    }

    /// Makes the bins hold `range`.
    private void widen(Range range) {
        double wide = width;
        double magnitude = Math.max(Math.abs(range.minimum()), Math.abs(range.maximum()));
        while (magnitude / wide > LARGEST_NUMBER
                || number(range.maximum(), wide) - number(range.minimum(), wide) >= CAPACITY) {
            wide *= 2;
        }
        long newFirst = number(range.minimum(), wide);
        long factor = (long) Math.min(wide / width, 0x1p62);
        long[] moved = new long[CAPACITY];
        for (int bin = 0; nonzeros > 0 && bin < CAPACITY; bin++) {
            if (counts[bin] > 0) {
                moved[(int) (Math.floorDiv(first + bin, factor) - newFirst)] += counts[bin];
            }
        }
        System.arraycopy(moved, 0, counts, 0, CAPACITY);
        width = wide;
        first = newFirst;
    }

    /// The number of the bin that holds a value.
    private static long number(float value, double width) {
        return (long) Math.floor(value / width);
    }

    /// The smallest and the largest value.
    ///
    /// @throws IllegalStateException when nothing was added yet
    Range seen() {
        if (seen == null) {
            throw new IllegalStateException("nothing observed yet");
        }
        return seen;
    }

    double width() {
        return width;
    }

    /// Where the first bin begins.
    double start() {
        return first * width;
    }

    /// The counts of the bins from the first on, without zeros.
    long[] counts() {
        int used = CAPACITY;
        while (used > 1 && counts[used - 1] == 0) {
            used--;
        }
        return Arrays.copyOf(counts, used);
    }

    /// Exact zeros.
    long zeros() {
        return zeros;
    }

    /// All other values.
    long nonzeros() {
        return nonzeros;
    }
}
