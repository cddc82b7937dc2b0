package dev.whittle.quantizer.microscope;

/// What an operator is simulated in.
enum Precision {
    FLOAT, INT8,
    /** Activations of 8 bits, weights of 4. */
    INT8_WITH_INT4_WEIGHTS;

    boolean isQuantized() {
        return this != FLOAT;
    }
}
