package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Gpr.R10;
import static dev.whittle.engine.emitted.x86.Gpr.R8;
import static dev.whittle.engine.emitted.x86.Gpr.R9;
import static dev.whittle.engine.emitted.x86.Gpr.RAX;
import static dev.whittle.engine.emitted.x86.Gpr.RCX;
import static dev.whittle.engine.emitted.x86.Gpr.RDI;
import static dev.whittle.engine.emitted.x86.Gpr.RDX;
import static dev.whittle.engine.emitted.x86.Gpr.RSI;
import static dev.whittle.engine.emitted.x86.Gpr.RSP;
import static dev.whittle.engine.emitted.x86.Vector.zmm;

import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;

/// Writes the code that combines floats of two inputs, element by element, or all of one with one of the other, and clamps what
/// comes of it, in AVX-512. The output may lie where an input lies that is not repeated.
///
/// Called with the first input, the second, the output and the bounds below, then how many bytes into each of the three to
/// begin, and `vectors << 16`, with a mask of the floats that are left after whole vectors.
public final class ArithmeticCode {
    /// Floats of a vector.
    public static final int STEP = 16;

    /// Floats, at these places.
    public static final int MINIMUM = 0;
    public static final int MAXIMUM = 4;
    /// Bytes of both.
    public static final int CONSTANT_BYTES = 8;

    private static final Mask REST = Mask.K1;
    private static final Vector VALUE = zmm(0);
    private static final Vector OPERAND = zmm(1);
    private static final Vector REPEATED = zmm(2);
    private static final Vector LEAST = zmm(3);
    private static final Vector MOST = zmm(4);
    /// Bytes of the vectors done.
    private static final Gpr DONE = R10;

    private final Assembler a = new Assembler();
    private final Operation operation;
    private final boolean repeatsFirst;
    private final boolean repeatsSecond;

    private ArithmeticCode(Operation operation, boolean repeatsFirst, boolean repeatsSecond) {
        this.operation = operation;
        this.repeatsFirst = repeatsFirst;
        this.repeatsSecond = repeatsSecond;
    }

    /// The code with its listing.
    ///
    /// @param repeatsFirst  whether one float of the first input meets all of the second
    /// @param repeatsSecond the other way round; not both
    public static Assembler write(Operation operation, boolean repeatsFirst, boolean repeatsSecond) {
        ArithmeticCode arithmetic = new ArithmeticCode(operation, repeatsFirst, repeatsSecond);
        arithmetic.code();
        return arithmetic.a;
    }

    private void code() {
        a.add(RDI, R8);
        a.add(RSI, R9);
        a.add(RDX, Address.of(RSP).plus(Long.BYTES));
        a.mov(RAX, Address.of(RSP).plus(2 * Long.BYTES));
        a.vbroadcastss(LEAST, Address.of(RCX).plus(MINIMUM));
        a.vbroadcastss(MOST, Address.of(RCX).plus(MAXIMUM));
        if (repeatsFirst || repeatsSecond) {
            a.vbroadcastss(REPEATED, Address.of(repeatsFirst ? RDI : RSI));
        }
        a.kmovw(REST, RAX);
        a.mov(RCX, RAX);
        a.mov(DONE, 0);
        a.shr(RAX, STEP);
        Label rest = a.label();
        Label done = a.label();
        Label next = a.label();
        a.jcc(Condition.E, rest);
        a.align(16);
        a.bind(next);
        elements(VALUE, OPERAND, here(RDX));
        a.add(DONE, STEP * Float.BYTES);
        a.sub(RAX, 1);
        a.jcc(Condition.NE, next);
        a.bind(rest);
        a.and(RCX, (1 << STEP) - 1);
        a.jcc(Condition.E, done);
        elements(VALUE.zeroed(REST), OPERAND.zeroed(REST), here(RDX).masked(REST));
        a.bind(done);
        a.vzeroupper();
        a.ret();
    }

    private static Address here(Gpr base) {
        return Address.of(base).index(DONE, 1);
    }

    private void elements(Vector value, Vector operand, Address to) {
        if (!repeatsFirst) {
            a.vmovups(operand, here(RDI));
        }
        combine(value, repeatsFirst ? REPEATED : OPERAND, repeatsSecond ? REPEATED : here(RSI));
        // The second operand stays where the two do not compare or are equal: as Java's min > x ? min : x.
        a.vmaxps(VALUE, LEAST, VALUE);
        a.vminps(VALUE, MOST, VALUE);
        a.vmovups(to, VALUE);
    }

    private void combine(Vector to, Vector x, VectorSource y) {
        switch (operation) {
            case ADD -> a.vaddps(to, x, y);
            case SUB -> a.vsubps(to, x, y);
            case MUL -> a.vmulps(to, x, y);
            case DIV -> a.vdivps(to, x, y);
            case MAXIMUM -> a.vmaxps(to, x, y);
            case MINIMUM -> a.vminps(to, x, y);
        }
    }
}
