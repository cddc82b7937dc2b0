package dev.whittle.trainer.network;

import dev.whittle.trainer.layer.CounterRandom;
import dev.whittle.trainer.layer.Step;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Loss and gradient of a batch. It is cut into [#CHUNKS] chunks, whatever the threads are; each has its own gradient, and
/// whatever is added over them is added in their order.
///
/// Where a layer needs sums over the whole batch (batch normalization), all chunks go as far as that layer, meet there and
/// go on; each then keeps its values in a workspace of its own. Else a thread takes one chunk after the other through the
/// whole network in the same workspace.
final class BatchGradient {
    /// Pieces of a batch, and so the most threads that can share one.
    static final int CHUNKS = 8;

    private final Network network;
    private final Objective objective;
    private final TrainingSettings settings;
    private final Workers workers;
    private final Execution preparation;
    private final Execution execution;
    private final int[] meetings;
    private final double[] sums;
    private final Chunk[] chunks = new Chunk[CHUNKS];
    private final Execution.Workspace[] preparations;
    private final Execution.Workspace[] workspaces;
    private final float[][] mixed;

    /// What a piece of a batch holds and yields.
    private static final class Chunk {
        final float[] gradient;
        final float[] observed;
        final double[] sums;
        final float[] targets;
        final float[] weights;
        int images;
        double loss;
        int hits;
        @Nullable String nonFinite;

        Chunk(Network network, int sumCount, int capacity, int outputs) {
            gradient = new float[network.parameterCount()];
            observed = new float[network.state().length];
            sums = new double[sumCount];
            targets = new float[capacity * outputs];
            weights = new float[capacity];
        }
    }

    /// @param batchSize the most images in a batch
    BatchGradient(Network network, Objective objective, TrainingSettings settings, int batchSize, Workers workers) {
        this.network = network;
        this.objective = objective;
        this.settings = settings;
        this.workers = workers;
        int leading = PreparedImages.leadingLayers(network);
        preparation = Execution.forInference(network, 0, leading);
        execution = Execution.forTraining(network, leading, network.layers().size(), settings::isFrozen);
        meetings = execution.meetingStages();
        int sumCount = IntStream.of(meetings).map(execution::sumCount).max().orElse(0);
        sums = new double[sumCount];
        int capacity = Math.ceilDiv(batchSize, CHUNKS);
        Arrays.setAll(chunks, i -> new Chunk(network, sumCount, capacity, execution.outputElements()));
        preparations = new Execution.Workspace[workers.count()];
        Arrays.setAll(preparations, i -> preparation.workspace(1));
        workspaces = new Execution.Workspace[meetings.length > 0 ? CHUNKS : workers.count()];
        Arrays.setAll(workspaces, i -> execution.workspace(capacity));
        mixed = new float[settings.mixup() > 0 ? workers.count() : 0][Math.max(execution.inputElements(),
                execution.outputElements())];
    }

    /// The leading layers, which always do the same.
    Execution preparation() {
        return preparation;
    }

    /// Reads all parameters and state anew.
    void refresh() {
        preparation.refresh();
        execution.refresh();
    }

    /// Reads the parameters and the state that a step has changed.
    void refreshTrained() {
        workers.run(execution.stageCount(), (worker, stage) -> execution.refresh(stage));
    }

    /// Computes loss, hits and gradient.
    ///
    /// @param order the images of the batch are `order[first] … order[first + count − 1]`
    /// @param epochSeed that the random layers of each image are drawn from
    void compute(Inputs images, int[] order, int first, int count, long epochSeed) {
        int last = execution.stageCount();
        int start = execution.lastBackward(objective.loss());
        for (int phase = 0; phase <= meetings.length; phase++) {
            int from = phase == 0 ? 0 : meetings[phase - 1];
            int to = phase < meetings.length ? meetings[phase] : last;
            boolean isFirst = phase == 0;
            workers.run(CHUNKS, (worker, index) -> {
                Execution.Workspace workspace = workspace(worker, index);
                Chunk chunk = chunks[index];
                if (isFirst) {
                    read(images, order, first, count, index, worker, epochSeed);
                }
                if (chunk.images == 0) {
                    return;
                }
                workspace.forward(from, to);
                if (to < last) {
                    workspace.sum(to, chunk.sums);
                    return;
                }
                measure(workspace, chunk, count);
                workspace.loss(objective.loss(), chunk.targets, chunk.weights);
                backward(workspace, chunk, start, meetings.length - 1);
            });
            if (to < last) {
                execution.takeSums(to, added(execution.sumCount(to)), count);
            }
        }
        for (int meeting = meetings.length - 1; meeting >= 0; meeting--) {
            int stage = meetings[meeting];
            int next = meeting - 1;
            execution.takeGradientSums(stage, added(execution.sumCount(stage)), count);
            workers.run(CHUNKS, (worker, index) -> {
                if (chunks[index].images > 0) {
                    backward(workspaces[index], chunks[index], stage, next);
                }
            });
        }
    }

    private Execution.Workspace workspace(int worker, int chunk) {
        return workspaces[meetings.length > 0 ? chunk : worker];
    }

    /// Goes back from a stage to the meeting before it, or to the beginning.
    private void backward(Execution.Workspace workspace, Chunk chunk, int from, int meeting) {
        if (meeting < 0) {
            workspace.backward(from, 0);
            return;
        }
        workspace.backward(from, meetings[meeting] + 1);
        workspace.sumGradients(meetings[meeting], chunk.sums);
    }

    /// What the chunks have summed, added in their order.
    private double[] added(int count) {
        Arrays.fill(sums, 0);
        for (Chunk chunk : chunks) {
            for (int i = 0; chunk.images > 0 && i < count; i++) {
                sums[i] += chunk.sums[i];
            }
        }
        return sums;
    }

    private void read(Inputs images, int[] order, int first, int count, int index, int worker, long epochSeed) {
        Chunk chunk = chunks[index];
        int from = first + count * index / CHUNKS;
        chunk.images = first + count * (index + 1) / CHUNKS - from;
        Execution.Workspace workspace = workspace(worker, index);
        Step step = workspace.step();
        step.begin(chunk.images, chunk.gradient, chunk.observed);
        int elements = execution.inputElements();
        int outputs = execution.outputElements();
        for (int i = 0; i < chunk.images; i++) {
            int image = order[from + i];
            step.setImageKey(i, CounterRandom.fold(epochSeed, image));
            images.read(image, preparations[worker], workspace.input(), i * elements);
            objective.writeTarget(images, image, workspace.input(), i * elements, elements, chunk.targets, i * outputs);
            chunk.weights[i] = settings.classWeights().isEmpty()
                    ? 1
                    : settings.classWeights().get(images.label(image));
        }
        if (settings.mixup() > 0 && chunk.images > 1) {
            long key = Purpose.MIXUP.key(epochSeed);
            float[] space = mixed[worker];
            mix(order, from, chunk.images, key, workspace.input(), elements, space);
            mix(order, from, chunk.images, key, chunk.targets, outputs, space);
            mix(order, from, chunk.images, key, chunk.weights, 1, space);
        }
    }

    /// Mixes each image with the next of the chunk, the last with the first, each by its own share.
    private void mix(int[] order, int from, int images, long key, float[] values, int elements, float[] space) {
        System.arraycopy(values, 0, space, 0, elements);
        for (int i = 0; i < images; i++) {
            float share = Mixup.share(settings.mixup(), CounterRandom.fold(key, order[from + i]));
            boolean isLast = i == images - 1;
            float[] other = isLast ? space : values;
            int otherOffset = isLast ? 0 : (i + 1) * elements;
            for (int e = 0; e < elements; e++) {
                int at = i * elements + e;
                values[at] = share * values[at] + (1 - share) * other[otherOffset + e];
            }
        }
    }

    /// Adds up the chunk's loss and makes its weights those of a mean over the batch.
    private void measure(Execution.Workspace workspace, Chunk chunk, int batchImages) {
        chunk.loss = 0;
        chunk.hits = 0;
        int outputs = execution.outputElements();
        for (int i = 0; i < chunk.images; i++) {
            double loss = objective.loss().of(workspace.output(), chunk.targets, i * outputs, outputs);
            chunk.loss += loss * chunk.weights[i];
            chunk.hits += objective.isHit(workspace.output(), chunk.targets, i * outputs) ? 1 : 0;
            chunk.weights[i] /= batchImages;
        }
        chunk.nonFinite = Double.isFinite(chunk.loss) ? null : workspace.firstNonFinite();
    }

    /// The sum of the batch's losses.
    double loss() {
        double sum = 0;
        for (Chunk chunk : chunks) {
            sum += chunk.images > 0 ? chunk.loss : 0;
        }
        return sum;
    }

    int hits() {
        int sum = 0;
        for (Chunk chunk : chunks) {
            sum += chunk.images > 0 ? chunk.hits : 0;
        }
        return sum;
    }

    /// The first layer that put out something that is no finite number, where the loss is none; null where all layers did.
    @Nullable
    String firstNonFinite() {
        int first = Integer.MAX_VALUE;
        for (Chunk chunk : chunks) {
            if (chunk.images > 0 && chunk.nonFinite != null) {
                first = Math.min(first, network.layerIndex(chunk.nonFinite));
            }
        }
        return first == Integer.MAX_VALUE ? null : network.layers().get(first).name();
    }

    /// Writes the elements `from … to − 1` of the gradient to the same places of `sum`: the compiler makes vectors of loops
    /// over two arrays only where both are at one place.
    void add(int from, int to, float[] sum) {
        Arrays.fill(sum, from, to, 0);
        for (Chunk chunk : chunks) {
            if (chunk.images > 0) {
                add(chunk.gradient, from, to, sum);
            }
        }
    }

    private static void add(float[] gradient, int from, int to, float[] sum) {
        for (int i = from; i < to; i++) {
            sum[i] += gradient[i];
        }
    }

    /// Takes the ranges that the batch has shown into the network's state.
    ///
    /// @return what is wrong with a range, else null
    @Nullable
    String observe() {
        List<float[]> observed =
                Arrays.stream(chunks).filter(chunk -> chunk.images > 0).map(chunk -> chunk.observed).toList();
        return execution.observe(observed);
    }
}
