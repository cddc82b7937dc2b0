package dev.whittle.trainer.optimizer;

/// Adam (Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1 in the rearranged form at the end
/// of section 2):
///
/// ```
/// m ← β₁·m + (1 − β₁)·g        v ← β₂·v + (1 − β₂)·g²
/// w ← w − α·√(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
/// ```
///
/// @param beta1 decay of the first moment
/// @param beta2 decay of the second moment
/// @param epsilon keeps the quotient finite
public record Adam(float beta1, float beta2, float epsilon) implements Optimizer {

    public Adam {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException(
                    "Adam's decays are %s and %s, must be at least 0 and below 1".formatted(beta1, beta2));
        }
        if (!(epsilon > 0)) {
            throw new IllegalArgumentException("Adam's epsilon is " + epsilon + ", must be > 0");
        }
    }

    /// β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁷.
    public static Adam defaults() {
        return new Adam(0.9f, 0.999f, 1e-7f);
    }

    /// The first and the second moment.
    @Override
    public int slotCount() {
        return 2;
    }

    /// `α·√(1 − β₂ᵗ) / (1 − β₁ᵗ)`.
    @Override
    public float stepSize(float learningRate, long step) {
        double first = 1 - StrictMath.pow(beta1, step);
        double second = 1 - StrictMath.pow(beta2, step);
        return (float) (learningRate * Math.sqrt(second) / first);
    }

    @Override
    public void update(float stepSize, float[] gradient, float[] parameters, float[][] slots,
            int from, int to) {
        float[] m = slots[0];
        float[] v = slots[1];
        for (int i = from; i < to; i++) {
            float g = gradient[i];
            m[i] = beta1 * m[i] + (1 - beta1) * g;
            v[i] = beta2 * v[i] + (1 - beta2) * g * g;
            parameters[i] -= stepSize * m[i] / ((float) Math.sqrt(v[i]) + epsilon);
        }
    }
}
