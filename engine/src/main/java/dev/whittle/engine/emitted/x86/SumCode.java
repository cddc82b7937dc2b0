package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Gpr.R8;
import static dev.whittle.engine.emitted.x86.Gpr.R9;
import static dev.whittle.engine.emitted.x86.Gpr.RAX;
import static dev.whittle.engine.emitted.x86.Gpr.RCX;
import static dev.whittle.engine.emitted.x86.Gpr.RDI;
import static dev.whittle.engine.emitted.x86.Gpr.RDX;
import static dev.whittle.engine.emitted.x86.Gpr.RSI;
import static dev.whittle.engine.emitted.x86.Gpr.RSP;
import static dev.whittle.engine.emitted.x86.Vector.zmm;

import java.util.List;

/// Writes the code that adds codes of two scales, element by element, in AVX-512. The input of the larger scale weighs one half,
/// exactly; the other is multiplied in fixed point and rounded twice, ties away from zero, as is the sum.
///
/// A code has nine bits with its zero point off, so that its product with a multiplier cut in two fits ints, the upper part of
/// which leaves the bits that are rounded off empty. That of the sum takes lanes of 64 bits.
///
/// Four vectors at a time are first added in floats, with [#FRACTION] bits behind the point; where one of their sums lies as
/// near to where the code changes as the error can be, they are added again exactly.
///
/// Called with the input of the larger scale, the other one, the output and the constants below, then how many bytes into each
/// of the three to begin, and `vectors << 16`, with a mask of the codes that are left after whole vectors.
public final class SumCode {
    /// Codes of a vector.
    public static final int STEP = 16;

    /// Ints, at these places.
    public static final int COARSE_OFFSET = 0;
    public static final int FINE_ZERO_POINT = 4;
    public static final int FINE_LOWER = 8;
    public static final int FINE_UPPER = 12;
    public static final int FINE_HALF = 16;
    public static final int FINE_SHIFT = 20;
    public static final int OUTPUT_MULTIPLIER = 24;
    public static final int OUTPUT_HALF = 28;
    public static final int OUTPUT_SHIFT = 32;
    public static final int MINIMUM = 36;
    public static final int MAXIMUM = 40;
    public static final int ZERO_POINT = 44;
    /// A long: half of a step of the first rounding of the sum.
    public static final int FIRST_HALF = 48;
    /// Floats: what codes weigh, in units of the fraction, and what is added, with a half and the error; then ints: bits of
    /// the fraction that are not all 0 where nothing is in doubt, and the bounds of the output.
    public static final int QUICK_COARSE = 56;
    public static final int QUICK_FINE = 60;
    public static final int QUICK_ADDEND = 64;
    public static final int CLEAR = 68;
    public static final int LEAST_CODE = 72;
    public static final int LARGEST_CODE = 76;
    /// Bytes of all constants.
    public static final int CONSTANT_BYTES = 80;

    /// Bits behind the point of sums in floats.
    public static final int FRACTION = 16;

    /// Bits that inputs are shifted left by before they are scaled.
    public static final int LEFT_SHIFT = 20;
    /// Of a doubling high product of such.
    public static final int LOST_BITS = Integer.SIZE - 1 - LEFT_SHIFT;
    /// Of the lower part of a multiplier.
    public static final int LOW_BITS = 15;

    private static final int ODD_LANES = 0xaaaa;
    private static final Mask ODD = Mask.K2;
    private static final Mask REST = Mask.K1;
    private static final List<Mask> DOUBT = List.of(Mask.K3, Mask.K4, Mask.K5, Mask.K6);
    private static final Vector LOST_HALF = zmm(21);
    private static final int FIRST_CONSTANT = 8;

    private final Assembler a = new Assembler();
    private final boolean isSigned;

    private SumCode(boolean isSigned) {
        this.isSigned = isSigned;
    }

    /// The code with its listing.
    ///
    /// @param isSigned for INT8, else UINT8
    public static Assembler write(boolean isSigned) {
        SumCode sum = new SumCode(isSigned);
        sum.code();
        return sum.a;
    }

    private void code() {
        for (int at = COARSE_OFFSET; at < FIRST_HALF; at += Integer.BYTES) {
            a.vpbroadcastd(constant(at), Address.of(RCX).plus(at));
        }
        a.vpbroadcastq(constant(FIRST_HALF), Address.of(RCX).plus(FIRST_HALF));
        for (int at = QUICK_COARSE; at < CONSTANT_BYTES; at += Integer.BYTES) {
            a.vpbroadcastd(constant(at), Address.of(RCX).plus(at));
        }
        a.mov(RAX, 1 << LOST_BITS - 1);
        a.vpbroadcastd(LOST_HALF, RAX);
        a.mov(RAX, ODD_LANES);
        a.kmovw(ODD, RAX);
        a.add(RDI, R8);
        a.add(RSI, R9);
        a.add(RDX, Address.of(RSP).plus(Long.BYTES));
        a.mov(RAX, Address.of(RSP).plus(2 * Long.BYTES));
        a.kmovw(REST, RAX);
        a.mov(RCX, RAX);
        a.shr(RAX, STEP);
        a.and(RCX, (1 << STEP) - 1);
        Label single = a.label();
        Label rest = a.label();
        Label done = a.label();
        Label doubtful = a.label();
        Label added = a.label();
        Label next = a.label();
        Label nextSingle = a.label();
        a.sub(RAX, DOUBT.size());
        a.jcc(Condition.L, single);
        a.align(16);
        a.bind(next);
        quick(doubtful);
        a.bind(added);
        moveOn(DOUBT.size());
        a.sub(RAX, DOUBT.size());
        a.jcc(Condition.GE, next);
        a.bind(single);
        a.add(RAX, DOUBT.size());
        a.jcc(Condition.E, rest);
        a.bind(nextSingle);
        element(zmm(0), zmm(1), 0, Address.of(RDX));
        moveOn(1);
        a.sub(RAX, 1);
        a.jcc(Condition.NE, nextSingle);
        a.bind(rest);
        a.test(RCX, RCX);
        a.jcc(Condition.E, done);
        element(zmm(0).zeroed(REST), zmm(1).zeroed(REST), 0, Address.of(RDX).masked(REST));
        a.bind(done);
        a.vzeroupper();
        a.ret();
        a.bind(doubtful);
        for (int vector = 0; vector < DOUBT.size(); vector++) {
            element(zmm(0), zmm(1), vector * STEP, Address.of(RDX).plus(vector * STEP));
        }
        a.jmp(added);
    }

    private void moveOn(int vectors) {
        for (Gpr pointer : List.of(RDI, RSI, RDX)) {
            a.add(pointer, vectors * STEP);
        }
    }

    /// Nothing is stored before no sum is in doubt, since the output may lie where an input does.
    private void quick(Label doubtful) {
        for (int vector = 0; vector < DOUBT.size(); vector++) {
            Vector coarse = zmm(2 * vector);
            Vector fine = zmm(2 * vector + 1);
            load(coarse, Address.of(RDI).plus(vector * STEP));
            load(fine, Address.of(RSI).plus(vector * STEP));
            a.vcvtdq2ps(coarse, coarse);
            a.vcvtdq2ps(fine, fine);
            a.vfmadd213ps(coarse, constant(QUICK_COARSE), constant(QUICK_ADDEND));
            a.vfmadd231ps(coarse, fine, constant(QUICK_FINE));
            a.vcvtps2dq(coarse, coarse);
            a.vptestnmd(DOUBT.get(vector), coarse, constant(CLEAR));
        }
        for (int vector = 0; vector < DOUBT.size(); vector += 2) {
            a.kortestw(DOUBT.get(vector), DOUBT.get(vector + 1));
            a.jcc(Condition.NE, doubtful);
        }
        for (int vector = 0; vector < DOUBT.size(); vector++) {
            Vector sum = zmm(2 * vector);
            a.vpsrad(sum, sum, FRACTION);
            a.vpmaxsd(sum, sum, constant(LEAST_CODE));
            a.vpminsd(sum, sum, constant(LARGEST_CODE));
            a.vpmovdb(Address.of(RDX).plus(vector * STEP), sum);
        }
    }

    private static Vector constant(int at) {
        return zmm(FIRST_CONSTANT + at / Integer.BYTES);
    }

    private void element(Vector coarseLanes, Vector fineLanes, int at, Address to) {
        load(coarseLanes, Address.of(RDI).plus(at));
        load(fineLanes, Address.of(RSI).plus(at));
        Vector coarse = zmm(0);
        Vector fine = zmm(1);
        Vector lower = zmm(2);
        Vector odd = zmm(3);
        a.vpsubd(fine, fine, constant(FINE_ZERO_POINT));
        a.vpmulld(lower, fine, constant(FINE_LOWER));
        a.vpmulld(fine, fine, constant(FINE_UPPER));
        a.vpaddd(lower, lower, LOST_HALF);
        a.vpsrad(lower, lower, LOST_BITS);
        a.vpaddd(fine, fine, lower);
        shiftRight(fine, lower, constant(FINE_HALF), constant(FINE_SHIFT));
        a.vpslld(coarse, coarse, LEFT_SHIFT - 1);
        a.vpaddd(fine, fine, constant(COARSE_OFFSET));
        a.vpaddd(coarse, coarse, fine);
        a.vpsrlq(odd, coarse, Integer.SIZE);
        a.vpmuldq(coarse, coarse, constant(OUTPUT_MULTIPLIER));
        a.vpmuldq(odd, odd, constant(OUTPUT_MULTIPLIER));
        a.vpaddq(coarse, coarse, constant(FIRST_HALF));
        a.vpaddq(odd, odd, constant(FIRST_HALF));
        a.vpsrlq(coarse, coarse, Integer.SIZE - 1);
        a.vpaddq(odd, odd, odd);
        a.vpblendmd(coarse.masked(ODD), coarse, odd);
        shiftRight(coarse, lower, constant(OUTPUT_HALF), constant(OUTPUT_SHIFT));
        a.vpmaxsd(coarse, coarse, constant(MINIMUM));
        a.vpminsd(coarse, coarse, constant(MAXIMUM));
        a.vpaddd(coarse, coarse, constant(ZERO_POINT));
        a.vpmovdb(coarse.as(128), coarse);
        a.vmovdqu8(to, coarse.as(128));
    }

    private void load(Vector to, Address from) {
        if (isSigned) {
            a.vpmovsxbd(to, from);
        } else {
            a.vpmovzxbd(to, from);
        }
    }

    /// Rounds to nearest, ties away from zero.
    private void shiftRight(Vector value, Vector scratch, Vector half, Vector shift) {
        a.vpsrad(scratch, value, Integer.SIZE - 1);
        a.vpaddd(value, value, half);
        a.vpaddd(value, value, scratch);
        a.vpsravd(value, value, shift);
    }
}
