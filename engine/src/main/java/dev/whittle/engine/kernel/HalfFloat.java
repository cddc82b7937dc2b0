package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;

/// The real numbers of sixteen bits, FLOAT16 (IEEE 754 binary16) and BFLOAT16 (the upper half of a float).
final class HalfFloat {
    private static final int DROPPED_BITS = 16;

    private HalfFloat() {}

    /// Exact.
    static float widen(ElementType type, short bits) {
        return switch (type) {
            case FLOAT16 -> Float.float16ToFloat(bits);
            case BFLOAT16 -> Float.intBitsToFloat(bits << DROPPED_BITS);
            default -> throw new AssertionError(type);
        };
    }

    /// To the nearest, ties to even.
    static short narrow(ElementType type, float value) {
        return switch (type) {
            case FLOAT16 -> Float.floatToFloat16(value);
            case BFLOAT16 -> {
                int bits = Float.floatToRawIntBits(value);
                if (Float.isNaN(value)) {
                    // The quiet bit stays, so that the result is no infinity.
                    yield (short) (bits >> DROPPED_BITS | 0x40);
                }
                int odd = bits >> DROPPED_BITS & 1;
                yield (short) ((bits + 0x7fff + odd) >> DROPPED_BITS);
            }
            default -> throw new AssertionError(type);
        };
    }
}
