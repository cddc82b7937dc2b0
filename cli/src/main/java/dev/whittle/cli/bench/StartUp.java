package dev.whittle.cli.bench;

import dev.whittle.engine.Interpreter;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/// How a model came to its speed. Times are in milliseconds; the last two count from before the file was opened, and are null
/// where they did not come within 70 seconds.
///
/// @param init from the file to a plan and memory
/// @param first the first inference
/// @param hundredth until a hundred inferences were answered
/// @param settled until the kernels served that stay
record StartUp(double init, double first, @Nullable Double hundredth, @Nullable Double settled) {
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double MOST_NANOS = 70e9;
    private static final int HUNDRED = 100;

    /// Runs a model from the first inference until its speed is the one that stays.
    ///
    /// @param start when the file was about to be opened
    /// @param ready when the interpreter was there
    /// @param progress hears the share of the longest time that has passed, 0 to 1
    static StartUp of(Interpreter interpreter, long start, long ready, DoubleConsumer progress) {
        long begun = System.nanoTime();
        interpreter.invoke();
        long now = System.nanoTime();
        double first = (now - begun) / NANOS_PER_MILLI;
        Double hundredth = null;
        Double settled = interpreter.isSettled() ? (now - start) / NANOS_PER_MILLI : null;
        for (int answers = 1; (hundredth == null || settled == null) && now - start < MOST_NANOS;) {
            interpreter.invoke();
            answers++;
            now = System.nanoTime();
            if (answers == HUNDRED) {
                hundredth = (now - start) / NANOS_PER_MILLI;
            }
            if (settled == null && interpreter.isSettled()) {
                settled = (now - start) / NANOS_PER_MILLI;
            }
            progress.accept((now - start) / MOST_NANOS);
        }
        return new StartUp((ready - start) / NANOS_PER_MILLI, first, hundredth, settled);
    }
}
