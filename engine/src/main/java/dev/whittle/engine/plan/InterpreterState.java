package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.Resources;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.UnsupportedModelException;

/// What all memory of one interpreter shares: variables and tables, threads, and how much of the limits is used up.
public final class InterpreterState {
    private final String source;
    private final ModelLimits limits;
    private final Resources resources = new Resources();
    private final Workers workers;
    private long loops;
    private boolean isTimed;
    private long deadline;
    private long bytes;

    public InterpreterState(String source, ModelLimits limits, int threads) {
        this.source = source;
        this.limits = limits;
        this.workers = new Workers(threads);
    }

    Resources resources() {
        return resources;
    }

    Workers workers() {
        return workers;
    }

    /// A run starts: loops are counted from here.
    ///
    /// @param looksAtTime whether time is counted from here too, or from where somebody first asks, since the clock costs
    ///        more than a tiny operator
    void begin(boolean looksAtTime) {
        loops = 0;
        isTimed = false;
        if (looksAtTime) {
            startTime();
        }
    }

    private void startTime() {
        isTimed = true;
        deadline = System.nanoTime() + limits.maxTime().toNanos();
    }

    void countLoop(String where) {
        loops++;
        if (loops > limits.maxLoopIterations()) {
            throw new UnsupportedModelException(where + "still running after " + limits.maxLoopIterations()
                    + " loop iterations, the limit; does the loop end?");
        }
        if (isOverTime()) {
            throw overTime(where);
        }
    }

    void requireTime() {
        if (isOverTime()) {
            throw overTime("[" + source + "] ");
        }
    }

    private boolean isOverTime() {
        if (!isTimed) {
            startTime();
        }
        return System.nanoTime() - deadline > 0;
    }

    private UnsupportedModelException overTime(String where) {
        return new UnsupportedModelException(where + "still running after " + limits.maxTime().toMillis()
                + " ms, the limit");
    }

    /// Books memory before it is allocated.
    ///
    /// @param change in bytes; negative for what is let go
    void charge(long change) {
        requireAffordable(source, Math.max(0, bytes + change), limits);
        bytes += change;
    }

    static void requireAffordable(String source, long bytes, ModelLimits limits) {
        if (bytes > limits.maxBytes()) {
            throw new UnsupportedModelException("[" + source + "] needs " + bytes
                    + " bytes for its tensors, the limit is " + limits.maxBytes()
                    + "; raise the limit or the heap (java -Xmx), or run smaller batches");
        }
    }
}
