package dev.whittle.quantizer.qat;

import dev.whittle.trainer.callback.BatchReport;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import java.util.ArrayList;
import java.util.List;

/// Lets listeners hear several trainings, one behind the other, as one.
final class JoinedTraining {
    private final List<? extends TrainingListener> listeners;
    private final int epochs;
    private final List<EpochReport> history = new ArrayList<>();
    private boolean isStarted;

    /// @param epochs of all trainings
    JoinedTraining(List<? extends TrainingListener> listeners, int epochs) {
        this.listeners = listeners;
        this.epochs = epochs;
    }

    /// What hears the next training.
    TrainingListener next() {
        int first = history.size();
        return new TrainingListener() {
            @Override
            public void trainingStarted(int partEpochs, int batches, int images, List<EpochReport> completed) {
                List<EpochReport> renumbered = completed.stream().map(report -> later(report, first)).toList();
                if (isStarted) {
                    // A part that was resumed: the listeners have not heard of these epochs.
                    renumbered.forEach(report -> listeners.forEach(listener -> listener.epochEnded(report)));
                } else {
                    listeners.forEach(listener -> listener.trainingStarted(epochs, batches, images, renumbered));
                }
                isStarted = true;
                history.addAll(renumbered);
            }

            @Override
            public void batchEnded(BatchReport report) {
                BatchReport renumbered = new BatchReport(first + report.epoch(), report.batch(), report.batches(),
                        report.images(), report.loss(), report.accuracy());
                listeners.forEach(listener -> listener.batchEnded(renumbered));
            }

            @Override
            public void epochEnded(EpochReport report) {
                EpochReport renumbered = later(report, first);
                history.add(renumbered);
                listeners.forEach(listener -> listener.epochEnded(renumbered));
            }
        };
    }

    private static EpochReport later(EpochReport report, int epochs) {
        return new EpochReport(report.epoch() + epochs, report.loss(), report.accuracy(), report.validationLoss(),
                report.validationAccuracy(), report.learningRate(), report.seconds(), report.imagesPerSecond(),
                report.cpuSeconds());
    }

    /// Ends what the listeners hear.
    ///
    /// @param bestEpoch of all, whose parameters count
    void end(int bestEpoch, History.Outcome outcome) {
        History joined = new History(history, bestEpoch, outcome);
        listeners.forEach(listener -> listener.trainingEnded(joined));
    }
}
