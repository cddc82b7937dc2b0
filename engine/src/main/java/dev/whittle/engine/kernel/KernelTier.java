package dev.whittle.engine.kernel;

/// Which of the equivalent loops run; all tiers yield the same bits. REFERENCE is the untuned nested loops that specify
/// each kernel, SCALAR plain Java, register-blocked where that pays, VECTOR the Vector API, which needs the module
/// `jdk.incubator.vector`.
public enum KernelTier {
    REFERENCE, SCALAR, VECTOR;

    /// The system property that names the tier: `auto` (the default), `vector`, `scalar` or `reference`.
    public static final String PROPERTY = "whittle.kernels";

    private static final String AUTOMATIC = "auto";

    /// The tier asked for by [#PROPERTY]; by default VECTOR where the Vector API module is there, else SCALAR.
    ///
    /// @throws IllegalStateException when the property has another value, or asks for a module that is not there
    public static KernelTier selected() {
        String asked = System.getProperty(PROPERTY, AUTOMATIC);
        return switch (asked) {
            case AUTOMATIC -> isVectorAvailable() ? VECTOR : SCALAR;
            case "vector" -> {
                if (!isVectorAvailable()) {
                    throw new IllegalStateException(
                            "-D" + PROPERTY + "=vector needs java --add-modules jdk.incubator.vector");
                }
                yield VECTOR;
            }
            case "scalar" -> SCALAR;
            case "reference" -> REFERENCE;
            default -> throw new IllegalStateException(
                    "-D" + PROPERTY + "=" + asked + ", must be auto, vector, scalar or reference");
        };
    }

    /// Whether [#PROPERTY] leaves the choice.
    public static boolean isAutomatic() {
        return System.getProperty(PROPERTY, AUTOMATIC).equals(AUTOMATIC);
    }

    /// Whether this JVM was started with the Vector API module.
    public static boolean isVectorAvailable() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    /// Bits of the vector registers that this tier computes with; 0 for the tiers without vectors.
    public int vectorBits() {
        return this == VECTOR ? Lanes.SHAPE.vectorBitSize() : 0;
    }
}
