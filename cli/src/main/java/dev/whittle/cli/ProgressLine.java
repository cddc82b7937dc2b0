package dev.whittle.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.DoubleConsumer;

/// Tells a person who watches how far something has come: one line, written over itself, with the time that is left. It
/// draws only when it is told something: the bar of the library that shows a training redraws from a thread of its own, which
/// would take a core while something is measured.
public final class ProgressLine implements DoubleConsumer, AutoCloseable {
    private static final long INTERVAL_NANOS = 250_000_000;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int WIDTH = 100;

    private final PrintWriter err;
    private final String task;
    private final boolean shown;
    private final long start = System.nanoTime();
    private long last = start;
    private boolean isDrawn;

    /// @param shown false to say nothing
    public ProgressLine(PrintWriter err, String task, boolean shown) {
        this.err = err;
        this.task = task;
        this.shown = shown;
    }

    /// @param share that is done, 0 to 1
    @Override
    public void accept(double share) {
        long now = System.nanoTime();
        if (!shown || share <= 0 || now - last < INTERVAL_NANOS) {
            return;
        }
        last = now;
        isDrawn = true;
        String line = String.format(Locale.ROOT, "%s  %.0f %%, %.0f s left", task, 100 * share,
                (now - start) / NANOS_PER_SECOND * (1 - share) / share);
        err.print("\r" + line + " ".repeat(Math.max(0, WIDTH - line.length())));
        err.flush();
    }

    /// Wipes the line.
    @Override
    public void close() {
        if (isDrawn) {
            err.print("\r" + " ".repeat(WIDTH) + "\r");
            err.flush();
        }
    }
}
