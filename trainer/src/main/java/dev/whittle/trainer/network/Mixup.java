package dev.whittle.trainer.network;

import dev.whittle.trainer.layer.CounterRandom;

/// The share that an image keeps when another is mixed into it: drawn from Beta(α, α) (Zhang et al. 2018, "mixup: Beyond
/// Empirical Risk Minimization"), by the rule of Jöhnk 1964: `u^(1/α) / (u^(1/α) + v^(1/α))` for the first two uniform
/// numbers whose powers sum to 1 or less.
final class Mixup {
    private Mixup() {}

    /// @param alpha above 0 and at most 1
    /// @param key of the image
    static float share(float alpha, long key) {
        int counter = 0;
        while (true) {
            double u = StrictMath.pow(CounterRandom.uniform(key, counter), 1 / (double) alpha);
            double v = StrictMath.pow(CounterRandom.uniform(key, counter + 1), 1 / (double) alpha);
            if (u + v <= 1 && u + v > 0) {
                return (float) (u / (u + v));
            }
            counter += 2;
        }
    }
}
