package dev.whittle.trainer.network;

import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Images behind the layers that always do the same: the leading resizing and rescaling.
///
/// Images are kept as long as the budget lasts, in a form that gives the same floats to the last bit each time: the decoded
/// bytes, prepared anew by the thread that wants them, where those take half of the prepared floats or less, and the
/// prepared floats otherwise (a resized image is not made of bytes, and rounding it would make what is trained depend on
/// what fits, or differ from what the exported model computes). Of a grey image one channel is kept. The other images are
/// decoded and prepared again each time, where [#readAhead] has told so by threads of their own.
final class PreparedImages implements Inputs {
    /// Decoded bytes are kept when the floats would take so many times as much.
    private static final int WORTH_PREPARING_AGAIN = 2;

    private final ImageSource source;
    private final Shape inputShape;
    private final int elements;
    private final boolean isRgb;
    private final @Nullable Prepared[] kept;
    private final AtomicLong budgetBytes;
    private final Map<Integer, Future<Prepared>> ahead = new ConcurrentHashMap<>();
    private @Nullable ExecutorService readers;
    private @Nullable ThreadLocal<Execution.Workspace> workspaces;

    /// One image as it is kept.
    private sealed interface Prepared {
        long bytes();

        /// As it was decoded.
        record Decoded(PixelImage image) implements Prepared {
            @Override
            public long bytes() {
                return image.byteCount();
            }
        }

        /// Behind the leading layers.
        final class Values implements Prepared {
            private final float[] values;
            private final int copies;

            /// @param copies how many times in succession each value stands: 3 for a channel of a grey image
            Values(float[] values, int copies) {
                this.values = values;
                this.copies = copies;
            }

            @Override
            public long bytes() {
                return (long) values.length * Float.BYTES;
            }
        }
    }

    /// @param budgetBytes what may still be kept, shared by all that are given it
    PreparedImages(ImageSource source, Network network, AtomicLong budgetBytes) {
        this.source = source;
        this.budgetBytes = budgetBytes;
        inputShape = network.inputShape();
        Shape prepared = network.inputShape(leadingLayers(network));
        elements = prepared.elementCount();
        kept = new Prepared[source.size()];
        if (inputShape.rank() != 3 || inputShape.dimension(2) != PixelImage.CHANNELS) {
            throw new IllegalArgumentException(
                    "the network takes %s, images are [height, width, %d]".formatted(inputShape, PixelImage.CHANNELS));
        }
        if (!network.labels().isEmpty() && !source.classNames().equals(network.labels())) {
            throw new IllegalArgumentException(
                    "the images have the classes %s, the network %s, must be the same".formatted(source.classNames(),
                            network.labels()));
        }
        isRgb = prepared.dimension(2) == PixelImage.CHANNELS;
    }

    /// How many layers at the start of a network always do the same.
    static int leadingLayers(Network network) {
        int count = 0;
        while (count < network.layers().size() && isPreparation(network.layers().get(count))
                && network.inputs(count).equals(List.of(count))) {
            count++;
        }
        // What later layers take as well cannot be left behind.
        for (int layer = count; layer < network.layers().size(); layer++) {
            for (int input : network.inputs(layer)) {
                count = Math.min(count, input);
            }
        }
        return count;
    }

    private static boolean isPreparation(Layer layer) {
        return layer instanceof Resizing || layer instanceof Rescaling;
    }

    @Override
    public int size() {
        return kept.length;
    }

    @Override
    public int label(int image) {
        return source.label(image);
    }

    /// No more than these images wait at any time, each as it would be kept, and one decoded image per thread.
    @Override
    public void readAhead(int[] order, int from, int to, Execution preparation, int threads) {
        List<Integer> wanted = new ArrayList<>();
        for (int i = from; i < to; i++) {
            if (kept[order[i]] == null) {
                wanted.add(order[i]);
            }
        }
        if (wanted.isEmpty()) {
            return;
        }
        ExecutorService executor = readers;
        ThreadLocal<Execution.Workspace> own = workspaces;
        if (executor == null || own == null) {
            executor = Executors.newFixedThreadPool(threads,
                    Thread.ofPlatform().name("whittle-reader-", 0).daemon().factory());
            own = ThreadLocal.withInitial(() -> preparation.workspace(1));
            readers = executor;
            workspaces = own;
        }
        for (int image : wanted) {
            if (!ahead.containsKey(image)) {
                ThreadLocal<Execution.Workspace> workspace = own;
                ahead.put(image, executor.submit(() -> prepare(image, workspace.get())));
            }
        }
    }

    @Override
    public void read(int image, Execution.Workspace preparation, float[] to, int offset) {
        Prepared found = kept[image];
        if (found == null) {
            Future<Prepared> future = ahead.remove(image);
            found = future == null ? prepare(image, preparation) : result(future);
            if (budgetBytes.addAndGet(-found.bytes()) >= 0) {
                kept[image] = found;
            } else {
                budgetBytes.addAndGet(found.bytes());
            }
        }
        switch (found) {
            case Prepared.Decoded(PixelImage decoded) -> {
                run(decoded, preparation);
                System.arraycopy(preparation.output(), 0, to, offset, elements);
            }
            case Prepared.Values prepared -> copy(prepared.values, prepared.copies, to, offset);
        }
    }

    private Prepared prepare(int image, Execution.Workspace preparation) {
        PixelImage decoded = source.image(image);
        int copies = isRgb && decoded.isGrey() ? PixelImage.CHANNELS : 1;
        if ((long) decoded.byteCount() * WORTH_PREPARING_AGAIN <= (long) elements / copies * Float.BYTES) {
            return new Prepared.Decoded(decoded);
        }
        run(decoded, preparation);
        float[] values = new float[elements / copies];
        for (int i = 0; i < values.length; i++) {
            values[i] = preparation.output()[i * copies];
        }
        return new Prepared.Values(values, copies);
    }

    private void run(PixelImage image, Execution.Workspace preparation) {
        put(image, inputShape, preparation.input(), 0);
        preparation.step().begin(1);
        preparation.forward();
    }

    private static void copy(float[] values, int copies, float[] to, int offset) {
        if (copies == 1) {
            System.arraycopy(values, 0, to, offset, values.length);
            return;
        }
        int at = offset;
        for (float value : values) {
            to[at] = value;
            to[at + 1] = value;
            to[at + 2] = value;
            at += PixelImage.CHANNELS;
        }
    }

    /// Waits in a thread that nobody interrupts, one of [Workers].
    private static Prepared result(Future<Prepared> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while an image was prepared", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    /// Writes the samples of an image, 0 to 255, resized where it is not as large as the network's input.
    private static void put(PixelImage image, Shape inputShape, float[] to, int offset) {
        int height = inputShape.dimension(0);
        int width = inputShape.dimension(1);
        if (image.height() == height && image.width() == width) {
            image.readFloats(to, offset);
        } else {
            Resizing.resize(image.toFloats(), 0, image.height(), image.width(), PixelImage.CHANNELS, to, offset, height,
                    width);
        }
    }

    /// Ends the threads that read ahead.
    @Override
    public void close() {
        ExecutorService started = readers;
        if (started != null) {
            started.shutdownNow();
        }
    }
}
