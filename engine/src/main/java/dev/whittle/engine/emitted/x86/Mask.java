package dev.whittle.engine.emitted.x86;

import java.util.Locale;

/// A mask register. K0 holds a mask like the others, but cannot be asked to mask: its number there means "all lanes".
public enum Mask implements Operand {
    K0, K1, K2, K3, K4, K5, K6, K7;

    @Override
    public int number() {
        return ordinal();
    }

    /// This, where it can select lanes.
    Mask selecting() {
        if (this == K0) {
            throw new IllegalArgumentException("mask k0 selects no lanes, must be k1 to k7");
        }
        return this;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
