package dev.whittle.engine.emitted.x86;

import java.util.Locale;

/// A general-purpose register, in the order of its number.
public enum Gpr implements IntegerSource {
    RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15;

    @Override
    public int number() {
        return ordinal();
    }

    /// The name of the low 32 bits.
    String name32() {
        return this.compareTo(R8) >= 0 ? this + "d" : "e" + toString().substring(1);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
