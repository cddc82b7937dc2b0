package dev.whittle.trainer.network;

import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.callback.EpochReport;
import java.util.ArrayList;
import java.util.List;

/// Where a training stands, beside the parameters themselves: with it and the settings the rest is determined.
final class TrainingState {
    /// Completed epochs.
    final List<EpochReport> history = new ArrayList<>();
    /// Completed batches of the epoch that runs.
    int batch;
    /// Sum of the losses of the images of those batches.
    double loss;
    /// How many of those images were classified right.
    int correct;
    /// Wall time that those batches took.
    double seconds;
    /// Processor time of the process for those batches; NaN where the system does not tell.
    double cpuSeconds;
    /// Updates since the beginning.
    long steps;
    /// What the optimizer keeps for each parameter.
    final float[][] slots;
    /// The epoch of the lowest validation loss, −1 for none.
    int bestEpoch = -1;
    double bestLoss = Double.POSITIVE_INFINITY;
    /// The network as it was after that epoch; empty for none.
    float[] bestParameters = {};
    float[] bestState = {};

    /// @param slotCount numbers that the optimizer keeps for each parameter
    TrainingState(int parameters, int slotCount) {
        slots = new float[slotCount][parameters];
    }

    /// The epoch that runs, from 0.
    int epoch() {
        return history.size();
    }

    boolean isStopped(EarlyStopping stopping) {
        return !history.isEmpty() && history.size() - 1 - bestEpoch >= stopping.patience();
    }
}
