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

import java.util.function.Consumer;

/// The loop over elements that take 32 bits of a vector each while they are worked on: whole vectors, then what is left.
///
/// Called with the first input, the second, the output and constants, then how many bytes into each of the three to begin, and
/// `vectors << 16`, with a mask of the elements that are left after whole vectors.
public final class SpanLoop {
    /// Elements of a vector.
    public static final int STEP = 16;

    static final Gpr FIRST = RDI;
    static final Gpr SECOND = RSI;
    static final Gpr CONSTANTS = RCX;
    private static final Gpr OUTPUT = RDX;
    /// Elements of the vectors done.
    private static final Gpr DONE = R10;
    /// What is left, as a mask.
    private static final Gpr LEFT = R8;
    private static final Gpr SCRATCH = R9;
    private static final Mask REST = Mask.K1;
    private static final int EIGHT = 8;

    private final Assembler a;
    private boolean isRest;

    private SpanLoop(Assembler assembler) {
        this.a = assembler;
    }

    /// Writes it all, up to the return.
    ///
    /// @param constants writes what loads them from [#CONSTANTS]; the inputs are where they begin
    /// @param vector    writes what is done with one vector
    static void write(Assembler a, Runnable constants, Consumer<SpanLoop> vector) {
        SpanLoop loop = new SpanLoop(a);
        a.add(FIRST, R8);
        a.add(SECOND, R9);
        a.add(OUTPUT, Address.of(RSP).plus(Long.BYTES));
        a.mov(RAX, Address.of(RSP).plus(2 * Long.BYTES));
        constants.run();
        a.mov(LEFT, RAX);
        a.mov(DONE, 0);
        a.shr(RAX, STEP);
        Label rest = a.label();
        Label done = a.label();
        Label next = a.label();
        a.jcc(Condition.E, rest);
        a.align(16);
        a.bind(next);
        vector.accept(loop);
        a.add(DONE, STEP);
        a.sub(RAX, 1);
        a.jcc(Condition.NE, next);
        a.bind(rest);
        a.and(LEFT, (1 << STEP) - 1);
        a.jcc(Condition.E, done);
        a.kmovw(REST, LEFT);
        loop.isRest = true;
        vector.accept(loop);
        a.bind(done);
        a.vzeroupper();
        a.ret();
    }

    /// Whether this vector is what is left.
    boolean isRest() {
        return isRest;
    }

    /// A register as a destination: lanes past the last element become 0, and memory behind it is not touched.
    Vector lanes(Vector register) {
        return isRest ? register.zeroed(REST) : register;
    }

    /// The elements of this vector.
    ///
    /// @param bytes of one element
    Address at(Gpr base, int bytes) {
        return Address.of(base).index(DONE, bytes);
    }

    /// Where the results go.
    ///
    /// @param bytes of one element
    Address output(int bytes) {
        Address to = at(OUTPUT, bytes);
        return isRest ? to.masked(REST) : to;
    }

    /// Puts into a mask the first eight lanes of what is left, where so many are left, else none.
    void wholeEight(Mask to) {
        a.mov(SCRATCH, LEFT);
        a.shr(SCRATCH, EIGHT - 1);
        a.and(SCRATCH, 1);
        a.imul(SCRATCH, SCRATCH, (1 << EIGHT) - 1);
        a.kmovw(to, SCRATCH);
    }
}
