package dev.whittle.engine.emitted.x86;

/// How much memory an operand of a vector instruction is, and with that the unit of an EVEX one-byte displacement
/// (section 2.7.5, "Compressed Displacement (disp8*N) Support in EVEX", tables 2-34 and 2-35).
enum Footprint {
    /// The whole vector, or one broadcast element.
    FULL_32(1, 4),
    FULL_64(1, 8),
    /// Half of the vector that is written or read, or one broadcast element.
    HALF_32(2, 4),
    /// A part of the vector that is written or read.
    FULL_MEM(1, 0),
    HALF_MEM(2, 0),
    QUARTER_MEM(4, 0),
    /// So many bytes, whatever the vector.
    BYTES_1(-1, 0),
    BYTES_2(-2, 0),
    BYTES_4(-4, 0),
    BYTES_8(-8, 0),
    BYTES_16(-16, 0),
    BYTES_32(-32, 0);

    /// The divisor of the vector, or minus the bytes.
    private final int part;
    private final int broadcastBytes;

    Footprint(int part, int broadcastBytes) {
        this.part = part;
        this.broadcastBytes = broadcastBytes;
    }

    boolean canBroadcast() {
        return broadcastBytes != 0;
    }

    /// @param bits of the instruction's vectors
    int bytes(int bits, boolean broadcast) {
        if (broadcast) {
            return broadcastBytes;
        }
        return part < 0 ? -part : bits / 8 / part;
    }

    /// How often an element is repeated.
    int repeats(int bits) {
        return bits / 8 / part / broadcastBytes;
    }
}
