package dev.whittle.trainer.network;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/// A fixed number of threads that share tasks. The calling thread only waits, so that interrupting it never breaks a
/// task (an interrupted thread cannot read files); the interruption is still there when the tasks are done.
final class Workers implements AutoCloseable {
    private final int count;
    private final ExecutorService executor;

    interface Work {
        /// @param worker the thread, from 0
        /// @param task the task, from 0
        void run(int worker, int task);
    }

    Workers(int count) {
        if (count < 1) {
            throw new IllegalArgumentException(count + " threads, must be 1 or more");
        }
        this.count = count;
        executor =
                Executors.newFixedThreadPool(count, Thread.ofPlatform().name("whittle-worker-", 0).daemon().factory());
    }

    int count() {
        return count;
    }

    /// Runs tasks `0 … tasks − 1`, each once, and returns when all are done. The first failure is thrown again here.
    void run(int tasks, Work work) {
        AtomicInteger next = new AtomicInteger();
        List<Future<?>> futures = new ArrayList<>(count);
        for (int i = 0; i < Math.min(count, tasks); i++) {
            int worker = i;
            futures.add(executor.submit(() -> {
                for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
                    work.run(worker, task);
                }
            }));
        }
        boolean interrupted = false;
        Throwable failure = null;
        for (Future<?> future : futures) {
            boolean waiting = true;
            while (waiting) {
                try {
                    future.get();
                    waiting = false;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    failure = failure == null ? e.getCause() : failure;
                    waiting = false;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        switch (failure) {
            case null -> {
            }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
