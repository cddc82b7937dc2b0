package dev.whittle.engine.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// [Exp] in every lane, the same bits.
final class VectorExp {
    private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
    /// Adding it leaves the nearest integer in the lower bits, ties to even.
    private static final float INTEGERS = 0x1.8p23f;
    private static final int INTEGER_BITS = Float.floatToRawIntBits(INTEGERS);

    private VectorExp() {}

    static FloatVector of(FloatVector x) {
        FloatVector nearest = x.mul(Exp.LOG2_E).add(INTEGERS);
        FloatVector whole = nearest.sub(INTEGERS);
        FloatVector r = whole.fma(FloatVector.broadcast(FLOATS, -Exp.LN2_HIGH), x);
        r = whole.fma(FloatVector.broadcast(FLOATS, -Exp.LN2_LOW), r);
        FloatVector p = FloatVector.broadcast(FLOATS, Exp.C7);
        p = p.fma(r, FloatVector.broadcast(FLOATS, Exp.C6));
        p = p.fma(r, FloatVector.broadcast(FLOATS, Exp.C5));
        p = p.fma(r, FloatVector.broadcast(FLOATS, Exp.C4));
        p = p.fma(r, FloatVector.broadcast(FLOATS, Exp.C3));
        p = p.fma(r, FloatVector.broadcast(FLOATS, Exp.C2));
        FloatVector fraction = p.fma(r.mul(r), r).add(1);
        // In two powers, of which the first is 1 but for exponents that a float has no power of two for: exact then.
        IntVector exponent = nearest.reinterpretAsInts().sub(INTEGER_BITS);
        IntVector second = exponent.max(Exp.LEAST_NORMAL_EXPONENT).min(Exp.BIAS);
        IntVector first = exponent.sub(second);
        FloatVector scaled = fraction
                .mul(first.add(Exp.BIAS).lanewise(VectorOperators.LSHL, Exp.MANTISSA_BITS).reinterpretAsFloats())
                .mul(second.add(Exp.BIAS).lanewise(VectorOperators.LSHL, Exp.MANTISSA_BITS).reinterpretAsFloats());
        // What is out of range went wrong above; that a NaN did not stays one.
        scaled = scaled.blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, Exp.LARGEST));
        scaled = scaled.blend(0, x.lt(Exp.SMALLEST));
        return scaled.blend(x, x.test(VectorOperators.IS_NAN));
    }
}
