package dev.whittle.trainer.callback;

import java.util.List;

/// Listens to a training. All methods are called in the thread that trains; but for [#batchEnded] an interruption of that
/// thread is put aside meanwhile, so that files can be written.
public interface TrainingListener {

    /// Before the first batch.
    ///
    /// @param epochs how many there will be at most, those of `history` included
    /// @param batches in one epoch
    /// @param images in one epoch
    /// @param history epochs that a resumed training had completed before
    default void trainingStarted(int epochs, int batches, int images, List<EpochReport> history) {}

    default void batchEnded(BatchReport report) {}

    default void epochEnded(EpochReport report) {}

    default void trainingEnded(History history) {}
}
