package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The threads that share the work of one interpreter: the one that calls it, and others that wait for units of a
/// kernel to compute.
///
/// Another thread, between kernels, first spins, then yields, so that a busy machine gets its core back, then sleeps, and after
/// ten idle seconds ends; the next large kernel starts it anew. Sleeping threads are woken once kernels worth
/// dividing have passed them by for longer than waking takes, so a small network of many small kernels wakes them too.
final class Workers {
    /// Kernels that one thread finishes sooner are not divided.
    private static final long MIN_NANOSECONDS = 2_000;
    /// So much work that could have been divided passes sleeping threads by before they are woken: waking takes a system
    /// call, and some time to be seen.
    private static final long MIN_NANOSECONDS_TO_WAKE = 40_000;
    private static final int SPINS = 200;
    private static final long YIELD_NANOSECONDS = 200_000;
    private static final long SLEEP_NANOSECONDS = 10_000_000_000L;
    /// Pieces for each worker, so that one which is held up leaves its share to others.
    private static final long MOST_PIECES_EACH = 4;
    /// Less is not worth a piece of its own: neighbouring units share what they read.
    private static final long NANOSECONDS_OF_A_PIECE = 5_000;

    private final Worker[] others;
    /// The number of the kernel in the upper 32 bits, the first unit that nobody has taken in the lower.
    private final AtomicLong ticket = new AtomicLong();
    private final AtomicInteger unitsDone = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    // Written before the ticket of a kernel, read after a piece of it was taken; until that piece is done, no later kernel
    // starts.
    private @Nullable DivisibleKernel kernel;
    private @Nullable Memory memory;
    private int units;
    private int piece;
    /// What was not divided because the others slept, since they were last woken.
    private long missedNanoseconds;

    /// @param threads the caller's included, at least 1
    Workers(int threads) {
        others = new Worker[threads - 1];
        for (int i = 0; i < others.length; i++) {
            others[i] = new Worker(i + 1);
        }
    }

    /// Computes all units of a kernel; returns when they are done.
    void run(DivisibleKernel divisible, Memory from) {
        int count = divisible.units();
        long nanoseconds = divisible.estimatedNanoseconds();
        if (others.length == 0 || count < 2 || nanoseconds < MIN_NANOSECONDS || !summon(nanoseconds)) {
            divisible.invoke(from, 0, count, 0);
            return;
        }
        kernel = divisible;
        memory = from;
        units = count;
        int threads = others.length + 1;
        long piecesEach = Math.clamp(nanoseconds / threads / NANOSECONDS_OF_A_PIECE, 1, MOST_PIECES_EACH);
        piece = Math.max(1, Math.ceilDiv(count, Math.toIntExact(threads * piecesEach)));
        unitsDone.set(0);
        ticket.set((ticket.get() >>> 32) + 1 << 32);
        for (Worker other : others) {
            other.wake();
        }
        while (takePiece(0)) {
            // Until nothing is left to take.
        }
        for (int spin = 0; unitsDone.get() < count; spin++) {
            pause(spin);
        }
        // Closed, so that no late worker takes units of the next kernel before its ticket is out.
        ticket.set(ticket.get() | Integer.MAX_VALUE);
        memory = null;
        kernel = null;
        Throwable thrown = failure.getAndSet(null);
        switch (thrown) {
            case null -> {
                // All went well.
            }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new AssertionError(thrown);
        }
    }

    /// Whether other threads are awake, or are worth waking.
    private boolean summon(long nanoseconds) {
        for (Worker other : others) {
            if (other.awake) {
                return true;
            }
        }
        missedNanoseconds += nanoseconds;
        if (missedNanoseconds < MIN_NANOSECONDS_TO_WAKE) {
            return false;
        }
        missedNanoseconds = 0;
        return true;
    }

    private static void pause(int spin) {
        if (spin < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }

    /// Takes and computes some units of the present kernel.
    ///
    /// @return whether there were any
    private boolean takePiece(int worker) {
        long present = ticket.get();
        int first = (int) present;
        int end = Math.min(units, first + piece);
        if (first >= end || !ticket.compareAndSet(present, present + (end - first))) {
            return first < end;
        }
        DivisibleKernel mine = kernel;
        Memory from = memory;
        try {
            if (mine != null && from != null) {
                mine.invoke(from, first, end, worker);
            }
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        } finally {
            unitsDone.addAndGet(end - first);
        }
        return true;
    }

    /// One of the threads beside the caller's, while there is one.
    private final class Worker implements Runnable {
        private final int worker;
        private volatile @Nullable Thread thread;
        private volatile boolean awake;

        Worker(int worker) {
            this.worker = worker;
        }

        /// Called by the interpreter's thread alone.
        void wake() {
            if (awake) {
                return;
            }
            Thread present = thread;
            if (present == null) {
                awake = true;
                Thread started = Thread.ofPlatform().daemon().name("whittle-worker-" + worker).unstarted(this);
                thread = started;
                started.start();
            } else {
                LockSupport.unpark(present);
            }
        }

        @Override
        public void run() {
            while (true) {
                awake = true;
                work();
                awake = false;
                if (isIdle()) {
                    LockSupport.parkNanos(Workers.this, SLEEP_NANOSECONDS);
                    if (isIdle()) {
                        break;
                    }
                }
            }
            // Whoever wants to wake this thread between its last look and here finds the caller doing all the work.
            thread = null;
        }

        private void work() {
            int spin = 0;
            long idleSince = 0;
            while (true) {
                if (takePiece(worker)) {
                    spin = 0;
                } else if (spin++ < SPINS) {
                    Thread.onSpinWait();
                } else if (spin == SPINS + 1) {
                    idleSince = System.nanoTime();
                } else if (System.nanoTime() - idleSince > YIELD_NANOSECONDS) {
                    return;
                } else {
                    Thread.yield();
                }
            }
        }

        private boolean isIdle() {
            return (int) ticket.get() >= units;
        }
    }
}
