package dev.whittle.engine.emitted.x86;

import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import java.util.List;

/// Writes the code that scales sums of 32 bits by the factor of their channel and rounds them, bit for bit as
/// [dev.whittle.engine.kernel.Convolution.Requantization] has it. Bounds and the zero point are left to the caller.
final class Requantization {
    private static final int ODD_LANES = 0xaaaa;
    private static final Mask ODD = Mask.K2;

    /// The same lanes as an immediate.
    private static final int ODD_LANES_OF_EIGHT = 0xaa;

    private final Assembler a;
    private final VectorUnit unit;
    private final Finish finish;
    private final Gpr constants;

    /// @param constants points to the header of [ConvolutionLayout]
    Requantization(Assembler a, VectorUnit unit, Finish finish, Gpr constants) {
        this.a = a;
        this.unit = unit;
        this.finish = finish;
        this.constants = constants;
    }

    /// What comes before any [#round].
    void begin(Gpr scratch) {
        if (finish instanceof Finish.FixedPoint && unit.hasMasks()) {
            a.mov(scratch, ODD_LANES);
            a.kmovw(ODD, scratch);
        }
    }

    /// Rounds a vector of sums.
    ///
    /// @param factors of the vector, as [ConvolutionLayout#FACTOR_VECTORS] counts them
    void round(Vector sum, Address factors, Vector scratch, Vector other) {
        switch (finish) {
            case Finish.FixedPoint fixed -> fixedPoint(sum, factors, scratch, other, fixed);
            case Finish.Real _ -> real(sum, factors, scratch, other);
            case Finish.Reals _,Finish.Scaled _ -> throw new IllegalArgumentException("codes that are real numbers");
        }
    }

    /// Whether the range is all of INT8.
    boolean saturates() {
        return switch (finish) {
            case Finish.FixedPoint fixed -> fixed.saturates();
            case Finish.Real real -> real.saturates();
            case Finish.Reals _,Finish.Scaled _ -> false;
        };
    }

    /// The first rounding in lanes of 64 bits, even lanes of the sums and odd ones apart, the second in ints.
    private void fixedPoint(Vector sum, Address factors, Vector odd, Vector scratch, Finish.FixedPoint fixed) {
        Address half = unit.constant(constants, ConvolutionLayout.FIRST_HALF);
        a.vpsrlq(odd, sum, Integer.SIZE);
        a.vpmuldq(sum, sum, factor(factors, ConvolutionLayout.MULTIPLIER));
        a.vpmuldq(odd, odd, factor(factors, ConvolutionLayout.MULTIPLIER + 1));
        a.vpaddq(sum, sum, half);
        a.vpaddq(odd, odd, half);
        // 31 bits to the right, in odd lanes as seen from the upper half: one to the left.
        a.vpsrlq(sum, sum, Integer.SIZE - 1);
        a.vpaddq(odd, odd, odd);
        if (unit.hasMasks()) {
            a.vpblendmd(sum.masked(ODD), sum, odd);
        } else {
            a.vpblendd(sum, sum, odd, ODD_LANES_OF_EIGHT);
        }
        if (fixed.roundsAway()) {
            a.vpsrad(scratch, sum, Integer.SIZE - 1);
            if (fixed.isMixed()) {
                away(scratch, factor(factors, ConvolutionLayout.AWAY));
            }
            a.vpaddd(sum, sum, scratch);
        }
        a.vpaddd(sum, sum, factor(factors, ConvolutionLayout.HALF));
        a.vpsravd(sum, sum, factor(factors, ConvolutionLayout.SHIFT));
    }

    private Address factor(Address factors, int vectors) {
        return factors.plus(vectors * unit.bytes());
    }

    private void away(Vector signs, Address channels) {
        if (unit.hasMasks()) {
            a.vpandd(signs, signs, channels);
        } else {
            a.vpand(signs, signs, channels);
        }
    }

    /// In double precision, half of the lanes after the other. Adding the largest double below a half, with the sign of the
    /// product, and cutting off rounds ties away from zero.
    private void real(Vector sum, Address factors, Vector lower, Vector scratch) {
        int half = unit.bits() / 2;
        if (unit.hasMasks()) {
            a.vextracti64x4(scratch.as(half), sum, 1);
        } else {
            a.vextracti128(scratch.as(half), sum, 1);
        }
        a.vcvtdq2pd(lower, sum.as(half));
        a.vcvtdq2pd(sum, scratch.as(half));
        a.vmulpd(lower, lower, factor(factors, ConvolutionLayout.MULTIPLIER));
        a.vmulpd(sum, sum, factor(factors, ConvolutionLayout.MULTIPLIER + 1));
        Address sign = unit.constant(constants, ConvolutionLayout.SIGN);
        Address almostHalf = unit.constant(constants, ConvolutionLayout.ALMOST_HALF);
        for (Vector product : List.of(lower, sum)) {
            if (unit.hasMasks()) {
                a.vpandq(scratch, product, sign);
                a.vporq(scratch, scratch, almostHalf);
            } else {
                a.vpand(scratch, product, sign);
                a.vpor(scratch, scratch, almostHalf);
            }
            a.vaddpd(product, product, scratch);
            a.vcvttpd2dq(product.as(half), product);
        }
        if (unit.hasMasks()) {
            a.vinserti64x4(sum, lower, sum.as(half), 1);
        } else {
            a.vinserti128(sum, lower, sum.as(half), 1);
        }
    }
}
