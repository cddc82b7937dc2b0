package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Vector.zmm;

/// Writes the code that makes codes of eight bits of floats, in AVX-512: `round(value / scale) + zeroPoint`, halves away from
/// zero; or `round(value · (1 / scale)) + zeroPoint`, halves to even, as long as there are eight elements, and the other for
/// those left. NaN becomes the zero point. Called as [SpanLoop] says; there is no second input.
public final class QuantizeCode {
    /// Floats, at these places. Steps past the least and the largest are past the codes with any zero point.
    public static final int SCALE = 0;
    public static final int RECIPROCAL = 4;
    public static final int LEAST_STEPS = 8;
    public static final int MOST_STEPS = 12;
    /// Ints.
    public static final int ZERO_POINT = 16;
    public static final int MINIMUM = 20;
    public static final int MAXIMUM = 24;
    /// Bytes of all.
    public static final int CONSTANT_BYTES = 28;

    private static final int ORDERED = 7;
    private static final Mask IS_NUMBER = Mask.K2;
    private static final Mask TO_EVEN = Mask.K3;
    private static final Vector VALUE = zmm(0);
    private static final Vector AWAY = zmm(1);
    private static final Vector EVEN = zmm(2);
    private static final Vector CUT = zmm(3);
    private static final int FIRST_CONSTANT = 8;

    private final Assembler a = new Assembler();
    private final boolean isToEven;

    private QuantizeCode(boolean isToEven) {
        this.isToEven = isToEven;
    }

    /// The code with its listing.
    ///
    /// @param isToEven whether halves of whole eights go to even
    public static Assembler write(boolean isToEven) {
        QuantizeCode quantize = new QuantizeCode(isToEven);
        SpanLoop.write(quantize.a, quantize::constants, quantize::vector);
        return quantize.a;
    }

    private void constants() {
        for (int at = 0; at < CONSTANT_BYTES; at += Integer.BYTES) {
            a.vpbroadcastd(constant(at), Address.of(SpanLoop.CONSTANTS).plus(at));
        }
    }

    private static Vector constant(int at) {
        return zmm(FIRST_CONSTANT + at / Integer.BYTES);
    }

    private void vector(SpanLoop loop) {
        a.vmovups(loop.lanes(VALUE), loop.at(SpanLoop.FIRST, Float.BYTES));
        Vector steps = isToEven && !loop.isRest() ? EVEN : AWAY;
        if (isToEven) {
            a.vmulps(EVEN, VALUE, constant(RECIPROCAL));
            clamp(EVEN);
            a.vcvtps2dq(EVEN, EVEN);
        }
        if (steps == AWAY) {
            a.vdivps(AWAY, VALUE, constant(SCALE));
            clamp(AWAY);
            roundAway();
            if (isToEven) {
                loop.wholeEight(TO_EVEN);
                a.vpblendmd(AWAY.masked(TO_EVEN), AWAY, EVEN);
            }
        }
        a.vpaddd(steps, steps, constant(ZERO_POINT));
        a.vpmaxsd(steps, steps, constant(MINIMUM));
        a.vpminsd(steps, steps, constant(MAXIMUM));
        a.vpmovdb(steps.as(128), steps);
        a.vmovdqu8(loop.output(Byte.BYTES), steps.as(128));
    }

    /// So that they fit ints; 0 for NaN.
    private void clamp(Vector steps) {
        a.vcmpps(IS_NUMBER, steps, steps, ORDERED);
        a.vmaxps(steps.zeroed(IS_NUMBER), steps, constant(LEAST_STEPS));
        a.vminps(steps, steps, constant(MOST_STEPS));
    }

    /// What is cut off is exact, and twice that is cut to one where it is a half or more.
    private void roundAway() {
        a.vcvttps2dq(CUT, AWAY);
        a.vcvtdq2ps(VALUE, CUT);
        a.vsubps(AWAY, AWAY, VALUE);
        a.vaddps(AWAY, AWAY, AWAY);
        a.vcvttps2dq(AWAY, AWAY);
        a.vpaddd(AWAY, AWAY, CUT);
    }
}
