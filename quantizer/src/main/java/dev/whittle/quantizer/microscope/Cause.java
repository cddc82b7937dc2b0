package dev.whittle.quantizer.microscope;

/// Where a part of an operator's error comes from, in the order in which [ErrorSplit] changes one thing after another.
public enum Cause {
    /** The operator's inputs were off already. */
    PROPAGATED("came in"),
    /** The weights are rounded. */
    WEIGHTS("weights"),
    /** The bias is rounded. */
    BIAS("bias"),
    /** The output is rounded to its codes; in hybrid operators, the input to those of one invocation. */
    ROUNDING("rounding"),
    /** The output lies beyond the codes. */
    SATURATION("saturation"),
    /** The integer kernel's result differs from the nearest code: the multiplier, its roundings, tables, overflow. */
    REQUANTIZATION("requantization");

    private final String words;

    Cause(String words) {
        this.words = words;
    }

    /// For tables and sentences.
    public String words() {
        return words;
    }
}
