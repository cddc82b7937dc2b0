package dev.whittle.quantizer.correct;

/// What can be done to a float model before it is quantized, in the order in which it is done.
public enum Correction {
    /// See [CrossLayerEqualization].
    EQUALIZE,
    /// See [AdaptiveRounding].
    ADAROUND,
    /// See [BiasCorrection]; the last, since it makes up for what all others left.
    BIAS
}
