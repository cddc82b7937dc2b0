package dev.whittle.trainer.compression;

/// Magnitude pruning: the smallest weights of each kernel become zero and stay so, as many as the schedule says. What is zero
/// gets no gradient; the others learn on.
///
/// Source: Zhu and Gupta 2017, "To prune, or not to prune: exploring the efficacy of pruning for model compression".
public record Pruning(SparsityPattern pattern, SparsitySchedule schedule) implements Compression {
    public Pruning {
        if (pattern instanceof SparsityPattern.NOfM(int zeros, int group)) {
            double share = zeros / (double) group;
            if (!(schedule instanceof SparsitySchedule.Constant constant) || constant.sparsity() != share) {
                throw new IllegalArgumentException("%d zeros in every %d weights with %s, must be a constant %s"
                        .formatted(zeros, group, schedule, share));
            }
        }
    }

    /// `zeros` of every `group` weights from a step on.
    public static Pruning nOfM(int zeros, int group, long begin) {
        return new Pruning(new SparsityPattern.NOfM(zeros, group),
                new SparsitySchedule.Constant(zeros / (double) group, begin));
    }

    @Override
    public boolean isSettled(long steps) {
        return steps >= schedule.end();
    }

    /// Makes the weights zero that are due after a step.
    public void apply(long step, Kernel kernel) {
        if (schedule.isDue(step)) {
            Magnitudes.prune(kernel, pattern, schedule.sparsity(step));
        }
    }
}
