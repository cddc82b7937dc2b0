package dev.whittle.engine.emitted.x86;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes machine code for x86-64.
///
/// A method per instruction, named by its mnemonic, operands in the manual's order: destination first. A vector
/// instruction takes its VEX form where that exists and can say what is asked (registers 0 to 15, 128 or 256 bits, no
/// mask, no broadcast), and its EVEX form otherwise. Whether the processor has the instruction is for the caller to know.
///
/// Operands that no encoding can hold (mixed widths, a mask on a source, a broadcast where there is none) are an
/// [IllegalArgumentException] of one line.
///
/// ```java
/// Assembler a = new Assembler();
/// Label loop = a.label();
/// a.bind(loop);
/// a.vmovups(zmm(1), Address.of(RSI));
/// a.vfmadd231ps(zmm(0), zmm(1), Address.of(RDX).broadcast());
/// a.add(RSI, 64);
/// a.sub(RCX, 1);
/// a.jcc(Condition.NE, loop);
/// a.ret();
/// ```
public final class Assembler {
    private static final int NO_IMMEDIATE = Encoder.NO_IMMEDIATE;

    private final Encoder encoder = new Encoder();

    /// The bytes so far. A label that is jumped to and not bound is an [IllegalStateException].
    public byte[] code() {
        return encoder.code();
    }

    /// Bytes so far.
    public int size() {
        return encoder.size();
    }

    /// What was written, a line per instruction and label.
    public List<ListingLine> listing() {
        return encoder.listing();
    }

    // ---- labels and branches

    /// A place not yet bound.
    public Label label() {
        return encoder.label();
    }

    /// Puts the label here; once.
    public void bind(Label label) {
        encoder.bind(label);
    }

    /// JMP
    public void jmp(Label label) {
        encoder.jump("jmp", 0xEB, new int[]{0xE9}, label);
    }

    /// Jcc
    public void jcc(Condition condition, Label label) {
        encoder.jump("j" + condition, 0x70 | condition.code(), new int[]{0x0F, 0x80 | condition.code()}, label);
    }

    /// Fills up with NOPs to a multiple of so many bytes, a power of two, from the start of the code.
    public void align(int multiple) {
        if (multiple < 1 || Integer.bitCount(multiple) != 1) {
            throw new IllegalArgumentException("alignment to " + multiple + " bytes, must be a power of two");
        }
        for (int missing = -size() & multiple - 1; missing > 0; missing -= Math.min(missing, NOPS.size())) {
            List<Integer> nop = NOPS.get(Math.min(missing, NOPS.size()) - 1);
            encoder.line(".byte", 0, nop.toArray());
            for (int value : nop) {
                encoder.put(value);
            }
        }
    }

    /// NOP, table 4-12, "Recommended Multi-Byte Sequence of NOP Instruction".
    private static final List<List<Integer>> NOPS = List.of(
            List.of(0x90),
            List.of(0x66, 0x90),
            List.of(0x0F, 0x1F, 0x00),
            List.of(0x0F, 0x1F, 0x40, 0x00),
            List.of(0x0F, 0x1F, 0x44, 0x00, 0x00),
            List.of(0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00),
            List.of(0x0F, 0x1F, 0x80, 0x00, 0x00, 0x00, 0x00),
            List.of(0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00),
            List.of(0x66, 0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00));

    // ---- integer instructions, of 64 bits unless named otherwise
    // One instruction a line, as in a table.
    // @formatter:off

    /// MOV
    public void mov(Gpr to, Gpr from) { integer("mov", 0x89, from.number(), to, 0, to, from); }
    /// MOV
    public void mov(Gpr to, Address from) { integer("mov", 0x8B, to.number(), from, 64, to, from); }
    /// MOV
    public void mov(Address to, Gpr from) { integer("mov", 0x89, from.number(), to, 64, to, from); }
    /// MOV of 32 bits; the upper half of the register becomes 0
    public void mov32(Gpr to, Address from) { integer32("mov", 0x8B, to.number(), from, 32, to.name32(), from); }
    /// MOV of 32 bits
    public void mov32(Address to, Gpr from) { integer32("mov", 0x89, from.number(), to, 32, to, from.name32()); }
    /// MOV of 32 bits; the upper half of the register becomes 0
    public void mov32(Gpr to, Gpr from) { integer32("mov", 0x89, from.number(), to, 0, to.name32(), from.name32()); }
    /// MOVZX
    public void movzxByte(Gpr to, Address from) { integer32("movzx", 0x0FB6, to.number(), from, 8, to.name32(), from); }
    /// MOVZX
    public void movzxWord(Gpr to, Address from) { integer32("movzx", 0x0FB7, to.number(), from, 16, to.name32(), from); }
    /// MOVSX/MOVSXD
    public void movsxByte(Gpr to, Address from) { integer("movsx", 0x0FBE, to.number(), from, 8, to, from); }
    /// MOVSX/MOVSXD
    public void movsxWord(Gpr to, Address from) { integer("movsx", 0x0FBF, to.number(), from, 16, to, from); }
    /// MOVSX/MOVSXD
    public void movsxd(Gpr to, Address from) { integer("movsxd", 0x63, to.number(), from, 32, to, from); }
    /// LEA
    public void lea(Gpr to, Address from) { integer("lea", 0x8D, to.number(), from, 0, to, from); }
    /// ADD
    public void add(Gpr to, IntegerSource from) { arithmetic("add", 0, to, from); }
    /// ADD
    public void add(Gpr to, int immediate) { arithmetic("add", 0, to, immediate); }
    /// OR
    public void or(Gpr to, IntegerSource from) { arithmetic("or", 1, to, from); }
    /// OR
    public void or(Gpr to, int immediate) { arithmetic("or", 1, to, immediate); }
    /// AND
    public void and(Gpr to, IntegerSource from) { arithmetic("and", 4, to, from); }
    /// AND
    public void and(Gpr to, int immediate) { arithmetic("and", 4, to, immediate); }
    /// SUB
    public void sub(Gpr to, IntegerSource from) { arithmetic("sub", 5, to, from); }
    /// SUB
    public void sub(Gpr to, int immediate) { arithmetic("sub", 5, to, immediate); }
    /// XOR
    public void xor(Gpr to, IntegerSource from) { arithmetic("xor", 6, to, from); }
    /// XOR
    public void xor(Gpr to, int immediate) { arithmetic("xor", 6, to, immediate); }
    /// CMP
    public void cmp(Gpr a, IntegerSource b) { arithmetic("cmp", 7, a, b); }
    /// CMP
    public void cmp(Gpr a, int immediate) { arithmetic("cmp", 7, a, immediate); }
    /// TEST
    public void test(Gpr a, Gpr b) { integer("test", 0x85, b.number(), a, 0, a, b); }
    /// NEG
    public void neg(Gpr to) { integer("neg", 0xF7, 3, to, 0, to); }
    /// SAL/SAR/SHL/SHR
    public void shl(Gpr to, int count) { shiftBy("shl", 4, to, count); }
    /// SAL/SAR/SHL/SHR
    public void shr(Gpr to, int count) { shiftBy("shr", 5, to, count); }
    /// SAL/SAR/SHL/SHR
    public void sar(Gpr to, int count) { shiftBy("sar", 7, to, count); }
    /// PUSH
    public void push(Gpr from) { pushPop("push", 0x50, from); }
    /// POP
    public void pop(Gpr to) { pushPop("pop", 0x58, to); }
    /// RET
    public void ret() { bytes("ret", 0xC3); }
    /// NOP
    public void nop() { bytes("nop", 0x90); }
    /// UD
    public void ud2() { bytes("ud2", 0x0F, 0x0B); }
    /// CPUID
    public void cpuid() { bytes("cpuid", 0x0F, 0xA2); }
    /// XGETBV
    public void xgetbv() { bytes("xgetbv", 0x0F, 0x01, 0xD0); }
    /// VZEROUPPER
    public void vzeroupper() { bytes("vzeroupper", 0xC5, 0xF8, 0x77); }
    /// PREFETCHh
    public void prefetcht0(Address at) { integer32("prefetcht0", 0x0F18, 1, at, 8, at); }
    // @formatter:on

    /// MOV, in the shortest form: 32 bits without sign, 32 bits with sign, 64 bits.
    public void mov(Gpr to, long immediate) {
        if (immediate == (immediate & 0xFFFF_FFFFL)) {
            encoder.line("mov", 0, to.name32(), immediate);
            rexB(0, to);
            encoder.put(0xB8 | to.number() & 7);
            encoder.putInt((int) immediate);
        } else if (immediate == (int) immediate) {
            integer("mov", 0xC7, 0, to, 0, to, immediate);
            encoder.putInt((int) immediate);
        } else {
            encoder.line("movabs", 0, to, immediate);
            rexB(8, to);
            encoder.put(0xB8 | to.number() & 7);
            encoder.putLong(immediate);
        }
    }

    /// IMUL
    public void imul(Gpr to, Gpr from, int immediate) {
        boolean small = immediate == (byte) immediate;
        integer("imul", small ? 0x6B : 0x69, to.number(), from, 0, to, from, immediate);
        signed(immediate, small);
    }

    /// IMUL
    public void imul(Gpr to, IntegerSource from) {
        integer("imul", 0x0FAF, to.number(), from, 64, to, from);
    }

    /// CMOVcc
    public void cmov(Condition condition, Gpr to, IntegerSource from) {
        integer("cmov" + condition, 0x0F40 | condition.code(), to.number(), from, 64, to, from);
    }

    /// The eight instructions whose opcodes differ in bits 3 to 5 only. Between registers the form that stores.
    private void arithmetic(String mnemonic, int number, Gpr to, IntegerSource from) {
        if (from instanceof Gpr) {
            integer(mnemonic, number << 3 | 1, from.number(), to, 0, to, from);
        } else {
            integer(mnemonic, number << 3 | 3, to.number(), from, 64, to, from);
        }
    }

    private void arithmetic(String mnemonic, int number, Gpr to, int immediate) {
        boolean small = immediate == (byte) immediate;
        if (!small && to == Gpr.RAX) {
            encoder.line(mnemonic, 0, to, immediate);
            encoder.put(0x48);
            encoder.put(number << 3 | 5);
        } else {
            integer(mnemonic, small ? 0x83 : 0x81, number, to, 0, to, immediate);
        }
        signed(immediate, small);
    }

    private void shiftBy(String mnemonic, int number, Gpr to, int count) {
        if (count < 1 || count > 63) {
            throw new IllegalArgumentException(mnemonic + " by " + count + " bits, must be 1 to 63");
        }
        integer(mnemonic, count == 1 ? 0xD1 : 0xC1, number, to, 0, to, count);
        if (count != 1) {
            encoder.put(count);
        }
    }

    private void pushPop(String mnemonic, int opcode, Gpr register) {
        encoder.line(mnemonic, 0, register);
        rexB(0, register);
        encoder.put(opcode | register.number() & 7);
    }

    private void integer(String mnemonic, int opcode, int reg, IntegerSource rm, int memoryBits, Object... operands) {
        encoder.integer(mnemonic, opcode, true, reg, rm, memoryBits, operands);
    }

    private void integer32(String mnemonic, int opcode, int reg, IntegerSource rm, int memoryBits, Object... operands) {
        encoder.integer(mnemonic, opcode, false, reg, rm, memoryBits, operands);
    }

    private void signed(int immediate, boolean small) {
        if (small) {
            encoder.put(immediate);
        } else {
            encoder.putInt(immediate);
        }
    }

    /// REX for a register in the opcode.
    private void rexB(int bits, Gpr register) {
        int rex = bits | register.number() >> 3;
        if (rex != 0) {
            encoder.put(0x40 | rex);
        }
    }

    private void bytes(String text, int... values) {
        encoder.line(text, 0);
        for (int value : values) {
            encoder.put(value);
        }
    }

    // ---- the shapes of vector instructions

    private void three(Op op, Vector to, Vector a, VectorSource b) {
        three(op, null, to, a, b, NO_IMMEDIATE);
    }

    private void three(Op op, @Nullable Prefix prefix, Vector to, Vector a, VectorSource b, int immediate) {
        source(op, to.bits(), a);
        source(op, to.bits(), b);
        emit(op, prefix, to.bits(), to.number(), a.number(), b, to, immediate, to, a, b);
    }

    private void two(Op op, Vector to, VectorSource from, int immediate) {
        source(op, to.bits(), from);
        emit(op, null, to.bits(), to.number(), 0, from, to, immediate, to, from);
    }

    private void move(Op load, Op store, Vector to, VectorSource from) {
        if (from instanceof Vector register && isShorterStored(load, to, register)) {
            source(load, to.bits(), from);
            emit(store, null, to.bits(), register.number(), 0, to, to, NO_IMMEDIATE, to, from);
        } else {
            two(load, to, from, NO_IMMEDIATE);
        }
    }

    private void merge(Op load, Op store, Vector to, Vector upper, Vector from) {
        if (isShorterStored(load, to, from) && upper.number() < 16) {
            source(store, to.bits(), upper);
            source(store, to.bits(), from);
            emit(store, null, to.bits(), unmasked(from).number(), upper.number(), to, to, NO_IMMEDIATE, to,
                    upper, from);
        } else {
            three(load, to, upper, from);
        }
    }

    /// Whether a move from register to register saves a byte of VEX prefix as a store, which has the number of the source
    /// in ModRM.reg.
    private static boolean isShorterStored(Op op, Vector to, Vector from) {
        return op.hasVex() && from.number() >= 8 && from.number() < 16 && to.number() < 8 && to.bits() < 512
                && !to.isMasked();
    }

    private void store(Op op, Address to, Vector from) {
        emit(op, null, from.bits(), unmasked(from).number(), 0, to, to, NO_IMMEDIATE, to, from);
    }

    /// @param parts how many source registers a destination has room for, 0 where the source is always 128 bits
    private void widen(Op op, int parts, Vector to, VectorSource from) {
        source(op, parts == 0 ? 128 : Math.max(128, to.bits() / parts), from);
        emit(op, null, to.bits(), to.number(), 0, from, to, NO_IMMEDIATE, to, from);
    }

    private void narrow(Op op, int parts, Vector to, Vector from) {
        width(op, Math.max(128, from.bits() / parts), to);
        emit(op, null, from.bits(), unmasked(from).number(), 0, to, to, NO_IMMEDIATE, to, from);
    }

    /// Half the width of the source in the destination. From memory only 512 bits: a destination of 128 bits does not say
    /// whether 128 or 256 are meant.
    private void halve(Op op, Vector to, VectorSource from) {
        int bits = from instanceof Vector register ? register.bits() : 512;
        width(op, Math.max(128, bits / 2), to);
        source(op, bits, from);
        emit(op, null, bits, to.number(), 0, from, to, NO_IMMEDIATE, to, from);
    }

    private void compare(Op op, Mask to, Vector a, VectorSource b, int predicate) {
        source(op, a.bits(), a);
        source(op, a.bits(), b);
        emit(op, Prefix.EVEX, a.bits(), to.number(), a.number(), b, to, predicate, to, a, b);
    }

    /// By a constant: the destination in `vvvv`, the source in memory in EVEX only.
    private void shift(Op op, int number, Vector to, VectorSource from, int count) {
        source(op, to.bits(), from);
        emit(op, from instanceof Address ? Prefix.EVEX : null, to.bits(), number, to.number(), from, to, count, to,
                from);
    }

    private void insert(Op op, int partBits, Vector to, Vector a, VectorSource part, int position) {
        source(op, to.bits(), a);
        source(op, partBits, part);
        emit(op, null, to.bits(), to.number(), a.number(), part, to, position, to, a, part);
    }

    private void extract(Op op, int partBits, Vector to, Vector from, int position) {
        width(op, partBits, to);
        emit(op, null, from.bits(), unmasked(from).number(), 0, to, to, position, to, from);
    }

    private void extract(Op op, Address to, Vector from, int position) {
        emit(op, null, from.bits(), unmasked(from).number(), 0, to, to, position, to, from);
    }

    private void element(Op op, Address to, Vector from, int element) {
        extract(op, unmasked(to), low(from), element);
    }

    private void blendBySigns(Op op, Vector to, Vector a, VectorSource b, Vector signs) {
        source(op, to.bits(), a);
        source(op, to.bits(), b);
        source(op, to.bits(), signs);
        if (signs.number() > 15) {
            throw new IllegalArgumentException(op.mnemonic() + " by " + signs + ", must be register 0 to 15");
        }
        emit(op, null, to.bits(), to.number(), a.number(), b, to, NO_IMMEDIATE, to, a, b, signs);
        encoder.put(signs.number() << 4);
    }

    private void fromGpr(Op op, Vector to, Gpr from, String name) {
        emit(op, null, to.bits(), to.number(), 0, from, to, NO_IMMEDIATE, to, name);
    }

    /// Between kinds of registers.
    private void transfer(Op op, int bits, Operand reg, Operand rm, Object... operands) {
        emit(op, null, bits, reg.number(), 0, rm, operands[0], NO_IMMEDIATE, operands);
    }

    private void emit(Op op, @Nullable Prefix prefix, int bits, int reg, int second, Operand rm, Object destination,
            int immediate, Object... operands) {
        encoder.vector(op, prefix, bits, reg, second, rm, destination, immediate, operands);
    }

    // ---- what operands may be

    private static Vector unmasked(Vector vector) {
        if (vector.isMasked()) {
            throw new IllegalArgumentException("mask on " + vector + ", which this instruction does not mask");
        }
        return vector;
    }

    private static Address unmasked(Address address) {
        if (address.isMasked()) {
            throw new IllegalArgumentException("mask on " + address + ", which this instruction does not mask");
        }
        return address;
    }

    private static Vector low(Vector vector) {
        if (vector.bits() != 128) {
            throw new IllegalArgumentException(vector + " where one element is meant, must be an xmm register");
        }
        return vector;
    }

    private static Vector atLeast(int bits, Vector vector) {
        if (vector.bits() < bits) {
            throw new IllegalArgumentException(vector + ", must have at least " + bits + " bits");
        }
        return vector;
    }

    /// Memory has the width that the instruction gives it.
    private static void source(Op op, int bits, VectorSource source) {
        if (source instanceof Vector vector) {
            width(op, bits, unmasked(vector));
        } else if (source instanceof Address address) {
            unmasked(address);
        }
    }

    private static void width(Op op, int bits, Vector vector) {
        if (vector.bits() != bits) {
            throw new IllegalArgumentException(op.mnemonic() + " with " + vector + ", must have " + bits + " bits");
        }
    }

    // ---- vector instructions
    // One instruction a line, as in a table.
    // @formatter:off

    // Moves.
    /// MOVUPS
    public void vmovups(Vector to, VectorSource from) { move(Op.VMOVUPS, Op.VMOVUPS_STORE, to, from); }
    /// MOVUPS
    public void vmovups(Address to, Vector from) { store(Op.VMOVUPS_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu(Vector to, VectorSource from) { move(Op.VMOVDQU, Op.VMOVDQU_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu(Address to, Vector from) { store(Op.VMOVDQU_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu8(Vector to, VectorSource from) { move(Op.VMOVDQU8, Op.VMOVDQU8_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu8(Address to, Vector from) { store(Op.VMOVDQU8_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu16(Vector to, VectorSource from) { move(Op.VMOVDQU16, Op.VMOVDQU16_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu16(Address to, Vector from) { store(Op.VMOVDQU16_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu32(Vector to, VectorSource from) { move(Op.VMOVDQU32, Op.VMOVDQU32_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu32(Address to, Vector from) { store(Op.VMOVDQU32_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu64(Vector to, VectorSource from) { move(Op.VMOVDQU64, Op.VMOVDQU64_STORE, to, from); }
    /// MOVDQU, VMOVDQU8/16/32/64
    public void vmovdqu64(Address to, Vector from) { store(Op.VMOVDQU64_STORE, to, from); }
    /// MOVSS
    public void vmovss(Vector to, Address from) { widen(Op.VMOVSS, 0, low(to), from); }
    /// MOVSS
    public void vmovss(Address to, Vector from) { store(Op.VMOVSS_STORE, to, low(from)); }
    /// MOVSS, the elements above the first from `upper`
    public void vmovss(Vector to, Vector upper, Vector from) { merge(Op.VMOVSS, Op.VMOVSS_STORE, low(to), upper, from); }
    /// MOVD/MOVQ
    public void vmovd(Vector to, Gpr from) { transfer(Op.VMOVD, 128, low(unmasked(to)), from, to, from.name32()); }
    /// MOVD/MOVQ
    public void vmovd(Vector to, Address from) { widen(Op.VMOVD, 0, low(unmasked(to)), from); }
    /// MOVD/MOVQ
    public void vmovd(Gpr to, Vector from) {
        transfer(Op.VMOVD_STORE, 128, low(unmasked(from)), to, to.name32(), from);
    }
    /// MOVD/MOVQ
    public void vmovd(Address to, Vector from) { store(Op.VMOVD_STORE, unmasked(to), low(from)); }
    /// MOVQ
    public void vmovq(Vector to, Vector from) { move(Op.VMOVQ, Op.VMOVQ_STORE, low(unmasked(to)), from); }
    /// MOVQ, MOVD/MOVQ
    public void vmovq(Vector to, Address from) {
        widen(to.number() > 15 ? Op.VMOVQ_FROM_GPR : Op.VMOVQ, 0, low(unmasked(to)), from);
    }
    /// MOVQ, MOVD/MOVQ
    public void vmovq(Address to, Vector from) {
        store(from.number() > 15 ? Op.VMOVQ_TO_GPR : Op.VMOVQ_STORE, unmasked(to), low(from));
    }
    /// MOVD/MOVQ
    public void vmovq(Vector to, Gpr from) { transfer(Op.VMOVQ_FROM_GPR, 128, low(unmasked(to)), from, to, from); }
    /// MOVD/MOVQ
    public void vmovq(Gpr to, Vector from) { transfer(Op.VMOVQ_TO_GPR, 128, low(unmasked(from)), to, to, from); }
    /// VMASKMOV, of elements whose sign in `mask` is set; others become 0, and are not read
    public void vmaskmovps(Vector to, Vector mask, Address from) { three(Op.VMASKMOVPS, to, mask, from); }
    /// VBROADCAST
    public void vbroadcastss(Vector to, VectorSource from) { widen(Op.VBROADCASTSS, 0, to, from); }
    /// VPBROADCAST
    public void vpbroadcastb(Vector to, VectorSource from) { widen(Op.VPBROADCASTB, 0, to, from); }
    /// VPBROADCASTB/W/D/Q
    public void vpbroadcastb(Vector to, Gpr from) { fromGpr(Op.VPBROADCASTB_FROM_GPR, to, from, from.name32()); }
    /// VPBROADCAST
    public void vpbroadcastw(Vector to, VectorSource from) { widen(Op.VPBROADCASTW, 0, to, from); }
    /// VPBROADCASTB/W/D/Q
    public void vpbroadcastw(Vector to, Gpr from) { fromGpr(Op.VPBROADCASTW_FROM_GPR, to, from, from.name32()); }
    /// VPBROADCAST
    public void vpbroadcastd(Vector to, VectorSource from) { widen(Op.VPBROADCASTD, 0, to, from); }
    /// VPBROADCASTB/W/D/Q
    public void vpbroadcastd(Vector to, Gpr from) { fromGpr(Op.VPBROADCASTD_FROM_GPR, to, from, from.name32()); }
    /// VPBROADCAST
    public void vpbroadcastq(Vector to, VectorSource from) { widen(Op.VPBROADCASTQ, 0, to, from); }
    /// VPBROADCASTB/W/D/Q
    public void vpbroadcastq(Vector to, Gpr from) { fromGpr(Op.VPBROADCASTQ_FROM_GPR, to, from, from.toString()); }

    // Floating-point arithmetic.
    /// VFMADD132PS/VFMADD213PS/VFMADD231PS
    public void vfmadd213ps(Vector to, Vector a, VectorSource b) { three(Op.VFMADD213PS, to, a, b); }
    /// VFMADD132PS/VFMADD213PS/VFMADD231PS
    public void vfmadd231ps(Vector to, Vector a, VectorSource b) { three(Op.VFMADD231PS, to, a, b); }
    /// ADDPS
    public void vaddps(Vector to, Vector a, VectorSource b) { three(Op.VADDPS, to, a, b); }
    /// SUBPS
    public void vsubps(Vector to, Vector a, VectorSource b) { three(Op.VSUBPS, to, a, b); }
    /// MULPS
    public void vmulps(Vector to, Vector a, VectorSource b) { three(Op.VMULPS, to, a, b); }
    /// DIVPS
    public void vdivps(Vector to, Vector a, VectorSource b) { three(Op.VDIVPS, to, a, b); }
    /// MAXPS
    public void vmaxps(Vector to, Vector a, VectorSource b) { three(Op.VMAXPS, to, a, b); }
    /// MINPS
    public void vminps(Vector to, Vector a, VectorSource b) { three(Op.VMINPS, to, a, b); }
    /// ADDPD
    public void vaddpd(Vector to, Vector a, VectorSource b) { three(Op.VADDPD, to, a, b); }
    /// SUBPD
    public void vsubpd(Vector to, Vector a, VectorSource b) { three(Op.VSUBPD, to, a, b); }
    /// MULPD
    public void vmulpd(Vector to, Vector a, VectorSource b) { three(Op.VMULPD, to, a, b); }
    /// ANDPS
    public void vandps(Vector to, Vector a, VectorSource b) { three(Op.VANDPS, to, a, b); }
    /// ORPS
    public void vorps(Vector to, Vector a, VectorSource b) { three(Op.VORPS, to, a, b); }
    /// XORPS
    public void vxorps(Vector to, Vector a, VectorSource b) { three(Op.VXORPS, to, a, b); }
    /// ROUNDPS
    public void vroundps(Vector to, VectorSource from, int immediate) { two(Op.VROUNDPS, to, from, immediate); }
    /// VRNDSCALEPS
    public void vrndscaleps(Vector to, VectorSource from, int immediate) { two(Op.VRNDSCALEPS, to, from, immediate); }
    /// VRNDSCALEPD
    public void vrndscalepd(Vector to, VectorSource from, int immediate) { two(Op.VRNDSCALEPD, to, from, immediate); }

    // Comparisons and choices.
    /// CMPPS
    public void vcmpps(Mask to, Vector a, VectorSource b, int predicate) { compare(Op.VCMPPS, to, a, b, predicate); }
    /// CMPPS
    public void vcmpps(Vector to, Vector a, VectorSource b, int predicate) {
        three(Op.VCMPPS, Prefix.VEX, to, a, b, predicate);
    }
    /// VPCMPD/VPCMPUD
    public void vpcmpd(Mask to, Vector a, VectorSource b, int predicate) { compare(Op.VPCMPD, to, a, b, predicate); }
    /// VPCMPD/VPCMPUD
    public void vpcmpud(Mask to, Vector a, VectorSource b, int predicate) { compare(Op.VPCMPUD, to, a, b, predicate); }
    /// VPCMPQ/VPCMPUQ
    public void vpcmpq(Mask to, Vector a, VectorSource b, int predicate) { compare(Op.VPCMPQ, to, a, b, predicate); }
    /// VPCMPB/VPCMPUB
    public void vpcmpb(Mask to, Vector a, VectorSource b, int predicate) { compare(Op.VPCMPB, to, a, b, predicate); }
    /// VPCMPB/VPCMPUB
    public void vpcmpub(Mask to, Vector a, VectorSource b, int predicate) { compare(Op.VPCMPUB, to, a, b, predicate); }
    /// VPTESTNMB/W/D/Q
    public void vptestnmd(Mask to, Vector a, VectorSource b) { compare(Op.VPTESTNMD, to, a, b, NO_IMMEDIATE); }
    /// PCMPEQB/PCMPEQW/PCMPEQD
    public void vpcmpeqd(Vector to, Vector a, VectorSource b) { three(Op.VPCMPEQD, to, a, b); }
    /// PCMPGTB/PCMPGTW/PCMPGTD
    public void vpcmpgtd(Vector to, Vector a, VectorSource b) { three(Op.VPCMPGTD, to, a, b); }
    /// VBLENDMPD/VBLENDMPS
    public void vblendmps(Vector to, Vector a, VectorSource b) { three(Op.VBLENDMPS, to, a, b); }
    /// VPBLENDMD/VPBLENDMQ
    public void vpblendmd(Vector to, Vector a, VectorSource b) { three(Op.VPBLENDMD, to, a, b); }
    /// VPBLENDD
    public void vpblendd(Vector to, Vector a, VectorSource b, int immediate) {
        three(Op.VPBLENDD, null, to, a, b, immediate);
    }
    /// BLENDVPS
    public void vblendvps(Vector to, Vector a, VectorSource b, Vector signs) {
        blendBySigns(Op.VBLENDVPS, to, a, b, signs);
    }

    // Bits.
    /// PAND
    public void vpand(Vector to, Vector a, VectorSource b) { three(Op.VPAND, to, a, b); }
    /// POR
    public void vpor(Vector to, Vector a, VectorSource b) { three(Op.VPOR, to, a, b); }
    /// PXOR
    public void vpxor(Vector to, Vector a, VectorSource b) { three(Op.VPXOR, to, a, b); }
    /// PAND
    public void vpandd(Vector to, Vector a, VectorSource b) { three(Op.VPANDD, to, a, b); }
    /// PAND
    public void vpandq(Vector to, Vector a, VectorSource b) { three(Op.VPANDQ, to, a, b); }
    /// POR
    public void vporq(Vector to, Vector a, VectorSource b) { three(Op.VPORQ, to, a, b); }
    /// POR.
    public void vpord(Vector to, Vector a, VectorSource b) { three(Op.VPORD, to, a, b); }
    /// PXOR
    public void vpxord(Vector to, Vector a, VectorSource b) { three(Op.VPXORD, to, a, b); }
    /// VPTERNLOGD/VPTERNLOGQ
    public void vpternlogd(Vector to, Vector a, VectorSource b, int immediate) {
        three(Op.VPTERNLOGD, null, to, a, b, immediate);
    }

    // Dot products.
    /// VPDPBUSD
    public void vpdpbusd(Prefix prefix, Vector to, Vector a, VectorSource b) {
        three(Op.VPDPBUSD, prefix, to, a, b, NO_IMMEDIATE);
    }
    /// VPDPBUSDS
    public void vpdpbusds(Prefix prefix, Vector to, Vector a, VectorSource b) {
        three(Op.VPDPBUSDS, prefix, to, a, b, NO_IMMEDIATE);
    }
    /// VPDPWSSD
    public void vpdpwssd(Prefix prefix, Vector to, Vector a, VectorSource b) {
        three(Op.VPDPWSSD, prefix, to, a, b, NO_IMMEDIATE);
    }
    /// PMADDUBSW
    public void vpmaddubsw(Vector to, Vector a, VectorSource b) { three(Op.VPMADDUBSW, to, a, b); }
    /// PMADDWD
    public void vpmaddwd(Vector to, Vector a, VectorSource b) { three(Op.VPMADDWD, to, a, b); }

    // Integer arithmetic.
    /// PADDB/PADDW/PADDD/PADDQ
    public void vpaddb(Vector to, Vector a, VectorSource b) { three(Op.VPADDB, to, a, b); }
    /// PADDB/PADDW/PADDD/PADDQ
    public void vpaddw(Vector to, Vector a, VectorSource b) { three(Op.VPADDW, to, a, b); }
    /// PADDSB/PADDSW
    public void vpaddsw(Vector to, Vector a, VectorSource b) { three(Op.VPADDSW, to, a, b); }
    /// PADDB/PADDW/PADDD/PADDQ
    public void vpaddd(Vector to, Vector a, VectorSource b) { three(Op.VPADDD, to, a, b); }
    /// PADDB/PADDW/PADDD/PADDQ
    public void vpaddq(Vector to, Vector a, VectorSource b) { three(Op.VPADDQ, to, a, b); }
    /// PSUBB/PSUBW/PSUBD
    public void vpsubb(Vector to, Vector a, VectorSource b) { three(Op.VPSUBB, to, a, b); }
    /// PSUBB/PSUBW/PSUBD
    public void vpsubw(Vector to, Vector a, VectorSource b) { three(Op.VPSUBW, to, a, b); }
    /// PSUBB/PSUBW/PSUBD
    public void vpsubd(Vector to, Vector a, VectorSource b) { three(Op.VPSUBD, to, a, b); }
    /// PSUBQ
    public void vpsubq(Vector to, Vector a, VectorSource b) { three(Op.VPSUBQ, to, a, b); }
    /// PMULLW
    public void vpmullw(Vector to, Vector a, VectorSource b) { three(Op.VPMULLW, to, a, b); }
    /// PMULLD/PMULLQ
    public void vpmulld(Vector to, Vector a, VectorSource b) { three(Op.VPMULLD, to, a, b); }
    /// PMULDQ
    public void vpmuldq(Vector to, Vector a, VectorSource b) { three(Op.VPMULDQ, to, a, b); }
    /// PMULUDQ
    public void vpmuludq(Vector to, Vector a, VectorSource b) { three(Op.VPMULUDQ, to, a, b); }
    /// PMAXSB/PMAXSW/PMAXSD/PMAXSQ
    public void vpmaxsb(Vector to, Vector a, VectorSource b) { three(Op.VPMAXSB, to, a, b); }
    /// PMAXSB/PMAXSW/PMAXSD/PMAXSQ
    public void vpmaxsw(Vector to, Vector a, VectorSource b) { three(Op.VPMAXSW, to, a, b); }
    /// PMAXSB/PMAXSW/PMAXSD/PMAXSQ
    public void vpmaxsd(Vector to, Vector a, VectorSource b) { three(Op.VPMAXSD, to, a, b); }
    /// PMAXUB/PMAXUW
    public void vpmaxub(Vector to, Vector a, VectorSource b) { three(Op.VPMAXUB, to, a, b); }
    /// PMAXUD/PMAXUQ
    public void vpmaxud(Vector to, Vector a, VectorSource b) { three(Op.VPMAXUD, to, a, b); }
    /// PMINSB/PMINSW
    public void vpminsb(Vector to, Vector a, VectorSource b) { three(Op.VPMINSB, to, a, b); }
    /// PMINSB/PMINSW
    public void vpminsw(Vector to, Vector a, VectorSource b) { three(Op.VPMINSW, to, a, b); }
    /// PMINSD/PMINSQ
    public void vpminsd(Vector to, Vector a, VectorSource b) { three(Op.VPMINSD, to, a, b); }
    /// PMINUB/PMINUW
    public void vpminub(Vector to, Vector a, VectorSource b) { three(Op.VPMINUB, to, a, b); }
    /// PMINUD/PMINUQ
    public void vpminud(Vector to, Vector a, VectorSource b) { three(Op.VPMINUD, to, a, b); }
    /// PABSB/PABSW/PABSD/PABSQ
    public void vpabsd(Vector to, VectorSource from) { two(Op.VPABSD, to, from, NO_IMMEDIATE); }

    // Shifts.
    /// PSLLW/PSLLD/PSLLQ
    public void vpslld(Vector to, VectorSource from, int count) { shift(Op.VPSLLD, 6, to, from, count); }
    /// PSLLW/PSLLD/PSLLQ
    public void vpsllq(Vector to, VectorSource from, int count) { shift(Op.VPSLLQ, 6, to, from, count); }
    /// PSRLW/PSRLD/PSRLQ
    public void vpsrld(Vector to, VectorSource from, int count) { shift(Op.VPSRLD, 2, to, from, count); }
    /// PSRLW/PSRLD/PSRLQ
    public void vpsrlq(Vector to, VectorSource from, int count) { shift(Op.VPSRLQ, 2, to, from, count); }
    /// PSRAW/PSRAD/PSRAQ
    public void vpsrad(Vector to, VectorSource from, int count) { shift(Op.VPSRAD, 4, to, from, count); }
    /// PSRAW/PSRAD/PSRAQ
    public void vpsraq(Vector to, VectorSource from, int count) { shift(Op.VPSRAQ, 4, to, from, count); }
    /// VPSLLVW/VPSLLVD/VPSLLVQ
    public void vpsllvd(Vector to, Vector a, VectorSource b) { three(Op.VPSLLVD, to, a, b); }
    /// VPSLLVW/VPSLLVD/VPSLLVQ
    public void vpsllvq(Vector to, Vector a, VectorSource b) { three(Op.VPSLLVQ, to, a, b); }
    /// VPSRLVW/VPSRLVD/VPSRLVQ
    public void vpsrlvd(Vector to, Vector a, VectorSource b) { three(Op.VPSRLVD, to, a, b); }
    /// VPSRLVW/VPSRLVD/VPSRLVQ
    public void vpsrlvq(Vector to, Vector a, VectorSource b) { three(Op.VPSRLVQ, to, a, b); }
    /// VPSRAVW/VPSRAVD/VPSRAVQ
    public void vpsravd(Vector to, Vector a, VectorSource b) { three(Op.VPSRAVD, to, a, b); }
    /// VPSRAVW/VPSRAVD/VPSRAVQ
    public void vpsravq(Vector to, Vector a, VectorSource b) { three(Op.VPSRAVQ, to, a, b); }

    // Conversions.
    /// PMOVSX
    public void vpmovsxbw(Vector to, VectorSource from) { widen(Op.VPMOVSXBW, 2, to, from); }
    /// PMOVSX
    public void vpmovsxbd(Vector to, VectorSource from) { widen(Op.VPMOVSXBD, 4, to, from); }
    /// PMOVSX
    public void vpmovsxwd(Vector to, VectorSource from) { widen(Op.VPMOVSXWD, 2, to, from); }
    /// PMOVSX
    public void vpmovsxdq(Vector to, VectorSource from) { widen(Op.VPMOVSXDQ, 2, to, from); }
    /// PMOVZX
    public void vpmovzxbw(Vector to, VectorSource from) { widen(Op.VPMOVZXBW, 2, to, from); }
    /// PMOVZX
    public void vpmovzxbd(Vector to, VectorSource from) { widen(Op.VPMOVZXBD, 4, to, from); }
    /// VPMOVDB/VPMOVSDB/VPMOVUSDB
    public void vpmovdb(Vector to, Vector from) { narrow(Op.VPMOVDB, 4, to, from); }
    /// VPMOVDB/VPMOVSDB/VPMOVUSDB
    public void vpmovdb(Address to, Vector from) { store(Op.VPMOVDB, to, from); }
    /// VPMOVDB/VPMOVSDB/VPMOVUSDB
    public void vpmovsdb(Vector to, Vector from) { narrow(Op.VPMOVSDB, 4, to, from); }
    /// VPMOVDB/VPMOVSDB/VPMOVUSDB
    public void vpmovsdb(Address to, Vector from) { store(Op.VPMOVSDB, to, from); }
    /// VPMOVDB/VPMOVSDB/VPMOVUSDB
    public void vpmovusdb(Vector to, Vector from) { narrow(Op.VPMOVUSDB, 4, to, from); }
    /// VPMOVDB/VPMOVSDB/VPMOVUSDB
    public void vpmovusdb(Address to, Vector from) { store(Op.VPMOVUSDB, to, from); }
    /// VPMOVDW/VPMOVSDW/VPMOVUSDW
    public void vpmovdw(Vector to, Vector from) { narrow(Op.VPMOVDW, 2, to, from); }
    /// VPMOVDW/VPMOVSDW/VPMOVUSDW
    public void vpmovdw(Address to, Vector from) { store(Op.VPMOVDW, to, from); }
    /// VPMOVDW/VPMOVSDW/VPMOVUSDW
    public void vpmovsdw(Vector to, Vector from) { narrow(Op.VPMOVSDW, 2, to, from); }
    /// VPMOVDW/VPMOVSDW/VPMOVUSDW
    public void vpmovsdw(Address to, Vector from) { store(Op.VPMOVSDW, to, from); }
    /// VPMOVQD/VPMOVSQD/VPMOVUSQD
    public void vpmovqd(Vector to, Vector from) { narrow(Op.VPMOVQD, 2, to, from); }
    /// VPMOVQD/VPMOVSQD/VPMOVUSQD
    public void vpmovqd(Address to, Vector from) { store(Op.VPMOVQD, to, from); }
    /// PACKSSWB/PACKSSDW
    public void vpackssdw(Vector to, Vector a, VectorSource b) { three(Op.VPACKSSDW, to, a, b); }
    /// PACKSSWB/PACKSSDW
    public void vpacksswb(Vector to, Vector a, VectorSource b) { three(Op.VPACKSSWB, to, a, b); }
    /// PACKUSWB
    public void vpackuswb(Vector to, Vector a, VectorSource b) { three(Op.VPACKUSWB, to, a, b); }
    /// CVTDQ2PS
    public void vcvtdq2ps(Vector to, VectorSource from) { two(Op.VCVTDQ2PS, to, from, NO_IMMEDIATE); }
    /// CVTPS2DQ
    public void vcvtps2dq(Vector to, VectorSource from) { two(Op.VCVTPS2DQ, to, from, NO_IMMEDIATE); }
    /// CVTTPS2DQ
    public void vcvttps2dq(Vector to, VectorSource from) { two(Op.VCVTTPS2DQ, to, from, NO_IMMEDIATE); }
    /// CVTDQ2PD
    public void vcvtdq2pd(Vector to, VectorSource from) { widen(Op.VCVTDQ2PD, 2, to, from); }
    /// CVTTPD2DQ
    public void vcvttpd2dq(Vector to, VectorSource from) { halve(Op.VCVTTPD2DQ, to, from); }
    /// CVTPS2PD
    public void vcvtps2pd(Vector to, VectorSource from) { widen(Op.VCVTPS2PD, 2, to, from); }
    /// CVTPD2PS
    public void vcvtpd2ps(Vector to, VectorSource from) { halve(Op.VCVTPD2PS, to, from); }

    // Permutations.
    /// VPERMD/VPERMW
    public void vpermd(Vector to, Vector a, VectorSource b) { three(Op.VPERMD, atLeast(256, to), a, b); }
    /// VPERMPS
    public void vpermps(Vector to, Vector a, VectorSource b) { three(Op.VPERMPS, atLeast(256, to), a, b); }
    /// VPERMQ
    public void vpermq(Vector to, VectorSource from, int immediate) {
        two(Op.VPERMQ, atLeast(256, to), from, immediate);
    }
    /// VPERMQ
    public void vpermq(Vector to, Vector a, VectorSource b) { three(Op.VPERMQ_BY_VECTOR, atLeast(256, to), a, b); }
    /// VPERMB
    public void vpermb(Vector to, Vector a, VectorSource b) { three(Op.VPERMB, to, a, b); }
    /// VPERMI2B
    public void vpermi2b(Vector to, Vector a, VectorSource b) { three(Op.VPERMI2B, to, a, b); }
    /// VPERMI2W/D/Q/PS/PD
    public void vpermi2d(Vector to, Vector a, VectorSource b) { three(Op.VPERMI2D, to, a, b); }
    /// VPERMT2W/D/Q/PS/PD
    public void vpermt2d(Vector to, Vector a, VectorSource b) { three(Op.VPERMT2D, to, a, b); }
    /// PSHUFB
    public void vpshufb(Vector to, Vector a, VectorSource b) { three(Op.VPSHUFB, to, a, b); }
    /// PSHUFD
    public void vpshufd(Vector to, VectorSource from, int immediate) { two(Op.VPSHUFD, to, from, immediate); }
    /// VSHUFF32x4/VSHUFF64x2/VSHUFI32x4/VSHUFI64x2
    public void vshuff32x4(Vector to, Vector a, VectorSource b, int immediate) {
        three(Op.VSHUFF32X4, null, atLeast(256, to), a, b, immediate);
    }
    /// VSHUFF32x4/VSHUFF64x2/VSHUFI32x4/VSHUFI64x2
    public void vshufi32x4(Vector to, Vector a, VectorSource b, int immediate) {
        three(Op.VSHUFI32X4, null, atLeast(256, to), a, b, immediate);
    }
    /// PUNPCKLBW/PUNPCKLWD/PUNPCKLDQ/PUNPCKLQDQ
    public void vpunpcklbw(Vector to, Vector a, VectorSource b) { three(Op.VPUNPCKLBW, to, a, b); }
    /// PUNPCKLBW/PUNPCKLWD/PUNPCKLDQ/PUNPCKLQDQ
    public void vpunpcklwd(Vector to, Vector a, VectorSource b) { three(Op.VPUNPCKLWD, to, a, b); }
    /// PUNPCKLBW/PUNPCKLWD/PUNPCKLDQ/PUNPCKLQDQ
    public void vpunpckldq(Vector to, Vector a, VectorSource b) { three(Op.VPUNPCKLDQ, to, a, b); }
    /// PUNPCKLBW/PUNPCKLWD/PUNPCKLDQ/PUNPCKLQDQ
    public void vpunpcklqdq(Vector to, Vector a, VectorSource b) { three(Op.VPUNPCKLQDQ, to, a, b); }
    /// PUNPCKHBW/PUNPCKHWD/PUNPCKHDQ/PUNPCKHQDQ
    public void vpunpckhbw(Vector to, Vector a, VectorSource b) { three(Op.VPUNPCKHBW, to, a, b); }
    /// PUNPCKHBW/PUNPCKHWD/PUNPCKHDQ/PUNPCKHQDQ
    public void vpunpckhwd(Vector to, Vector a, VectorSource b) { three(Op.VPUNPCKHWD, to, a, b); }
    /// PUNPCKHBW/PUNPCKHWD/PUNPCKHDQ/PUNPCKHQDQ
    public void vpunpckhdq(Vector to, Vector a, VectorSource b) { three(Op.VPUNPCKHDQ, to, a, b); }
    /// PUNPCKHBW/PUNPCKHWD/PUNPCKHDQ/PUNPCKHQDQ
    public void vpunpckhqdq(Vector to, Vector a, VectorSource b) { three(Op.VPUNPCKHQDQ, to, a, b); }
    /// PALIGNR
    public void vpalignr(Vector to, Vector a, VectorSource b, int immediate) {
        three(Op.VPALIGNR, null, to, a, b, immediate);
    }
    /// VINSERTI128/VINSERTI32x4/VINSERTI64x2/VINSERTI32x8/VINSERTI64x4
    public void vinserti128(Vector to, Vector a, VectorSource part, int position) {
        insert(Op.VINSERTI128, 128, atLeast(256, to), a, part, position);
    }
    /// VINSERTI128/VINSERTI32x4/VINSERTI64x2/VINSERTI32x8/VINSERTI64x4
    public void vinserti32x4(Vector to, Vector a, VectorSource part, int position) {
        insert(Op.VINSERTI32X4, 128, atLeast(256, to), a, part, position);
    }
    /// VINSERTI128/VINSERTI32x4/VINSERTI64x2/VINSERTI32x8/VINSERTI64x4
    public void vinserti64x4(Vector to, Vector a, VectorSource part, int position) {
        insert(Op.VINSERTI64X4, 256, atLeast(512, to), a, part, position);
    }
    /// VEXTRACTI128/VEXTRACTI32x4/VEXTRACTI64x2/VEXTRACTI32x8/VEXTRACTI64x4
    public void vextracti128(Vector to, Vector from, int position) {
        extract(Op.VEXTRACTI128, 128, to, atLeast(256, from), position);
    }
    /// VEXTRACTI128/VEXTRACTI32x4/VEXTRACTI64x2/VEXTRACTI32x8/VEXTRACTI64x4
    public void vextracti128(Address to, Vector from, int position) {
        extract(Op.VEXTRACTI128, to, atLeast(256, from), position);
    }
    /// VEXTRACTI128/VEXTRACTI32x4/VEXTRACTI64x2/VEXTRACTI32x8/VEXTRACTI64x4
    public void vextracti32x4(Vector to, Vector from, int position) {
        extract(Op.VEXTRACTI32X4, 128, to, atLeast(256, from), position);
    }
    /// VEXTRACTI128/VEXTRACTI32x4/VEXTRACTI64x2/VEXTRACTI32x8/VEXTRACTI64x4
    public void vextracti32x4(Address to, Vector from, int position) {
        extract(Op.VEXTRACTI32X4, to, atLeast(256, from), position);
    }
    /// VEXTRACTI128/VEXTRACTI32x4/VEXTRACTI64x2/VEXTRACTI32x8/VEXTRACTI64x4
    public void vextracti64x4(Vector to, Vector from, int position) {
        extract(Op.VEXTRACTI64X4, 256, to, atLeast(512, from), position);
    }
    /// VEXTRACTI128/VEXTRACTI32x4/VEXTRACTI64x2/VEXTRACTI32x8/VEXTRACTI64x4
    public void vextracti64x4(Address to, Vector from, int position) {
        extract(Op.VEXTRACTI64X4, to, atLeast(512, from), position);
    }
    /// PEXTRB/PEXTRD/PEXTRQ
    public void vpextrb(Address to, Vector from, int element) { element(Op.VPEXTRB, to, from, element); }
    /// PEXTRW
    public void vpextrw(Address to, Vector from, int element) { element(Op.VPEXTRW, to, from, element); }
    /// PEXTRB/PEXTRD/PEXTRQ
    public void vpextrd(Address to, Vector from, int element) { element(Op.VPEXTRD, to, from, element); }

    // Masks.
    /// PMOVMSKB
    public void vpmovmskb(Gpr to, Vector from) {
        transfer(Op.VPMOVMSKB, from.bits(), to, unmasked(from), to.name32(), from);
    }
    /// VPMOVB2M/VPMOVW2M/VPMOVD2M/VPMOVQ2M
    public void vpmovb2m(Mask to, Vector from) { transfer(Op.VPMOVB2M, from.bits(), to, unmasked(from), to, from); }
    /// VPMOVB2M/VPMOVW2M/VPMOVD2M/VPMOVQ2M
    public void vpmovd2m(Mask to, Vector from) { transfer(Op.VPMOVD2M, from.bits(), to, unmasked(from), to, from); }
    /// VPMOVM2B/VPMOVM2W/VPMOVM2D/VPMOVM2Q
    public void vpmovm2d(Vector to, Mask from) { transfer(Op.VPMOVM2D, to.bits(), unmasked(to), from, to, from); }
    /// KMOVW/KMOVB/KMOVQ/KMOVD
    public void kmovw(Mask to, Gpr from) { transfer(Op.KMOVW, 128, to, from, to, from.name32()); }
    /// KMOVW/KMOVB/KMOVQ/KMOVD
    public void kmovw(Gpr to, Mask from) { transfer(Op.KMOVW_TO_GPR, 128, to, from, to.name32(), from); }
    /// KMOVW/KMOVB/KMOVQ/KMOVD
    public void kmovd(Mask to, Gpr from) { transfer(Op.KMOVD, 128, to, from, to, from.name32()); }
    /// KMOVW/KMOVB/KMOVQ/KMOVD
    public void kmovd(Gpr to, Mask from) { transfer(Op.KMOVD_TO_GPR, 128, to, from, to.name32(), from); }
    /// KMOVW/KMOVB/KMOVQ/KMOVD
    public void kmovq(Mask to, Gpr from) { transfer(Op.KMOVQ, 128, to, from, to, from); }
    /// KMOVW/KMOVB/KMOVQ/KMOVD
    public void kmovq(Gpr to, Mask from) { transfer(Op.KMOVQ_TO_GPR, 128, to, from, to, from); }
    /// KORTESTW/KORTESTB/KORTESTQ/KORTESTD
    public void kortestw(Mask a, Mask b) { transfer(Op.KORTESTW, 128, a, b, a, b); }
    // @formatter:on
}
