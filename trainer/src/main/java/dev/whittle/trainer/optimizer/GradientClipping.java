package dev.whittle.trainer.optimizer;

/// Keeps gradients from growing too large (Pascanu et al. 2013, "On the difficulty of training recurrent neural networks").
public sealed interface GradientClipping {

    /// Each element of the gradient is brought into `±limit`.
    record ByValue(float limit) implements GradientClipping {
        public ByValue {
            requireLimit(limit);
        }

        /// Clips the elements `from … to − 1`.
        public void apply(float[] gradient, int from, int to) {
            for (int i = from; i < to; i++) {
                gradient[i] = Math.min(Math.max(gradient[i], -limit), limit);
            }
        }
    }

    /// The whole gradient is scaled to the length `limit` where it is longer.
    record ByGlobalNorm(float limit) implements GradientClipping {
        public ByGlobalNorm {
            requireLimit(limit);
        }

        /// The factor for a gradient of this length.
        public float factor(double norm) {
            return norm > limit ? (float) (limit / norm) : 1;
        }
    }

    private static void requireLimit(float limit) {
        if (!(limit > 0)) {
            throw new IllegalArgumentException("gradients are clipped at " + limit + ", must be > 0");
        }
    }
}
