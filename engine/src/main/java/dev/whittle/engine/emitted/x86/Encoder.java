package dev.whittle.engine.emitted.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Instructions as bytes (section 2, "Instruction Format"): prefixes, ModRM, SIB, displacement and immediate, with labels
/// and the listing.
///
/// Code is written when a model is opened, so nothing on that way is a lambda, a switch over types or a formatted string:
/// each would cost milliseconds where it first runs.
final class Encoder {
    static final int NO_IMMEDIATE = Integer.MIN_VALUE;

    private byte[] bytes = new byte[1024];
    private int size;
    private int labels;
    private final List<Line> lines = new ArrayList<>();
    private final List<Jump> unresolved = new ArrayList<>();

    /// What a listing line is made from, if one is asked for.
    ///
    /// @param memoryBits of an operand in memory, 0 where its size is not written
    /// @param repeats    of a broadcast element
    /// @param immediate  after the operands, [#NO_IMMEDIATE] for none
    private record Line(int offset, String text, int memoryBits, int repeats, List<Object> operands, int immediate) {}

    /// Four bytes at an offset that await the place of a label.
    private record Jump(int offset, Label label) {}

    byte[] code() {
        if (!unresolved.isEmpty()) {
            throw new IllegalStateException("label " + unresolved.getFirst().label + " is jumped to and never bound");
        }
        return Arrays.copyOf(bytes, size);
    }

    int size() {
        return size;
    }

    // ---- the listing

    /// Begins an instruction.
    void line(String text, int memoryBits, Object... operands) {
        lines.add(new Line(size, text, memoryBits, 0, Arrays.asList(operands), NO_IMMEDIATE));
    }

    List<ListingLine> listing() {
        List<ListingLine> listing = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            int end = i + 1 < lines.size() ? lines.get(i + 1).offset : size;
            listing.add(new ListingLine(line.offset, HexFormat.of().formatHex(bytes, line.offset, end), text(line)));
        }
        return listing;
    }

    private static String text(Line line) {
        StringBuilder text = new StringBuilder(line.text);
        String separator = " ";
        for (Object operand : line.operands) {
            text.append(separator);
            if (operand instanceof Address address) {
                text.append(sizeName(line.memoryBits)).append(address);
                if (address.isBroadcast()) {
                    text.append("{1to").append(line.repeats).append('}');
                }
            } else {
                text.append(operand);
            }
            separator = ", ";
        }
        if (line.immediate != NO_IMMEDIATE) {
            text.append(separator).append(line.immediate);
        }
        return text.toString();
    }

    private static String sizeName(int bits) {
        return switch (bits) {
            case 0 -> "";
            case 8 -> "byte ptr ";
            case 16 -> "word ptr ";
            case 32 -> "dword ptr ";
            case 64 -> "qword ptr ";
            case 128 -> "xmmword ptr ";
            case 256 -> "ymmword ptr ";
            case 512 -> "zmmword ptr ";
            default -> throw new IllegalStateException("memory operand of " + bits + " bits");
        };
    }

    // ---- labels

    Label label() {
        return new Label(this, labels++);
    }

    void bind(Label label) {
        own(label);
        if (label.offset != Label.UNBOUND) {
            throw new IllegalArgumentException("label " + label + " is bound already, at offset " + label.offset);
        }
        label.offset = size;
        line(label + ":", 0);
        for (Iterator<Jump> jumps = unresolved.iterator(); jumps.hasNext();) {
            Jump jump = jumps.next();
            if (jump.label == label) {
                putInt(jump.offset, size - (jump.offset + 4));
                jumps.remove();
            }
        }
    }

    /// One byte of distance where the label is near behind, four otherwise.
    void jump(String mnemonic, int shortOpcode, int[] longOpcode, Label label) {
        own(label);
        int distance = label.offset - (size + 2);
        if (label.offset != Label.UNBOUND && distance >= Byte.MIN_VALUE) {
            line(mnemonic, 0, label);
            put(shortOpcode);
            put(distance);
            return;
        }
        line("{disp32} " + mnemonic, 0, label);
        for (int opcode : longOpcode) {
            put(opcode);
        }
        if (label.offset == Label.UNBOUND) {
            unresolved.add(new Jump(size, label));
            putInt(0);
        } else {
            putInt(label.offset - (size + 4));
        }
    }

    private void own(Label label) {
        if (label.owner != this) {
            throw new IllegalArgumentException("label " + label + " was made by another assembler");
        }
    }

    // ---- integer instructions

    /// An instruction with ModRM (section 2.1); opcodes above 255 are in the map `0F`.
    ///
    /// @param wide whether REX.W asks for 64 bits
    /// @param reg  a register's number or the extension of the opcode
    void integer(String mnemonic, int opcode, boolean wide, int reg, IntegerSource rm, int memoryBits,
            Object... operands) {
        if (rm instanceof Address address && (address.isBroadcast() || address.isMasked())) {
            throw new IllegalArgumentException("broadcast or mask on " + address + " in an integer instruction");
        }
        line(mnemonic, memoryBits, operands);
        int rex = (wide ? 8 : 0) | reg >> 3 << 2 | indexNumber(rm) >> 3 << 1 | rm.number() >> 3;
        if (rex != 0) {
            put(0x40 | rex);
        }
        if (opcode > 0xFF) {
            put(opcode >> 8);
        }
        put(opcode);
        modRm(reg, rm, 1);
    }

    // ---- vector instructions

    /// A VEX or EVEX instruction (sections 2.3 and 2.7): VEX where it exists and can say it, EVEX otherwise, unless one is
    /// asked for.
    ///
    /// @param bits        of the vectors the instruction works on
    /// @param reg         the number in ModRM.reg, or the extension of the opcode
    /// @param second      the number in `vvvv`, 0 where there is none
    /// @param destination whose mask holds: a [Vector], an [Address], or anything else for none
    /// @param operands    as the listing shows them, before the immediate
    void vector(Op op, @Nullable Prefix prefix, int bits, int reg, int second, Operand rm, Object destination,
            int immediate, Object... operands) {
        Mask mask = Mask.K0;
        boolean zeroing = false;
        if (destination instanceof Vector vector) {
            mask = vector.mask();
            zeroing = vector.zeroing();
        } else if (destination instanceof Address address) {
            mask = address.mask();
        }
        boolean broadcast = rm instanceof Address address && address.isBroadcast();
        if (broadcast && !op.memory.canBroadcast()) {
            throw new IllegalArgumentException(op.mnemonic() + " has no broadcast, found one on " + rm);
        }
        if (immediate != NO_IMMEDIATE && (immediate < 0 || immediate > 255)) {
            throw new IllegalArgumentException(op.mnemonic() + " with immediate " + immediate + ", must be 0 to 255");
        }
        boolean onlyEvex = bits == 512 || mask != Mask.K0 || broadcast || Math.max(reg, second) > 15
                || (rm instanceof Vector vector && vector.number() > 15);
        boolean vex = prefix == null ? op.hasVex() && !onlyEvex : prefix == Prefix.VEX;
        if (vex && onlyEvex) {
            throw new IllegalArgumentException(described(op, operands)
                    + " in a VEX form, which has 16 registers of at most 256 bits, no masks and no broadcast");
        }
        if (!vex && !op.hasEvex()) {
            throw new IllegalArgumentException(described(op, operands)
                    + " needs an EVEX form, which this instruction has not");
        }
        String name = prefix == null || !op.hasVex() ? op.mnemonic() : (vex ? "{vex} " : "{evex} ") + op.mnemonic();
        int bytes = op.memory.bytes(bits, broadcast);
        lines.add(new Line(size, name, bytes * 8, broadcast ? op.memory.repeats(bits) : 0, Arrays.asList(operands),
                immediate));
        if (vex) {
            vexPrefix(op, bits, reg, second, rm);
            put(op.opcode);
            modRm(reg, rm, 1);
        } else {
            evexPrefix(op, bits, reg, second, rm, mask, zeroing, broadcast);
            put(op.opcode);
            modRm(reg, rm, bytes);
        }
        if (immediate != NO_IMMEDIATE) {
            put(immediate);
        }
    }

    private static String described(Op op, Object... operands) {
        return op.mnemonic() + " " + String.join(", ", Stream.of(operands).map(Object::toString).toList());
    }

    /// Section 2.3.5: two bytes where X, B, W and the map allow it, else three.
    private void vexPrefix(Op op, int bits, int reg, int second, Operand rm) {
        int r = bit(~reg, 3);
        int x = bit(~indexNumber(rm), 3);
        int b = bit(~rm.number(), 3);
        int last = (~second & 15) << 3 | (bits == 256 ? 4 : 0) | op.prefix;
        if (x == 1 && b == 1 && op.vexW == 0 && op.map == Op.Code.M0F) {
            put(0xC5);
            put(r << 7 | last);
        } else {
            put(0xC4);
            put(r << 7 | x << 6 | b << 5 | op.map);
            put(op.vexW << 7 | last);
        }
    }

    /// Section 2.7.1. The fifth bit of a register in ModRM.rm is X, that of `vvvv` V'.
    private void evexPrefix(Op op, int bits, int reg, int second, Operand rm, Mask mask, boolean zeroing,
            boolean broadcast) {
        int x = rm instanceof Address ? bit(~indexNumber(rm), 3) : bit(~rm.number(), 4);
        put(0x62);
        put(bit(~reg, 3) << 7 | x << 6 | bit(~rm.number(), 3) << 5 | bit(~reg, 4) << 4 | op.map);
        put(op.evexW << 7 | (~second & 15) << 3 | 4 | op.prefix);
        put((zeroing ? 0x80 : 0) | bits / 256 << 5 | (broadcast ? 0x10 : 0) | bit(~second, 4) << 3 | mask.number());
    }

    private static int bit(int value, int index) {
        return value >> index & 1;
    }

    private static int indexNumber(Operand rm) {
        return rm instanceof Address address && address.index() != null ? address.index().number() : 0;
    }

    // ---- ModRM, SIB and displacement

    /// Section 2.1.5, tables 2-2 and 2-3. RSP and R12 as base need a SIB byte, RBP and R13 a displacement.
    ///
    /// @param unit of a displacement of one byte
    private void modRm(int reg, Operand rm, int unit) {
        int regBits = (reg & 7) << 3;
        if (!(rm instanceof Address address)) {
            put(0xC0 | regBits | rm.number() & 7);
            return;
        }
        int base = address.base().number() & 7;
        int displacement = address.displacement();
        boolean inUnits = displacement % unit == 0 && displacement / unit == (byte) (displacement / unit);
        int mode = displacement == 0 && base != 5 ? 0x00 : inUnits ? 0x40 : 0x80;
        Gpr index = address.index();
        if (index == null && base != 4) {
            put(mode | regBits | base);
        } else {
            put(mode | regBits | 4);
            int indexBits = index == null ? 4 : index.number() & 7;
            put(Integer.numberOfTrailingZeros(address.scale()) << 6 | indexBits << 3 | base);
        }
        if (mode == 0x40) {
            put(displacement / unit);
        } else if (mode == 0x80) {
            putInt(displacement);
        }
    }

    // ---- bytes

    /// The low eight bits.
    void put(int value) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        bytes[size++] = (byte) value;
    }

    void putInt(int value) {
        for (int shift = 0; shift < 32; shift += 8) {
            put(value >> shift);
        }
    }

    void putLong(long value) {
        putInt((int) value);
        putInt((int) (value >> 32));
    }

    private void putInt(int offset, int value) {
        for (int i = 0; i < 4; i++) {
            bytes[offset + i] = (byte) (value >> 8 * i);
        }
    }
}
