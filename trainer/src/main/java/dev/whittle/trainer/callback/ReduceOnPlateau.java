package dev.whittle.trainer.callback;

import java.util.List;

/// Makes the learning rate smaller when the validation loss no longer falls, as Keras's `ReduceLROnPlateau`: each time it
/// has not been more than `minDelta` below its best for `patience` epochs, all further rates are multiplied by `factor`, and
/// the count begins again. It keeps no state: the losses so far, which a checkpoint holds, tell the rate.
///
/// @param factor above 0 and below 1
/// @param patience epochs without improvement that are borne, at least 1
/// @param minDelta how much a loss must be below the best to count as improvement
/// @param lowest the rate that is never reduced further, 0 for none
public record ReduceOnPlateau(float factor, int patience, double minDelta, float lowest) {
    public ReduceOnPlateau {
        if (!(factor > 0 && factor < 1)) {
            throw new IllegalArgumentException("reduction factor " + factor + ", must lie between 0 and 1");
        }
        if (patience < 1) {
            throw new IllegalArgumentException("patience of " + patience + " epochs, must be 1 or more");
        }
        if (!(minDelta >= 0)) {
            throw new IllegalArgumentException("minimum improvement " + minDelta + ", must be 0 or more");
        }
        if (!(lowest >= 0 && lowest < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("lowest learning rate " + lowest + ", must be finite and 0 or more");
        }
    }

    /// The rate of the next epoch.
    ///
    /// @param scheduled what it would be without reductions
    /// @param history all epochs before it
    public float rate(float scheduled, List<EpochReport> history) {
        double best = Double.POSITIVE_INFINITY;
        int waited = 0;
        double rate = scheduled;
        for (EpochReport epoch : history) {
            if (epoch.validationLoss() < best - minDelta) {
                best = epoch.validationLoss();
                waited = 0;
            } else if (++waited >= patience) {
                rate *= factor;
                waited = 0;
            }
        }
        return (float) Math.max(rate, Math.min(lowest, scheduled));
    }
}
