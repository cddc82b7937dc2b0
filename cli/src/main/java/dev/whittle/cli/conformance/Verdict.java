package dev.whittle.cli.conformance;

/// How a variant ended: `PASSED` when every output is within tolerance of one of the recorded ones; `FAILED` when an output
/// is too far off or of another shape or type, or the run broke; `REFUSED` when the model is well-formed but asks for
/// something the engine does not run, and it said so.
public enum Verdict {
    PASSED, FAILED, REFUSED
}
