package dev.whittle.cli;

import dev.whittle.trainer.callback.BatchReport;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/// Tells a person how a training goes: on a terminal one bar per epoch, with images per second, loss, accuracy and the time
/// until the whole training ends; elsewhere one line per epoch, and one a minute within long ones.
public final class Progress implements TrainingListener {
    private static final int BAR_WIDTH = 120;
    private static final int BAR_INTERVAL_MILLIS = 250;
    private static final long LINE_INTERVAL_NANOS = 60_000_000_000L;
    private static final double NANOS_PER_SECOND = 1e9;

    private final PrintWriter err;
    private final boolean bars;
    private int epochs;
    private int batches;
    private int firstEpoch;
    private long start;
    /// When the latest line was printed.
    private long lineNanos;
    /// When the first batch of the epoch that was seen ended, and how many images were done then; later ones are timed.
    private long epochNanos;
    private int imagesBefore;
    private int epoch = -1;
    private @Nullable ProgressBar bar;

    /// @param bars draws bars; else prints lines
    public Progress(PrintWriter err, boolean bars) {
        this.err = err;
        this.bars = bars;
    }

    /// Whether bars make sense: somebody watches.
    public static boolean isWatched() {
        return System.console() != null && System.console().isTerminal();
    }

    @Override
    public void trainingStarted(int epochCount, int batchCount, int images, List<EpochReport> history) {
        epochs = epochCount;
        batches = batchCount;
        firstEpoch = history.size();
        start = System.nanoTime();
        lineNanos = start;
        epoch = -1;
        if (!history.isEmpty()) {
            err.println("resumed after epoch " + history.size());
        }
    }

    @Override
    public void batchEnded(BatchReport report) {
        long now = System.nanoTime();
        if (report.epoch() != epoch) {
            epoch = report.epoch();
            epochNanos = now;
            imagesBefore = report.images();
        }
        if (!bars) {
            if (now - lineNanos >= LINE_INTERVAL_NANOS && report.batch() < batches) {
                lineNanos = now;
                err.println(text("epoch %d/%d  batch %d/%d  ", report.epoch() + 1, epochs, report.batch(), batches)
                        + standing(report, now));
            }
            return;
        }
        ProgressBar current = bar;
        if (current == null) {
            current = new ProgressBarBuilder()
                    .setTaskName("epoch " + (report.epoch() + 1) + "/" + epochs)
                    .setInitialMax(batches)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(BAR_INTERVAL_MILLIS)
                    .setEtaFunction(state -> remaining(report.epoch(), state.getCurrent()))
                    // The library would ask the terminal for its width through a native library.
                    .setConsumer(new DelegatingProgressBarConsumer(this::redraw, BAR_WIDTH))
                    .build();
            bar = current;
        }
        current.setExtraMessage(standing(report, now));
        current.stepTo(report.batch());
    }

    private String standing(BatchReport report, long now) {
        double seconds = (now - epochNanos) / NANOS_PER_SECOND;
        String speed = seconds > 0 ? text("%.0f images/s  ", (report.images() - imagesBefore) / seconds) : "";
        return speed + text("loss %.4f  accuracy %.4f", report.loss(), report.accuracy());
    }

    private void redraw(String line) {
        err.print("\r" + line);
        err.flush();
    }

    /// How long until the last epoch ends, judged by the batches since this training started or was resumed.
    private Optional<Duration> remaining(int epoch, long batch) {
        long done = (long) (epoch - firstEpoch) * batches + batch;
        long left = (long) (epochs - firstEpoch) * batches - done;
        return done <= 0 ? Optional.empty() : Optional.of(Duration.ofNanos((System.nanoTime() - start) / done * left));
    }

    @Override
    public void epochEnded(EpochReport report) {
        closeBar();
        lineNanos = System.nanoTime();
        err.println(text(
                "epoch %d/%d  loss %.4f  accuracy %.4f  validation loss %.4f  accuracy %.4f  %.1f s  %.0f images/s",
                report.epoch() + 1, epochs, report.loss(), report.accuracy(), report.validationLoss(),
                report.validationAccuracy(), report.seconds(), report.imagesPerSecond()));
    }

    private void closeBar() {
        ProgressBar current = bar;
        if (current != null) {
            current.close();
            bar = null;
            err.print("\r" + " ".repeat(BAR_WIDTH) + "\r");
        }
    }

    @Override
    public void trainingEnded(History history) {
        closeBar();
        switch (history.outcome()) {
            case STOPPED_EARLY -> err.println("stopped early, the validation loss no longer falls");
            case COMPLETED -> {
            }
            case INTERRUPTED -> {
                return;
            }
        }
        err.println("kept the weights of epoch " + (history.bestEpoch() + 1));
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
