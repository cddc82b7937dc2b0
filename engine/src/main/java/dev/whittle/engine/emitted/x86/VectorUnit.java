package dev.whittle.engine.emitted.x86;

/// The vector registers that code computes in, and what instructions can do with them.
public enum VectorUnit {
    /** AVX-512, for codes with VNNI: 32 registers of 512 bits, masks, and elements of memory repeated in all lanes. */
    AVX512(512, 32, 4, Prefix.EVEX),
    /** AVX2 with FMA, for codes AVX-VNNI: 16 registers of 256 bits, and no more than that. */
    AVX2(256, 16, 5, Prefix.VEX);

    private final int bits;
    private final int registers;
    private final int latency;
    private final Prefix prefix;

    VectorUnit(int bits, int registers, int latency, Prefix prefix) {
        this.bits = bits;
        this.registers = registers;
        this.latency = latency;
        this.prefix = prefix;
    }

    /// Of a register.
    public int bits() {
        return bits;
    }

    /// Of a register.
    public int bytes() {
        return bits / Byte.SIZE;
    }

    /// Numbers of 32 bits in a register.
    public int lanes() {
        return bits / Integer.SIZE;
    }

    int registers() {
        return registers;
    }

    /// Cycles until a product can be added to, on most processors that have the unit.
    int latency() {
        return latency;
    }

    Prefix prefix() {
        return prefix;
    }

    /// Whether instructions have masks and repeat elements of memory.
    public boolean hasMasks() {
        return prefix == Prefix.EVEX;
    }

    Vector register(int number) {
        return Vector.of(number, bits);
    }

    /// How often a number that all lanes take stands among the constants: once where instructions repeat it.
    public int repeats() {
        return hasMasks() ? 1 : lanes();
    }

    /// Where such a number begins.
    ///
    /// @param place where it would if each stood there once
    public int place(int place) {
        return place * repeats();
    }

    /// Such a number, as all lanes read it.
    Address constant(Gpr constants, int place) {
        Address address = Address.of(constants).plus(place(place));
        return hasMasks() ? address.broadcast() : address;
    }
}
