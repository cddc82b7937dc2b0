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
        preparation = Execution.forInference(network, 0, leading);
        execution = Execution.forInference(network, leading, network.layers().size());
        preparations = new Execution.Workspace[workers.count()];
        workspaces = new Execution.Workspace[workers.count()];
    }

    /// The outputs of each image, `[image][output]`: class probabilities where the network ends in a softmax.
    public float[][] predict(ImageSource images) {
        return predict(new PreparedImages(images, network, new AtomicLong()));
    }

    /// The outputs of each image, `[image][output]`: class probabilities where the network ends in a softmax.
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

    /// The outputs of each example, `[example][output]`.
    public float[][] predict(Examples examples) {
        return predict(examples.of(network));
    }

    float[][] predict(Inputs images) {
        return predict(images.size(), images::read);
    }

    /// Floats of an image behind the leading layers.
    int preparedElements() {
        return execution.inputElements();
    }

    /// Reads an image as it comes out of the leading layers.
    void prepare(Inputs images, int image, float[] to) {
        images.read(image, workspace(preparations, 0, preparation, 1), to, 0);
    }

    private interface Reader {
        void read(int image, Execution.Workspace preparation, float[] to, int offset);
    }

    private float[][] predict(int images, Reader reader) {
        preparation.refresh();
        execution.refresh();
        float[][] outputs = new float[images][];
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
                outputs[first + i] = Arrays.copyOfRange(workspace.output(), i * classes, (i + 1) * classes);
            }
        });
        return outputs;
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
