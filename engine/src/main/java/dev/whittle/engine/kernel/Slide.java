package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Padding;

/// How a filter slides along one axis: at position `i`, tap `t` meets element `i · stride − before + t · dilation`, which
/// lies on padding where it is outside `[0, elements)`. A convolution goes from elements to positions, a transposed one
/// from positions to elements.
record Slide(int positions, int elements, int taps, int stride, int dilation, int before) {
    /// Far above any sane filter, and low enough that places keep within int.
    private static final int MOST_SPAN = 1 << 28;

    /// The axis of a convolution over `elements`.
    static Slide of(Preparation p, String axis, Padding padding, int elements, int taps, int stride, int dilation) {
        check(p, axis, taps, stride, dilation);
        int positions = padding.outputSize(elements, taps, stride, dilation);
        if (positions < 1) {
            throw p.malformed("input has " + elements + " elements of " + axis + ", too few for a filter of " + taps);
        }
        return new Slide(positions, elements, taps, stride, dilation, padding.before(elements, taps, stride, dilation));
    }

    /// The axis of a transposed convolution from `positions` to `elements`.
    static Slide transposed(Preparation p, String axis, Padding padding, int positions, int elements, int taps,
            int stride, int dilation) {
        check(p, axis, taps, stride, dilation);
        if ((long) positions * stride > Integer.MAX_VALUE - 2 * MOST_SPAN) {
            throw p.malformed("stride " + axis + " is " + stride + ", too large for an input of " + positions);
        }
        return new Slide(positions, elements, taps, stride, dilation, padding.before(elements, taps, stride, dilation));
    }

    /// Refuses a filter along one axis that cannot be.
    static void check(Preparation p, String axis, int taps, int stride, int dilation) {
        atLeastOne(p, "filter " + axis, taps);
        atLeastOne(p, "stride " + axis, stride);
        atLeastOne(p, "dilation " + axis, dilation);
        if ((long) (taps - 1) * dilation >= MOST_SPAN) {
            throw p.malformed("filter " + axis + " " + taps + " with dilation " + dilation + " spans "
                    + ((long) (taps - 1) * dilation + 1) + " elements, must span " + MOST_SPAN + " at most");
        }
    }

    private static void atLeastOne(Preparation p, String what, int value) {
        if (value < 1) {
            throw p.malformed(what + " is " + value + ", must be at least 1");
        }
    }

    int element(int position, int tap) {
        return position * stride - before + tap * dilation;
    }

    boolean isInside(int element) {
        return element >= 0 && element < elements;
    }
}
