package dev.whittle.engine.emitted.x86;

/// A place in the code, made by [Assembler#label()], which jumps may name before it is bound.
public final class Label {
    static final int UNBOUND = -1;

    final Encoder owner;
    private final int number;
    int offset = UNBOUND;

    Label(Encoder owner, int number) {
        this.owner = owner;
        this.number = number;
    }

    @Override
    public String toString() {
        return "L" + number;
    }
}
