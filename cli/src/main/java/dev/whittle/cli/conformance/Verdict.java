package dev.whittle.cli.conformance;

/// How a variant ended.
public enum Verdict {
    /// Every output is within tolerance of one of the recorded ones.
    PASSED,
    /// An output is too far off, of another shape or type, or the run broke.
    FAILED,
    /// The model is well-formed but asks for something the engine does not run, and it said so.
    REFUSED
}
