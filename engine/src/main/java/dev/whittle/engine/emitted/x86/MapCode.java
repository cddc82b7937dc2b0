package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Gpr.R8;
import static dev.whittle.engine.emitted.x86.Gpr.R9;
import static dev.whittle.engine.emitted.x86.Gpr.RAX;
import static dev.whittle.engine.emitted.x86.Gpr.RCX;
import static dev.whittle.engine.emitted.x86.Gpr.RDI;
import static dev.whittle.engine.emitted.x86.Gpr.RDX;
import static dev.whittle.engine.emitted.x86.Gpr.RSP;
import static dev.whittle.engine.emitted.x86.Vector.zmm;

/// Writes the code that looks each byte up in a table of 256, which lies in four registers: AVX-512 VBMI chooses among the bytes
/// of two by the lower seven bits of an index, the eighth between both choices.
///
/// Called with the input, anything, the output and the table, then how many bytes into the input to begin, a mask of the bytes
/// that are left after whole vectors, how many bytes into the output to begin, and how many vectors to map.
public final class MapCode {
    /// Bytes of a vector.
    public static final int STEP = 64;
    private static final int TABLES = 4;
    private static final Vector INDEX = zmm(TABLES);
    private static final Vector UPPER = zmm(TABLES + 1);
    private static final Mask IS_UPPER = Mask.K1;
    private static final Mask REST = Mask.K2;

    private final Assembler a = new Assembler();

    private MapCode() {}

    /// The code with its listing.
    public static Assembler write() {
        MapCode map = new MapCode();
        map.code();
        return map.a;
    }

    private void code() {
        for (int part = 0; part < TABLES; part++) {
            a.vmovdqu8(zmm(part), Address.of(RCX).plus(part * STEP));
        }
        a.add(RDI, R8);
        a.add(RDX, Address.of(RSP).plus(Long.BYTES));
        a.kmovq(REST, R9);
        Label rest = a.label();
        Label done = a.label();
        Label next = a.label();
        a.mov(RAX, Address.of(RSP).plus(2 * Long.BYTES));
        a.test(RAX, RAX);
        a.jcc(Condition.E, rest);
        a.align(16);
        a.bind(next);
        a.vmovdqu8(INDEX, Address.of(RDI));
        look();
        a.vmovdqu8(Address.of(RDX), INDEX);
        a.add(RDI, STEP);
        a.add(RDX, STEP);
        a.sub(RAX, 1);
        a.jcc(Condition.NE, next);
        a.bind(rest);
        a.test(R9, R9);
        a.jcc(Condition.E, done);
        a.vmovdqu8(INDEX.zeroed(REST), Address.of(RDI));
        look();
        a.vmovdqu8(Address.of(RDX).masked(REST), INDEX);
        a.bind(done);
        a.vzeroupper();
        a.ret();
    }

    private void look() {
        a.vpmovb2m(IS_UPPER, INDEX);
        a.vmovdqu8(UPPER, INDEX);
        a.vpermi2b(INDEX, zmm(0), zmm(1));
        a.vpermi2b(UPPER, zmm(2), zmm(3));
        a.vmovdqu8(INDEX.masked(IS_UPPER), UPPER);
    }
}
