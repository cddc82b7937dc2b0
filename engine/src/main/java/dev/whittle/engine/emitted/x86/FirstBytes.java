package dev.whittle.engine.emitted.x86;

/// A store of the first bytes of a register of 256 bits and of none behind them, without masks.
final class FirstBytes {
    /// Bytes of half of a register.
    private static final int HALF = 16;

    private FirstBytes() {}

    /// May change the register.
    static void store(Assembler a, Vector from, Address to, int bytes) {
        if (bytes == 2 * HALF) {
            a.vmovups(to, from);
            return;
        }
        Vector half = from.as(128);
        int stored = 0;
        if (bytes >= HALF) {
            a.vmovups(to, half);
            stored = HALF;
        }
        if (bytes > HALF) {
            a.vextracti128(half, from, 1);
        }
        int first = stored;
        if ((bytes & Long.BYTES) > 0) {
            a.vmovq(to.plus(stored), half);
            stored += Long.BYTES;
        }
        if ((bytes & Integer.BYTES) > 0) {
            a.vpextrd(to.plus(stored), half, (stored - first) / Integer.BYTES);
            stored += Integer.BYTES;
        }
        if ((bytes & Short.BYTES) > 0) {
            a.vpextrw(to.plus(stored), half, (stored - first) / Short.BYTES);
            stored += Short.BYTES;
        }
        if ((bytes & 1) > 0) {
            a.vpextrb(to.plus(stored), half, stored - first);
        }
    }
}
