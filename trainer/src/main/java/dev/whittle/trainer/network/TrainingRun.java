package dev.whittle.trainer.network;

import dev.whittle.trainer.callback.BatchReport;
import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.layer.CounterRandom;
import dev.whittle.trainer.layer.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// One training, from the first batch or from a checkpoint to its end.
final class TrainingRun implements AutoCloseable {
    /// Parameters that one task sums and updates; the sum stays in the first-level cache.
    private static final int UPDATE_ELEMENTS = 4096;

    private final Network network;
    private final TrainingSettings settings;
    private final List<TrainingListener> listeners;
    private final @Nullable Path checkpoint;
    private final SequencedMap<String, String> identity;
    private final PreparedImages images;
    private final PreparedImages validation;
    private final int batches;
    private final Workers workers;
    private final Predictor predictor;
    private final Execution preparation;
    private final Execution execution;
    private final Chunk[] chunks = new Chunk[Trainer.CHUNKS];
    private final Lane[] lanes;
    private final float[] observed;
    private TrainingState state;

    /// What a piece of a batch yields.
    private static final class Chunk {
        final float[] gradient;
        final float[] observed;
        int images;
        double loss;
        int correct;

        Chunk(Network network) {
            gradient = new float[network.parameterCount()];
            observed = new float[network.state().length];
        }
    }

    /// What a thread works with.
    private final class Lane {
        final Execution.Workspace preparationSpace = preparation.workspace(1);
        final Execution.Workspace workspace;
        final int[] labels;
        final float[] sum = new float[UPDATE_ELEMENTS];

        Lane(int capacity) {
            workspace = execution.workspace(capacity);
            labels = new int[capacity];
        }
    }

    TrainingRun(Network network, ImageSource training, ImageSource validationSource, TrainingSettings settings,
            List<TrainingListener> listeners) throws IOException {
        this.network = network;
        this.settings = settings;
        this.listeners = listeners;
        if (training.size() == 0) {
            throw new IllegalArgumentException("no training images");
        }
        if (settings.earlyStopping() != null && validationSource.size() == 0) {
            throw new IllegalArgumentException("early stopping needs validation images, there are none");
        }
        AtomicLong budgetBytes = new AtomicLong(settings.cacheBytes());
        images = new PreparedImages(training, network, budgetBytes);
        validation = new PreparedImages(validationSource, network, budgetBytes);
        batches = Math.ceilDiv(images.size(), settings.batchSize());
        checkpoint = settings.checkpoint();
        identity = Checkpoint.identity(network, training, validationSource, settings);
        state = checkpoint != null && settings.resume() && Files.exists(checkpoint)
                ? Checkpoint.read(checkpoint, identity, network)
                : new TrainingState(network.parameterCount());
        int leading = PreparedImages.leadingLayers(network);
        preparation = new Execution(network, 0, leading, false);
        execution = new Execution(network, leading, network.layers().size(), true);
        int chunkImages = Math.ceilDiv(Math.min(settings.batchSize(), images.size()), Trainer.CHUNKS);
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = new Chunk(network);
        }
        lanes = new Lane[Math.min(settings.threads(), Trainer.CHUNKS)];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = new Lane(chunkImages);
        }
        observed = new float[network.state().length];
        workers = new Workers(lanes.length);
        predictor = new Predictor(network, workers);
    }

    History run() throws IOException {
        for (TrainingListener listener : listeners) {
            listener.trainingStarted(settings.epochs(), batches, images.size(), List.copyOf(state.history));
        }
        preparation.refresh();
        execution.refresh();
        History.Outcome outcome = runEpochs();
        EarlyStopping stopping = settings.earlyStopping();
        int bestEpoch = state.history.size() - 1;
        if (stopping != null && state.bestEpoch >= 0 && outcome != History.Outcome.INTERRUPTED) {
            bestEpoch = state.bestEpoch;
            System.arraycopy(state.bestParameters, 0, network.parameters(), 0, network.parameterCount());
            System.arraycopy(state.bestState, 0, network.state(), 0, network.state().length);
        }
        History history = new History(state.history, bestEpoch, outcome);
        for (TrainingListener listener : listeners) {
            listener.trainingEnded(history);
        }
        return history;
    }

    private History.Outcome runEpochs() throws IOException {
        EarlyStopping stopping = settings.earlyStopping();
        while (state.epoch() < settings.epochs()) {
            if (stopping != null && state.isStopped(stopping)) {
                return History.Outcome.STOPPED_EARLY;
            }
            if (!runBatches()) {
                writeCheckpoint();
                return History.Outcome.INTERRUPTED;
            }
            endEpoch();
            writeCheckpoint();
        }
        return History.Outcome.COMPLETED;
    }

    /// The rest of an epoch.
    ///
    /// @return false when the thread was interrupted
    private boolean runBatches() {
        int epoch = state.epoch();
        int[] order = shuffled(epoch);
        float learningRate = settings.learningRate().at(epoch);
        while (state.batch < batches) {
            if (Thread.currentThread().isInterrupted()) {
                return false;
            }
            long start = System.nanoTime();
            int first = state.batch * settings.batchSize();
            int count = Math.min(settings.batchSize(), images.size() - first);
            images.readAhead(order, first, Math.min(first + 2 * settings.batchSize(), images.size()), preparation,
                    settings.threads());
            computeGradients(order, first, count);
            update(learningRate);
            state.batch++;
            state.seconds += (System.nanoTime() - start) * 1e-9;
            int done = first + count;
            BatchReport report = new BatchReport(epoch, state.batch, batches, done, state.loss / done,
                    state.correct / (double) done);
            for (TrainingListener listener : listeners) {
                listener.batchEnded(report);
            }
        }
        return true;
    }

    /// The images in the order of an epoch (Fisher and Yates, from the last place down).
    private int[] shuffled(int epoch) {
        int[] order = new int[images.size()];
        long key = CounterRandom.fold(Purpose.SHUFFLING.key(settings.seed()), epoch);
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        for (int i = order.length - 1; i > 0; i--) {
            int j = CounterRandom.below(i + 1, key, i);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }

    private void computeGradients(int[] order, int first, int count) {
        long key = CounterRandom.fold(Purpose.LAYERS.key(settings.seed()), state.epoch());
        workers.run(chunks.length, (worker, index) -> {
            Lane lane = lanes[worker];
            Chunk chunk = chunks[index];
            int from = first + count * index / chunks.length;
            chunk.images = first + count * (index + 1) / chunks.length - from;
            chunk.loss = 0;
            chunk.correct = 0;
            if (chunk.images == 0) {
                return;
            }
            Step step = lane.workspace.step();
            step.begin(chunk.images, chunk.gradient, chunk.observed);
            for (int i = 0; i < chunk.images; i++) {
                int image = order[from + i];
                lane.labels[i] = images.label(image);
                step.setImageKey(i, CounterRandom.fold(key, image));
                images.read(image, lane.preparationSpace, lane.workspace.input(), i * execution.inputElements());
            }
            lane.workspace.forward();
            int classes = execution.outputElements();
            for (int i = 0; i < chunk.images; i++) {
                chunk.loss += crossEntropy(lane.workspace.output(), i * classes, lane.labels[i]);
                chunk.correct += mostLikely(lane.workspace.output(), i * classes, classes) == lane.labels[i] ? 1 : 0;
            }
            lane.workspace.backward(lane.labels, count);
        });
        for (Chunk chunk : chunks) {
            state.loss += chunk.loss;
            state.correct += chunk.correct;
        }
        if (!Double.isFinite(state.loss)) {
            throw diverged("the loss is " + state.loss);
        }
    }

    private TrainingException diverged(String found) {
        return new TrainingException(
                "%s in batch %d of epoch %d; a smaller learning rate may help".formatted(found, state.batch + 1,
                        state.epoch() + 1));
    }

    /// Adds the gradients in the order of the chunks and updates parameters and ranges.
    private void update(float learningRate) {
        state.steps++;
        float stepSize = settings.adam().stepSize(learningRate, state.steps);
        int parameters = network.parameterCount();
        workers.run(Math.ceilDiv(parameters, UPDATE_ELEMENTS), (worker, task) -> {
            int from = task * UPDATE_ELEMENTS;
            int to = Math.min(from + UPDATE_ELEMENTS, parameters);
            float[] sum = lanes[worker].sum;
            Arrays.fill(sum, 0);
            for (Chunk chunk : chunks) {
                if (chunk.images > 0) {
                    add(chunk.gradient, from, to, sum);
                }
            }
            settings.adam().update(stepSize, sum, 0, network.parameters(), state.firstMoments, state.secondMoments,
                    from, to);
        });
        for (int i = 0; i < observed.length; i += 2) {
            observed[i] = Float.POSITIVE_INFINITY;
            observed[i + 1] = Float.NEGATIVE_INFINITY;
            for (Chunk chunk : chunks) {
                if (chunk.images > 0) {
                    observed[i] = Math.min(observed[i], chunk.observed[i]);
                    observed[i + 1] = Math.max(observed[i + 1], chunk.observed[i + 1]);
                }
            }
            if (observed[i] < -Float.MAX_VALUE || observed[i + 1] > Float.MAX_VALUE) {
                throw diverged("activations go from %s to %s".formatted(observed[i], observed[i + 1]));
            }
        }
        execution.observe(observed);
        workers.run(execution.stageCount(), (worker, stage) -> execution.refresh(stage));
    }

    private static void add(float[] gradient, int from, int to, float[] sum) {
        for (int i = from; i < to; i++) {
            sum[i - from] += gradient[i];
        }
    }

    private void endEpoch() {
        long start = System.nanoTime();
        double validationLoss = Double.NaN;
        double validationAccuracy = Double.NaN;
        if (validation.size() > 0) {
            float[][] probabilities = predictor.predict(validation);
            double loss = 0;
            int correct = 0;
            for (int i = 0; i < probabilities.length; i++) {
                loss += crossEntropy(probabilities[i], 0, validation.label(i));
                correct += mostLikely(probabilities[i], 0, probabilities[i].length) == validation.label(i) ? 1 : 0;
            }
            validationLoss = loss / validation.size();
            validationAccuracy = correct / (double) validation.size();
        }
        EarlyStopping stopping = settings.earlyStopping();
        if (stopping != null && stopping.isImprovement(validationLoss, state.bestLoss)) {
            state.bestLoss = validationLoss;
            state.bestEpoch = state.epoch();
            state.bestParameters = network.parameters().clone();
            state.bestState = network.state().clone();
        }
        double seconds = state.seconds + (System.nanoTime() - start) * 1e-9;
        EpochReport report =
                new EpochReport(state.epoch(), state.loss / images.size(), state.correct / (double) images.size(),
                        validationLoss, validationAccuracy, settings.learningRate().at(state.epoch()), seconds,
                        images.size() / state.seconds);
        state.history.add(report);
        state.batch = 0;
        state.loss = 0;
        state.correct = 0;
        state.seconds = 0;
        for (TrainingListener listener : listeners) {
            listener.epochEnded(report);
        }
    }

    /// Files cannot be written by an interrupted thread: the interruption is put aside meanwhile.
    private void writeCheckpoint() throws IOException {
        if (checkpoint == null) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            Checkpoint.write(checkpoint, identity, network, state);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// `−log` of the probability of the right class; a probability of zero counts as the smallest normal float.
    private static double crossEntropy(float[] probabilities, int offset, int label) {
        float probability = probabilities[offset + label];
        return -StrictMath.log(probability < Float.MIN_NORMAL ? Float.MIN_NORMAL : probability);
    }

    private static int mostLikely(float[] probabilities, int offset, int classes) {
        int best = 0;
        for (int i = 1; i < classes; i++) {
            best = probabilities[offset + i] > probabilities[offset + best] ? i : best;
        }
        return best;
    }

    @Override
    public void close() {
        workers.close();
        images.close();
    }
}
