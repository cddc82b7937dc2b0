package dev.whittle.engine.emitted.x86;

import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import java.util.List;

/// Writes the code that scales sums of 32 bits by the factor of their channel and rounds them, bit for bit as
/// [dev.whittle.engine.kernel.Convolution.Requantization] has it. Bounds and the zero point are left to the caller.
final class Requantization {
    private static final int ODD_LANES = 0xaaaa;
    private static final Mask ODD = Mask.K2;

    private final Assembler a;
    private final Finish finish;
    private final Gpr constants;

    /// @param constants points to the header of [ConvolutionLayout]
    Requantization(Assembler a, Finish finish, Gpr constants) {
        this.a = a;
        this.finish = finish;
        this.constants = constants;
    }

    /// What comes before any [#round].
    void begin(Gpr scratch) {
        if (finish instanceof Finish.FixedPoint) {
            a.mov(scratch, ODD_LANES);
            a.kmovw(ODD, scratch);
        }
    }

    /// Rounds 16 sums.
    ///
    /// @param factors of the vector, as [ConvolutionLayout#FACTOR_BYTES] counts them
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
        Address half = Address.of(constants).plus(ConvolutionLayout.FIRST_HALF).broadcast();
        a.vpsrlq(odd, sum, Integer.SIZE);
        a.vpmuldq(sum, sum, factors.plus(ConvolutionLayout.MULTIPLIER));
        a.vpmuldq(odd, odd, factors.plus(ConvolutionLayout.MULTIPLIER + ConvolutionLayout.VECTOR_BYTES));
        a.vpaddq(sum, sum, half);
        a.vpaddq(odd, odd, half);
        // 31 bits to the right, in odd lanes as seen from the upper half: one to the left.
        a.vpsrlq(sum, sum, Integer.SIZE - 1);
        a.vpaddq(odd, odd, odd);
        a.vpblendmd(sum.masked(ODD), sum, odd);
        if (fixed.roundsAway()) {
            a.vpsrad(scratch, sum, Integer.SIZE - 1);
            if (fixed.isMixed()) {
                a.vpandd(scratch, scratch, factors.plus(ConvolutionLayout.AWAY));
            }
            a.vpaddd(sum, sum, scratch);
        }
        a.vpaddd(sum, sum, factors.plus(ConvolutionLayout.HALF));
        a.vpsravd(sum, sum, factors.plus(ConvolutionLayout.SHIFT));
    }

    /// In double precision, half of the lanes after the other. Adding the largest double below a half, with the sign of the
    /// product, and cutting off rounds ties away from zero.
    private void real(Vector sum, Address factors, Vector lower, Vector scratch) {
        a.vextracti64x4(scratch.as(256), sum, 1);
        a.vcvtdq2pd(lower, sum.as(256));
        a.vcvtdq2pd(sum, scratch.as(256));
        a.vmulpd(lower, lower, factors.plus(ConvolutionLayout.MULTIPLIER));
        a.vmulpd(sum, sum, factors.plus(ConvolutionLayout.MULTIPLIER + ConvolutionLayout.VECTOR_BYTES));
        for (Vector product : List.of(lower, sum)) {
            a.vpandq(scratch, product, Address.of(constants).plus(ConvolutionLayout.SIGN).broadcast());
            a.vporq(scratch, scratch, Address.of(constants).plus(ConvolutionLayout.ALMOST_HALF).broadcast());
            a.vaddpd(product, product, scratch);
            a.vcvttpd2dq(product.as(256), product);
        }
        a.vinserti64x4(sum, lower, sum.as(256), 1);
    }
}
