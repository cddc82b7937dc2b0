package dev.whittle.trainer.optimizer;

/// The learning rate of each epoch, counted from 0.
public sealed interface LearningRate {
    float at(int epoch);

    /// The same rate throughout.
    record Constant(float rate) implements LearningRate {
        public Constant {
            requireRate(rate);
        }

        @Override
        public float at(int epoch) {
            return rate;
        }
    }

    /// `initial` for the first `constantEpochs` epochs, then falling by `factor` from each epoch to the next.
    ///
    /// @param constantEpochs 1 or more
    record Exponential(float initial, float factor, int constantEpochs) implements LearningRate {
        public Exponential {
            requireRate(initial);
            requireFactor(factor);
            requireEpochs(constantEpochs);
        }

        /// `initial · factorᵉᵖᵒᶜʰ`.
        public Exponential(float initial, float factor) {
            this(initial, factor, 1);
        }

        @Override
        public float at(int epoch) {
            return (float) (initial * StrictMath.pow(factor, Math.max(epoch - constantEpochs + 1, 0)));
        }
    }

    /// `initial`, multiplied by `factor` after every `epochs` epochs.
    record Steps(float initial, float factor, int epochs) implements LearningRate {
        public Steps {
            requireRate(initial);
            requireFactor(factor);
            requireEpochs(epochs);
        }

        @Override
        public float at(int epoch) {
            return (float) (initial * StrictMath.pow(factor, epoch / epochs));
        }
    }

    /// Up to `initial` in equal steps, which take `warmUpEpochs` epochs (Goyal et al. 2017, "Accurate, Large Minibatch SGD",
    /// section 2.2), then down to `last` along half a cosine (Loshchilov and Hutter 2017, equation 5, without restarts).
    ///
    /// @param epochs all of them, more than `warmUpEpochs`
    /// @param warmUpEpochs 0 for none
    record Cosine(float initial, float last, int epochs, int warmUpEpochs) implements LearningRate {
        public Cosine {
            requireRate(initial);
            requireRate(last);
            requireEpochs(epochs);
            if (warmUpEpochs < 0 || warmUpEpochs >= epochs) {
                throw new IllegalArgumentException("warm-up of %d of %d epochs, must be 0 or more and fewer than all"
                        .formatted(warmUpEpochs, epochs));
            }
        }

        /// Without warm-up.
        public Cosine(float initial, float last, int epochs) {
            this(initial, last, epochs, 0);
        }

        @Override
        public float at(int epoch) {
            if (epoch < warmUpEpochs) {
                return (float) (initial * (epoch + 1.0) / (warmUpEpochs + 1.0));
            }
            int falling = epochs - warmUpEpochs;
            double progress =
                    falling == 1 ? 0 : Math.min(epoch - warmUpEpochs, falling - 1) / (double) (falling - 1);
            return (float) (last + 0.5 * ((double) initial - last) * (1 + StrictMath.cos(Math.PI * progress)));
        }
    }

    private static void requireRate(float rate) {
        if (!(rate > 0) || Float.isInfinite(rate)) {
            throw new IllegalArgumentException("learning rate " + rate + ", must be finite and > 0");
        }
    }

    private static void requireFactor(float factor) {
        if (!(factor > 0 && factor <= 1)) {
            throw new IllegalArgumentException("learning rate factor " + factor + ", must be > 0 and at most 1");
        }
    }

    private static void requireEpochs(int epochs) {
        if (epochs < 1) {
            throw new IllegalArgumentException("learning rate over " + epochs + " epochs, must be 1 or more");
        }
    }
}
