package dev.whittle.quantizer.microscope.lint;

/// Where a model is meant to run.
public enum Target {
    MICRO, EDGETPU
}
