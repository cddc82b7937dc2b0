package dev.whittle.trainer.callback;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Keeps a table of the epochs in a CSV file, one row each, those before a resumption too. Epochs count from 1 there.
public final class CsvLog implements TrainingListener {
    private static final String HEADER =
            "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,seconds,images_per_second,cpu_seconds";

    private final Path file;
    private final List<String> lines = new ArrayList<>();

    public CsvLog(Path file) {
        this.file = file;
    }

    @Override
    public void trainingStarted(int epochs, int batches, int images, List<EpochReport> history) {
        lines.clear();
        lines.add(HEADER);
        history.forEach(report -> lines.add(row(report)));
        write();
    }

    @Override
    public void epochEnded(EpochReport report) {
        lines.add(row(report));
        write();
    }

    private static String row(EpochReport report) {
        return String.format(Locale.ROOT, "%d,%s,%s,%s,%s,%s,%.3f,%.1f,%.3f", report.epoch() + 1, report.loss(),
                report.accuracy(), report.validationLoss(),
                report.validationAccuracy(), report.learningRate(), report.seconds(), report.imagesPerSecond(),
                report.cpuSeconds());
    }

    private void write() {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            Files.write(temporary, lines);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
