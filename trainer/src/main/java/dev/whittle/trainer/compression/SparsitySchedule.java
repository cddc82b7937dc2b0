package dev.whittle.trainer.compression;

/// Which share of the weights is zero after each training step, and at which steps more are made zero. Steps count from 1.
public sealed interface SparsitySchedule {
    /// The step after which nothing more is pruned.
    long end();

    /// The share of zeros after a step, 0 to 1.
    double sparsity(long step);

    /// Whether weights are pruned after a step.
    boolean isDue(long step);

    /// All at once.
    ///
    /// @param sparsity the share of zeros, 0 to below 1
    /// @param begin the step
    record Constant(double sparsity, long begin) implements SparsitySchedule {
        public Constant {
            requireShare(sparsity);
            requireStep("pruning begins at", begin);
        }

        @Override
        public long end() {
            return begin;
        }

        @Override
        public double sparsity(long step) {
            return step < begin ? 0 : sparsity;
        }

        @Override
        public boolean isDue(long step) {
            return step == begin;
        }
    }

    /// Many at first, fewer and fewer towards the end: `last + (first − last) · (1 − (step − begin) / (end − begin))^power`
    /// (Zhu and Gupta 2017, "To prune, or not to prune", equation 1, where the power is 3).
    ///
    /// @param first share of zeros at step `begin`
    /// @param last share of zeros at step `end`, at least `first`
    /// @param power 1 for a straight line
    /// @param every steps from one pruning to the next; the step `end` is one in any case
    record PolynomialDecay(double first, double last, long begin, long end, double power, long every)
            implements
            SparsitySchedule {
        public PolynomialDecay {
            requireShare(first);
            requireShare(last);
            requireStep("pruning begins at", begin);
            requireStep("pruning every", every);
            if (first > last || begin >= end || !(power > 0)) {
                throw new IllegalArgumentException(
                        "sparsity from %s at step %d to %s at step %d with power %s, must rise over 1 or more steps with a power above 0"
                                .formatted(first, begin, last, end, power));
            }
        }

        /// From nothing, with the power 3.
        public PolynomialDecay(double last, long begin, long end, long every) {
            this(0, last, begin, end, 3, every);
        }

        @Override
        public double sparsity(long step) {
            if (step < begin) {
                return 0;
            }
            double left = 1 - Math.min(step - begin, end - begin) / (double) (end - begin);
            return last + (first - last) * StrictMath.pow(left, power);
        }

        @Override
        public boolean isDue(long step) {
            return step >= begin && step <= end && ((step - begin) % every == 0 || step == end);
        }
    }

    private static void requireShare(double sparsity) {
        if (!(sparsity >= 0 && sparsity < 1)) {
            throw new IllegalArgumentException("sparsity " + sparsity + ", must be 0 or more and below 1");
        }
    }

    private static void requireStep(String what, long step) {
        if (step < 1) {
            throw new IllegalArgumentException(what + " step " + step + ", must be 1 or more");
        }
    }
}
