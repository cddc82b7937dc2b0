package dev.whittle.engine.emitted.x86;

import java.util.Locale;

/// What a conditional jump or move tests, in the order of its code (appendix B.1.4.7); one name for each code.
public enum Condition {
    O, NO, B, AE, E, NE, BE, A, S, NS, P, NP, L, GE, LE, G;

    int code() {
        return ordinal();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
