package dev.whittle.trainer.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.IntFunction;

/// Work over many images on several threads, delivered in index order whatever thread was faster. At most `threads`
/// decoded images and `4 * threads` results wait at any moment, so memory does not grow with the number of images.
public final class ParallelLoader {
    private static final int RESULTS_AHEAD_PER_THREAD = 4;

    private final int threads;

    public ParallelLoader(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads is " + threads + ", must be at least 1");
        }
        this.threads = threads;
    }

    /// What takes the result of item `i`; called on the caller's thread in the order `i = 0, 1, 2, …`.
    public interface Sink<T> {
        void accept(int i, T result);
    }

    /// Runs `work` for `0 … count - 1`. The first exception of `work`, in index order, ends the run and is thrown here.
    public <T> void run(int count, IntFunction<T> work, Sink<T> sink) {
        Deque<Future<T>> waiting = new ArrayDeque<>();
        ExecutorService executor =
                Executors.newFixedThreadPool(threads,
                        Thread.ofPlatform().daemon().name("whittle-images-", 0).factory());
        try {
            int submitted = 0;
            for (int done = 0; done < count; done++) {
                while (submitted < count && waiting.size() < threads * RESULTS_AHEAD_PER_THREAD) {
                    int i = submitted++;
                    waiting.add(executor.submit(() -> work.apply(i)));
                }
                sink.accept(done, result(waiting.remove()));
            }
        } finally {
            executor.shutdownNow();
        }
    }

    /// `features` of every image of `source`; the list holds what `features` returned, in the order of the source.
    public <T> List<T> load(ImageSource source, Function<PixelImage, T> features) {
        List<T> loaded = new ArrayList<>(source.size());
        run(source.size(), i -> features.apply(source.image(i)), (i, feature) -> loaded.add(feature));
        return loaded;
    }

    private static <T> T result(Future<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while images were loading", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }
}
