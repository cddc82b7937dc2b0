package dev.whittle.cli.pipeline;

import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.TrainingListener;
import java.util.ArrayList;
import java.util.List;

/// Keeps the reports of one training, or of several that follow each other, numbered through.
final class EpochLog implements TrainingListener {
    private final List<EpochReport> reports = new ArrayList<>();

    @Override
    public void trainingStarted(int epochs, int batches, int images, List<EpochReport> history) {
        history.forEach(this::epochEnded);
    }

    @Override
    public void epochEnded(EpochReport report) {
        reports.add(new EpochReport(reports.size(), report.loss(), report.accuracy(), report.validationLoss(),
                report.validationAccuracy(), report.learningRate(), report.seconds(), report.imagesPerSecond(),
                report.cpuSeconds()));
    }

    List<EpochReport> reports() {
        return List.copyOf(reports);
    }
}
