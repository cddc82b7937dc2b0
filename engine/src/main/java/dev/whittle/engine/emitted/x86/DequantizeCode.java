package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Vector.zmm;

/// Writes the code that makes floats of codes of eight bits, `scale · (code − zeroPoint)`, in AVX-512. Called as [SpanLoop]
/// says; there is no second input.
public final class DequantizeCode {
    /// A float and an int, at these places.
    public static final int SCALE = 0;
    public static final int ZERO_POINT = 4;
    /// Bytes of both.
    public static final int CONSTANT_BYTES = 8;

    private static final Vector VALUE = zmm(0);
    private static final Vector SCALES = zmm(1);
    private static final Vector ZERO_POINTS = zmm(2);

    private final Assembler a = new Assembler();
    private final boolean isSigned;

    private DequantizeCode(boolean isSigned) {
        this.isSigned = isSigned;
    }

    /// The code with its listing.
    ///
    /// @param isSigned for INT8, else UINT8
    public static Assembler write(boolean isSigned) {
        DequantizeCode dequantize = new DequantizeCode(isSigned);
        SpanLoop.write(dequantize.a, dequantize::constants, dequantize::vector);
        return dequantize.a;
    }

    private void constants() {
        a.vbroadcastss(SCALES, Address.of(SpanLoop.CONSTANTS).plus(SCALE));
        a.vpbroadcastd(ZERO_POINTS, Address.of(SpanLoop.CONSTANTS).plus(ZERO_POINT));
    }

    private void vector(SpanLoop loop) {
        Address from = loop.at(SpanLoop.FIRST, Byte.BYTES);
        if (isSigned) {
            a.vpmovsxbd(loop.lanes(VALUE), from);
        } else {
            a.vpmovzxbd(loop.lanes(VALUE), from);
        }
        a.vpsubd(VALUE, VALUE, ZERO_POINTS);
        a.vcvtdq2ps(VALUE, VALUE);
        a.vmulps(VALUE, VALUE, SCALES);
        a.vmovups(loop.output(Float.BYTES), VALUE);
    }
}
