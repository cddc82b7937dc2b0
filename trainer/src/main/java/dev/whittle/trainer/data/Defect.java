package dev.whittle.trainer.data;

/// What can be wrong with a generated casting.
public enum Defect {
    /** Gas pores: dark irregular holes in the turned face. */
    BLOW_HOLE("blow hole"),
    /** A dark bent line across the face. */
    SCRATCH("scratch"),
    /** A hollow with a dark and a bright side. */
    DENT("dent"),
    /** Ragged metal that stands out beyond the rim. */
    BURR("burr"),
    /** A piece broken out of the rim. */
    MISSING_EDGE("missing edge");

    private final String label;

    Defect(String label) {
        this.label = label;
    }

    /// The name for people, such as "blow hole".
    public String label() {
        return label;
    }
}
