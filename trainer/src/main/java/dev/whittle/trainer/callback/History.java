package dev.whittle.trainer.callback;

import java.util.List;

/// A finished training.
///
/// @param epochs all that were completed, those before a resumption too
/// @param bestEpoch the index of the epoch whose parameters the network now has; −1 when none was completed
/// @param outcome why it ended
public record History(List<EpochReport> epochs, int bestEpoch, Outcome outcome) {

    public History {
        epochs = List.copyOf(epochs);
    }

    /// Why a training ended: all epochs were run; the validation loss stopped falling; or the thread was interrupted, and
    /// the checkpoint, where there is one, holds the state of that moment.
    public enum Outcome {
        COMPLETED, STOPPED_EARLY, INTERRUPTED
    }
}
