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

    /// `initial · factorᵉᵖᵒᶜʰ`.
    record Exponential(float initial, float factor) implements LearningRate {
        public Exponential {
            requireRate(initial);
            requireFactor(factor);
        }

        @Override
        public float at(int epoch) {
            return (float) (initial * StrictMath.pow(factor, epoch));
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

    /// From `initial` down to `last` along half a cosine, which takes `epochs` epochs (Loshchilov and Hutter 2017,
    /// equation 5, without restarts).
    record Cosine(float initial, float last, int epochs) implements LearningRate {
        public Cosine {
            requireRate(initial);
            requireRate(last);
            requireEpochs(epochs);
        }

        @Override
        public float at(int epoch) {
            double progress = epochs == 1 ? 0 : Math.min(epoch, epochs - 1) / (double) (epochs - 1);
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
