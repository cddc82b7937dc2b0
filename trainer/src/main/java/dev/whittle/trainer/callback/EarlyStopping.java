package dev.whittle.trainer.callback;

/// Stops when the validation loss has not fallen by more than `minDelta` below its best for `patience` epochs.
///
/// @param patience epochs without improvement that are borne, at least 1
/// @param minDelta how much a loss must be below the best to count as improvement
public record EarlyStopping(int patience, double minDelta) {
    public EarlyStopping {
        if (patience < 1) {
            throw new IllegalArgumentException("patience of " + patience + " epochs, must be 1 or more");
        }
        if (!(minDelta >= 0)) {
            throw new IllegalArgumentException("minimum improvement " + minDelta + ", must be 0 or more");
        }
    }

    public boolean isImprovement(double loss, double best) {
        return loss < best - minDelta;
    }
}
