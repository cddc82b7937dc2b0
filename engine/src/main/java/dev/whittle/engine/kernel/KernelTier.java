package dev.whittle.engine.kernel;

/// Which of the equivalent loops run; all tiers yield the same bits. REFERENCE is the untuned nested loops that specify
/// each kernel, SCALAR plain Java, register-blocked where that pays, VECTOR the Vector API, which needs the module
/// `jdk.incubator.vector`. EMITTED is machine code that is written for the operator ([MachineCode]), and for what that does
/// not cover the fastest of the others.
public enum KernelTier {
    REFERENCE, SCALAR, VECTOR, EMITTED;

    /// The system property that names the tier: `auto` (the default), `emitted`, `vector`, `scalar` or `reference`.
    public static final String PROPERTY = "whittle.kernels";

    private static final String AUTOMATIC = "auto";

    /// The tier asked for by [#PROPERTY]; by default EMITTED where the engine has been granted native access and the machine
    /// fits, else VECTOR where the Vector API module is there, else SCALAR. Where EMITTED is asked for by name and cannot be,
    /// a line in the log says why and the others serve.
    ///
    /// @throws IllegalStateException when the property has another value, or asks for a module that is not there
    public static KernelTier selected() {
        String asked = System.getProperty(PROPERTY, AUTOMATIC);
        return switch (asked) {
            case AUTOMATIC ->
                    KernelTier.class.getModule().isNativeAccessEnabled() && MachineCode.installed() != null
                            ? EMITTED
                            : EMITTED.portable();
            case "emitted" -> MachineCode.installed() != null ? EMITTED : EMITTED.portable();
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
                    "-D" + PROPERTY + "=" + asked + ", must be auto, emitted, vector, scalar or reference");
        };
    }

    /// This, or for EMITTED the fastest of the others that this JVM has: what runs where no machine code is written.
    public KernelTier portable() {
        return this != EMITTED ? this : isVectorAvailable() ? VECTOR : SCALAR;
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
        return switch (this) {
            case REFERENCE, SCALAR -> 0;
            case VECTOR -> Lanes.SHAPE.vectorBitSize();
            case EMITTED -> {
                MachineCode code = MachineCode.installed();
                yield code == null ? 0 : code.vectorBits();
            }
        };
    }
}
