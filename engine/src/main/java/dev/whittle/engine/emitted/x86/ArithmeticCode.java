package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Vector.zmm;

import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;

/// Writes the code that combines floats of two inputs, element by element, or all of one with one of the other, and clamps what
/// comes of it, in AVX-512. The output may lie where an input lies that is not repeated. Called as [SpanLoop] says.
public final class ArithmeticCode {
    /// Floats, at these places.
    public static final int MINIMUM = 0;
    public static final int MAXIMUM = 4;
    /// Bytes of both.
    public static final int CONSTANT_BYTES = 8;

    private static final Vector VALUE = zmm(0);
    private static final Vector OPERAND = zmm(1);
    private static final Vector REPEATED = zmm(2);
    private static final Vector LEAST = zmm(3);
    private static final Vector MOST = zmm(4);

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
        SpanLoop.write(arithmetic.a, arithmetic::constants, arithmetic::vector);
        return arithmetic.a;
    }

    private void constants() {
        a.vbroadcastss(LEAST, Address.of(SpanLoop.CONSTANTS).plus(MINIMUM));
        a.vbroadcastss(MOST, Address.of(SpanLoop.CONSTANTS).plus(MAXIMUM));
        if (repeatsFirst || repeatsSecond) {
            a.vbroadcastss(REPEATED, Address.of(repeatsFirst ? SpanLoop.FIRST : SpanLoop.SECOND));
        }
    }

    private void vector(SpanLoop loop) {
        if (!repeatsFirst) {
            a.vmovups(loop.lanes(OPERAND), loop.at(SpanLoop.FIRST, Float.BYTES));
        }
        combine(loop.lanes(VALUE), repeatsFirst ? REPEATED : OPERAND,
                repeatsSecond ? REPEATED : loop.at(SpanLoop.SECOND, Float.BYTES));
        // The second operand stays where the two do not compare or are equal: as Java's min > x ? min : x.
        a.vmaxps(VALUE, LEAST, VALUE);
        a.vminps(VALUE, MOST, VALUE);
        a.vmovups(loop.output(Float.BYTES), VALUE);
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
