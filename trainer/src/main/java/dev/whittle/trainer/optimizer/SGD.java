package dev.whittle.trainer.optimizer;

/// Stochastic gradient descent with momentum (Polyak 1964, "Some methods of speeding up the convergence of iteration
/// methods") or Nesterov's (Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"):
///
/// ```
/// v ← momentum · v − α · g
/// w ← w + v        with Nesterov: w ← w + momentum · v − α · g
/// ```
///
/// @param momentum 0 for none
/// @param nesterov looks ahead by one step
/// @param weightDecay times the learning rate is the share of each parameter that a step takes off; 0 for none
public record SGD(float momentum, boolean nesterov, float weightDecay) implements Optimizer {

    public SGD {
        Optimizer.requireFraction("SGD's momentum is", momentum);
        Optimizer.requireFraction("SGD's weight decay is", weightDecay);
    }

    /// Without weight decay.
    public SGD(float momentum) {
        this(momentum, false, 0);
    }

    @Override
    public int slotCount() {
        return momentum > 0 ? 1 : 0;
    }

    @Override
    public float decay(float learningRate) {
        return weightDecay * learningRate;
    }

    @Override
    public void update(float stepSize, float[] gradient, float[] parameters, float[][] slots,
            int from, int to) {
        if (momentum == 0) {
            for (int i = from; i < to; i++) {
                parameters[i] -= stepSize * gradient[i];
            }
            return;
        }
        float[] v = slots[0];
        for (int i = from; i < to; i++) {
            float step = stepSize * gradient[i];
            v[i] = momentum * v[i] - step;
            parameters[i] += nesterov ? momentum * v[i] - step : v[i];
        }
    }
}
