package dev.whittle.trainer.network;

import dev.whittle.trainer.data.ImageSource;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Runs a network without its training layers, on several threads. What it yields for an image does not depend on the
/// other images or on the number of threads. To be used by one thread at a time.
public final class Predictor implements AutoCloseable {
    private static final int CHUNK_IMAGES = 4;

    private final Network network;
    private final Workers workers;
    private final boolean ownsWorkers;
    private final Execution preparation;
    private final Execution execution;
    private final Execution.@Nullable Workspace[] preparations;
    private final Execution.@Nullable Workspace[] workspaces;

    /// @param threads how many to compute with, 1 or more
    public Predictor(Network network, int threads) {
        this(network, new Workers(threads), true);
    }

    Predictor(Network network, Workers workers) {
        this(network, workers, false);
    }

    private Predictor(Network network, Workers workers, boolean ownsWorkers) {
        this.network = network;
        this.workers = workers;
        this.ownsWorkers = ownsWorkers;
        int leading = PreparedImages.leadingLayers(network);
        preparation = new Execution(network, 0, leading, false);
        execution = new Execution(network, leading, network.layers().size(), false);
        preparations = new Execution.Workspace[workers.count()];
        workspaces = new Execution.Workspace[workers.count()];
    }

    /// The class probabilities of each image, `[image][class]`.
    public float[][] predict(ImageSource images) {
        return predict(new PreparedImages(images, network, new AtomicLong()));
    }

    /// The class probabilities of each image, `[image][class]`.
    ///
    /// @param batch `[images, height, width, channel]` with the network's input shape, values 0 to 255
    public float[][] predict(float[] batch) {
        int inputElements = network.inputShape().elementCount();
        if (batch.length % inputElements != 0) {
            throw new IllegalArgumentException(
                    "%d values, must be a multiple of %d, an image of %s".formatted(batch.length,
                            inputElements, network.inputShape()));
        }
        return predict(batch.length / inputElements, (image, prepared, to, offset) -> {
            System.arraycopy(batch, image * inputElements, prepared.input(), 0, inputElements);
            prepared.step().begin(1);
            prepared.forward();
            System.arraycopy(prepared.output(), 0, to, offset, preparation.outputElements());
        });
    }

    float[][] predict(PreparedImages images) {
        return predict(images.size(), images::read);
    }

    private interface Reader {
        void read(int image, Execution.Workspace preparation, float[] to, int offset);
    }

    private float[][] predict(int images, Reader reader) {
        preparation.refresh();
        execution.refresh();
        float[][] probabilities = new float[images][];
        workers.run(Math.ceilDiv(images, CHUNK_IMAGES), (worker, chunk) -> {
            Execution.Workspace prepared = workspace(preparations, worker, preparation, 1);
            Execution.Workspace workspace = workspace(workspaces, worker, execution, CHUNK_IMAGES);
            int first = chunk * CHUNK_IMAGES;
            int count = Math.min(CHUNK_IMAGES, images - first);
            for (int i = 0; i < count; i++) {
                reader.read(first + i, prepared, workspace.input(), i * execution.inputElements());
            }
            workspace.step().begin(count);
            workspace.forward();
            int classes = execution.outputElements();
            for (int i = 0; i < count; i++) {
                probabilities[first + i] = Arrays.copyOfRange(workspace.output(), i * classes, (i + 1) * classes);
            }
        });
        return probabilities;
    }

    private static Execution.Workspace workspace(Execution.@Nullable Workspace[] workspaces, int worker,
            Execution execution,
            int images) {
        Execution.Workspace workspace = workspaces[worker];
        if (workspace == null) {
            workspace = execution.workspace(images);
            workspaces[worker] = workspace;
        }
        return workspace;
    }

    @Override
    public void close() {
        if (ownsWorkers) {
            workers.close();
        }
    }
}
