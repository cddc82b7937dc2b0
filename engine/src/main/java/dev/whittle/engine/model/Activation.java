package dev.whittle.engine.model;

/// The activation that an operator applies to its own result, in schema order.
public enum Activation {
    NONE(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY), RELU(0, Float.POSITIVE_INFINITY), RELU_N1_TO_1(-1, 1),
    RELU6(0, 6), TANH(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY),
    SIGN_BIT(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);

    private final float minimum;
    private final float maximum;

    Activation(float minimum, float maximum) {
        this.minimum = minimum;
        this.maximum = maximum;
    }

    /// True where the activation is a clamp to `[minimum, maximum]`; TANH and SIGN_BIT are not.
    public boolean isClamp() {
        return this != TANH && this != SIGN_BIT;
    }

    /// Lower bound of the clamp, in real units; −∞ where there is none.
    public float minimum() {
        return minimum;
    }

    /// Upper bound of the clamp, in real units; +∞ where there is none.
    public float maximum() {
        return maximum;
    }
}
