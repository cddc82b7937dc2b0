package dev.whittle.cli.training;

import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/// While it is open, the first Ctrl-C interrupts a thread, which may then put things in order, and the second one ends the
/// JVM at once, as the system does without a handler.
public final class CtrlC implements AutoCloseable {
    private static final String SIGNAL = "INT";

    private final @Nullable Object previous;

    private CtrlC(Thread thread) {
        previous = Signals.register(SIGNAL, () -> {
            Signals.registerDefault(SIGNAL);
            thread.interrupt();
        });
    }

    /// Interrupts `thread` from now on.
    public static CtrlC interrupting(Thread thread) {
        return new CtrlC(thread);
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
