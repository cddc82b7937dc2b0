package dev.whittle.engine.plan;

import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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
    /// The caller's first.
    private final Share[] shares;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    /// Of all kernels so far.
    private long unitsDealt;
    /// What was not divided because the others slept, since they were last woken.
    private long missedNanoseconds;

    /// @param threads the caller's included, at least 1
    Workers(int threads) {
        shares = new Share[threads];
        others = new Worker[threads - 1];
        for (int i = 0; i < threads; i++) {
            shares[i] = new Share();
        }
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
        int threads = shares.length;
        int piecesEach = (int) Math.clamp(nanoseconds / threads / NANOSECONDS_OF_A_PIECE, 1, MOST_PIECES_EACH);
        int piece = Math.ceilDiv(count, threads * piecesEach);
        unitsDealt += count;
        for (int i = threads - 1; i > 0; i--) {
            shares[i].deal(divisible, from, start(count, i), start(count, i + 1), piece, piecesEach > 1);
            others[i - 1].wake();
        }
        int end = start(count, 1);
        int first = Math.min(piece, end);
        shares[0].deal(divisible, from, first, end, piece, true);
        computePiece(divisible, from, 0, first, 0);
        computeShares(0);
        for (int spin = 0; unitsDone() < unitsDealt; spin++) {
            pause(spin);
        }
        if (failure.get() != null) {
            switch (failure.getAndSet(null)) {
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case null, default -> throw new AssertionError();
            }
        }
    }

    /// The first unit of a worker's share, or the end of the last one's.
    private int start(int count, int worker) {
        return (int) ((long) count * worker / shares.length);
    }

    private long unitsDone() {
        long done = 0;
        for (Share share : shares) {
            done += share.unitsDone;
        }
        return done;
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

    /// Computes what is left of the worker's own share, then, if that is worth while, of the others'.
    private void computeShares(int worker) {
        Share own = shares[worker];
        computeShare(own, worker);
        for (int i = 1; i < shares.length && own.helps; i++) {
            computeShare(shares[(worker + i) % shares.length], worker);
        }
    }

    private void computeShare(Share share, int worker) {
        for (long left = share.left; !Share.isEmpty(left); left = share.left) {
            int first = Share.first(left);
            int end = Math.min(Share.end(left), first + share.piece);
            if (share.take(left, end)) {
                computePiece(share.kernel, share.memory, first, end, worker);
            }
        }
    }

    private void computePiece(@Nullable DivisibleKernel kernel, @Nullable Memory memory, int first, int end,
            int worker) {
        try {
            if (kernel != null && memory != null) {
                kernel.invoke(memory, first, end, worker);
            }
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        } finally {
            shares[worker].addDone(end - first);
        }
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
                if (!isIdle()) {
                    computeShares(worker);
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
            return Share.isEmpty(shares[worker].left);
        }
    }

    /// The units of the present kernel that one thread shall compute, unless another is done before and takes some of them.
    /// Neighbouring units fall to the same thread in one kernel after the other: its core has in its cache what it wrote.
    ///
    /// All that two threads have to tell each other about a kernel lies here, close together: a line of the cache that one
    /// core wrote and another reads takes up to a quarter of a microsecond, as long as a small kernel.
    private static class Dealt {
        private static final VarHandle LEFT;
        private static final VarHandle UNITS_DONE;

        static {
            try {
                MethodHandles.Lookup lookup = MethodHandles.lookup();
                LEFT = lookup.findVarHandle(Dealt.class, "left", long.class);
                UNITS_DONE = lookup.findVarHandle(Dealt.class, "unitsDone", long.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        /// The first unit that nobody has taken in the upper 32 bits, the end of the share in the lower.
        volatile long left;
        /// By the thread of this share, of all kernels so far.
        volatile long unitsDone;
        int piece;
        /// Whether the thread of this share looks at others' when its own is empty.
        boolean helps;
        // Written before `left`, read after a piece was taken; until that piece is done, nothing is dealt.
        @Nullable DivisibleKernel kernel;
        @Nullable Memory memory;

        static int first(long left) {
            return (int) (left >>> 32);
        }

        static int end(long left) {
            return (int) left;
        }

        static boolean isEmpty(long left) {
            return first(left) >= end(left);
        }

        final void deal(DivisibleKernel divisible, Memory from, int first, int end, int unitsOfAPiece,
                boolean isHelping) {
            piece = unitsOfAPiece;
            helps = isHelping;
            kernel = divisible;
            memory = from;
            LEFT.setRelease(this, (long) first << 32 | end);
        }

        /// @return false if somebody else has taken some since `present` was read
        final boolean take(long present, int end) {
            return LEFT.compareAndSet(this, present, (long) end << 32 | end(present));
        }

        final void addDone(int units) {
            UNITS_DONE.setRelease(this, unitsDone + units);
        }
    }

    /// Keeps what the cores write to from the line of the next object.
    private static final class Share extends Dealt {
        @SuppressWarnings("unused") private long apart0, apart1, apart2, apart3, apart4, apart5, apart6, apart7;
        @SuppressWarnings("unused") private long apart8, apart9, apart10, apart11, apart12, apart13, apart14, apart15;
    }
}
