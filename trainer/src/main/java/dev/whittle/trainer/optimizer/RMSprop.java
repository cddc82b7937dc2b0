package dev.whittle.trainer.optimizer;

/// RMSprop (Tieleman and Hinton 2012, "Lecture 6.5: Divide the gradient by a running average of its recent magnitude"),
/// with ε inside of the root as in Keras:
///
/// ```
/// v ← ρ · v + (1 − ρ) · g²        s = α · g / √(v + ε)
/// w ← w − s        with momentum: m ← momentum · m + s, w ← w − m
/// ```
///
/// @param rho how much of the average of squares stays at each step
/// @param momentum 0 for none
/// @param epsilon keeps the quotient finite
public record RMSprop(float rho, float momentum, float epsilon) implements Optimizer {

    public RMSprop {
        Optimizer.requireFraction("RMSprop's rho is", rho);
        Optimizer.requireFraction("RMSprop's momentum is", momentum);
        if (!(epsilon > 0)) {
            throw new IllegalArgumentException("RMSprop's epsilon is " + epsilon + ", must be > 0");
        }
    }

    /// ρ = 0.9, no momentum, ε = 10⁻⁷.
    public static RMSprop defaults() {
        return new RMSprop(0.9f, 0, 1e-7f);
    }

    @Override
    public int slotCount() {
        return momentum > 0 ? 2 : 1;
    }

    @Override
    public void update(float stepSize, float[] gradient, float[] parameters, float[][] slots,
            int from, int to) {
        float[] v = slots[0];
        for (int i = from; i < to; i++) {
            float g = gradient[i];
            v[i] = rho * v[i] + (1 - rho) * g * g;
            float step = stepSize * g / (float) Math.sqrt(v[i] + epsilon);
            if (momentum > 0) {
                slots[1][i] = momentum * slots[1][i] + step;
                step = slots[1][i];
            }
            parameters[i] -= step;
        }
    }
}
