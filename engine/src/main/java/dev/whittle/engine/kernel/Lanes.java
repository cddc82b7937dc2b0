package dev.whittle.engine.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The vector width of this JVM, constant so that the compiler sees through every vector operation. Loads only with the
/// Vector API module, so nothing but vector code may touch it.
final class Lanes {
    /// The system property that forces the width: 128, 256 or 512 bits.
    static final String PROPERTY = "whittle.simd.bits";

    static final VectorShape SHAPE = shape();
    static final VectorSpecies<Float> FLOAT = VectorSpecies.of(float.class, SHAPE);
    static final VectorSpecies<Integer> INT = VectorSpecies.of(int.class, SHAPE);
    static final VectorSpecies<Long> LONG = VectorSpecies.of(long.class, SHAPE);

    /** Bytes of which the first become ints, or come from ints; at least the 64 bits that a vector has. */
    static final VectorSpecies<Byte> CODE = VectorSpecies.of(byte.class,
            VectorShape.forBitSize(Math.max(64, INT.length() * Byte.SIZE)));
    /** The lanes of [#CODE] that are ints. */
    static final VectorMask<Byte> CODES_OF_INTS = CODE.indexInRange(0, INT.length());

    private Lanes() {}

    private static VectorShape shape() {
        int preferred = VectorShape.preferredShape().vectorBitSize();
        String asked = System.getProperty(PROPERTY, Integer.toString(Math.min(preferred, 512)));
        return switch (asked) {
            case "128" -> VectorShape.S_128_BIT;
            case "256" -> VectorShape.S_256_BIT;
            case "512" -> VectorShape.S_512_BIT;
            default -> throw new IllegalStateException("-D" + PROPERTY + "=" + asked + ", must be 128, 256 or 512");
        };
    }

    /// Vector registers that a kernel may keep its sums in: x86 has 32 of them from AVX-512 on, 16 before, AArch64 has
    /// 32.
    static int registers() {
        boolean wide = VectorShape.preferredShape().vectorBitSize() >= 512;
        return wide || System.getProperty("os.arch").equals("aarch64") ? 32 : 16;
    }

    /// [Gemm#clamp] in every lane.
    static FloatVector clamp(FloatVector value, float min, float max) {
        FloatVector raised = value.blend(min, value.lt(min));
        return raised.blend(max, raised.compare(VectorOperators.GT, max));
    }
}
