package dev.whittle.quantizer.microscope.lint;

/// How bad a finding is.
public enum Severity {
    /// The results are wrong, or are not what they are taken for.
    ERROR,
    /// Accuracy or speed is very likely lost.
    WARNING,
    /// Worth knowing; nothing need be wrong.
    NOTE
}
