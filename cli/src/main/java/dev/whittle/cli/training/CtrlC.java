package dev.whittle.cli.training;

import dev.whittle.trainer.callback.BatchReport;
import dev.whittle.trainer.callback.TrainingListener;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/// While it is open, the first Ctrl-C stops a training that it listens to behind the batch that runs, and the second one ends
/// the JVM at once, as the system does without a handler.
public final class CtrlC implements TrainingListener, AutoCloseable {
    private static final String SIGNAL = "INT";

    private final @Nullable Object previous;
    private volatile boolean isPressed;

    public CtrlC() {
        previous = Signals.register(SIGNAL, () -> {
            Signals.registerDefault(SIGNAL);
            isPressed = true;
        });
    }

    /// Interrupts the thread that trains, from itself: an interruption from outside could fall into the writing of a file.
    @Override
    public void batchEnded(BatchReport report) {
        if (isPressed) {
            Thread.currentThread().interrupt();
        }
    }

    /// What a process that Ctrl-C has ended returns: 128 and the number of SIGINT.
    public static int exitCode() {
        return 128 + 2;
    }

    @Override
    public void close() {
        Signals.unregister(SIGNAL, previous);
    }
}
