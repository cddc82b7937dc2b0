package dev.whittle.trainer.network;

import dev.whittle.trainer.callback.BatchReport;
import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.ReduceOnPlateau;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.compression.Compression;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.layer.CounterRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// One training, from the first batch or from a checkpoint to its end.
final class TrainingRun implements AutoCloseable {
    private final Network network;
    private final TrainingSettings settings;
    private final List<TrainingListener> listeners;
    private final @Nullable Path checkpoint;
    private final SequencedMap<String, String> identity;
    private final Inputs images;
    private final Inputs validation;
    private final int batches;
    private final long intervalNanos;
    private final Workers workers;
    private final Predictor predictor;
    private final Objective objective;
    private final BatchGradient gradient;
    private final UpdateStep updateStep;
    private final @Nullable ToDoubleFunction<Network> accuracy;
    private TrainingState state;

    /// @param accuracy stands for that of the network on the validation images; null for that itself
    static TrainingRun of(Network network, ImageSource training, ImageSource validation, TrainingSettings settings,
            List<TrainingListener> listeners, @Nullable ToDoubleFunction<Network> accuracy) throws IOException {
        AtomicLong budgetBytes = new AtomicLong(settings.cacheBytes());
        return new TrainingRun(network, new PreparedImages(training, network, budgetBytes),
                new PreparedImages(validation, network, budgetBytes),
                Checkpoint.identity(network, Checkpoint.digest(training), Checkpoint.digest(validation), settings),
                settings, listeners, accuracy);
    }

    static TrainingRun of(Network network, Examples training, Examples validation, TrainingSettings settings,
            List<TrainingListener> listeners) throws IOException {
        return new TrainingRun(network, training.of(network), validation.of(network),
                Checkpoint.identity(network, training.digest(), validation.digest(), settings), settings, listeners,
                null);
    }

    private TrainingRun(Network network, Inputs images, Inputs validation, SequencedMap<String, String> identity,
            TrainingSettings settings, List<TrainingListener> listeners, @Nullable ToDoubleFunction<Network> accuracy)
            throws IOException {
        this.accuracy = accuracy;
        this.network = network;
        this.images = images;
        this.validation = validation;
        this.identity = identity;
        this.settings = settings;
        this.listeners = listeners;
        if (images.size() == 0) {
            throw new IllegalArgumentException("no training images");
        }
        if (settings.earlyStopping() != null && validation.size() == 0) {
            throw new IllegalArgumentException("early stopping needs validation images, there are none");
        }
        if (settings.plateau() != null && validation.size() == 0) {
            throw new IllegalArgumentException("reduction on a plateau needs validation images, there are none");
        }
        int classes = network.labels().size();
        if (!settings.classWeights().isEmpty() && settings.classWeights().size() != classes) {
            throw new IllegalArgumentException("%d class weights for %d classes, must be as many".formatted(
                    settings.classWeights().size(), classes));
        }
        List<String> weighted = IntStream.range(0, network.layers().size())
                .filter(layer -> network.parameterCount(layer) > 0)
                .mapToObj(layer -> network.layers().get(layer).name()).toList();
        for (String pattern : settings.frozen()) {
            TrainingSettings alone = settings.withFrozen(List.of(pattern));
            if (network.layers().stream().noneMatch(layer -> alone.isFrozen(layer.name()))) {
                throw new IllegalArgumentException(
                        "frozen %s names no layer, those with weights are %s".formatted(pattern,
                                String.join(", ", weighted)));
            }
        }
        if (weighted.stream().allMatch(settings::isFrozen)) {
            throw new IllegalArgumentException("nothing to train: no layer has parameters that are not frozen");
        }
        objective = Objective.of(network, settings);
        objective.require(images);
        objective.require(validation);
        batches = Math.ceilDiv(images.size(), settings.batchSize());
        checkpoint = settings.checkpoint();
        intervalNanos = settings.checkpointInterval().toNanos();
        int slotCount = settings.optimizer().slotCount();
        state = checkpoint != null && settings.resume() && Files.exists(checkpoint)
                ? Checkpoint.read(checkpoint, identity, network, slotCount)
                : new TrainingState(network.parameterCount(), slotCount);
        workers = new Workers(Math.min(settings.threads(), BatchGradient.CHUNKS));
        predictor = new Predictor(network, workers);
        gradient = new BatchGradient(network, objective, settings, Math.min(settings.batchSize(), images.size()),
                workers);
        Compression compression = settings.compression();
        CompressedKernels kernels = compression == null ? null : new CompressedKernels(network, settings, compression);
        if (kernels != null && state.steps == 0) {
            kernels.begin(settings.seed());
        }
        updateStep = new UpdateStep(network, settings, kernels, workers);
    }

    History run() throws IOException {
        tell(listener -> listener.trainingStarted(settings.epochs(), batches, images.size(),
                List.copyOf(state.history)));
        gradient.refresh();
        History.Outcome outcome = runEpochs();
        EarlyStopping stopping = settings.earlyStopping();
        int bestEpoch = state.history.size() - 1;
        if (stopping != null && state.bestEpoch >= 0 && outcome != History.Outcome.INTERRUPTED) {
            bestEpoch = state.bestEpoch;
            System.arraycopy(state.bestParameters, 0, network.parameters(), 0, network.parameterCount());
            System.arraycopy(state.bestState, 0, network.state(), 0, network.state().length);
        }
        History history = new History(state.history, bestEpoch, outcome);
        tell(listener -> listener.trainingEnded(history));
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
    private boolean runBatches() throws IOException {
        int epoch = state.epoch();
        int[] order = shuffled(epoch);
        float learningRate = learningRate();
        long checkpointNanos = System.nanoTime();
        double cpuStart = ProcessTime.seconds() - state.cpuSeconds;
        while (state.batch < batches) {
            if (Thread.currentThread().isInterrupted()) {
                return false;
            }
            long start = System.nanoTime();
            int first = state.batch * settings.batchSize();
            int count = Math.min(settings.batchSize(), images.size() - first);
            images.readAhead(order, first, Math.min(first + 2 * settings.batchSize(), images.size()),
                    gradient.preparation(), settings.threads());
            computeGradient(order, first, count);
            update(learningRate);
            state.batch++;
            state.seconds += (System.nanoTime() - start) * 1e-9;
            state.cpuSeconds = ProcessTime.seconds() - cpuStart;
            int done = first + count;
            BatchReport report = new BatchReport(epoch, state.batch, batches, done, state.loss / done,
                    objective.accuracy(state.correct, done));
            for (TrainingListener listener : listeners) {
                listener.batchEnded(report);
            }
            if (state.batch < batches && System.nanoTime() - checkpointNanos >= intervalNanos) {
                writeCheckpoint();
                checkpointNanos = System.nanoTime();
            }
        }
        return true;
    }

    /// The learning rate of the epoch that runs.
    private float learningRate() {
        float scheduled = settings.learningRate().at(state.epoch());
        ReduceOnPlateau plateau = settings.plateau();
        return plateau == null ? scheduled : plateau.rate(scheduled, state.history);
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

    private void computeGradient(int[] order, int first, int count) {
        gradient.compute(images, order, first, count,
                CounterRandom.fold(Purpose.LAYERS.key(settings.seed()), state.epoch()));
        state.loss += gradient.loss();
        state.correct += gradient.hits();
        if (!Double.isFinite(state.loss)) {
            String layer = gradient.firstNonFinite();
            throw diverged("the loss is " + state.loss
                    + (layer == null ? "" : ", layer \"" + layer + "\" is the first whose output is not finite,"));
        }
    }

    private TrainingException diverged(String found) {
        return new TrainingException(
                "%s in batch %d of epoch %d; a smaller learning rate may help".formatted(found, state.batch + 1,
                        state.epoch() + 1));
    }

    private void update(float learningRate) {
        state.steps++;
        updateStep.run(gradient, learningRate, state.steps, state.slots);
        String found = gradient.observe();
        if (found != null) {
            throw diverged(found);
        }
        gradient.refreshTrained();
    }

    private void endEpoch() {
        long start = System.nanoTime();
        double validationLoss = Double.NaN;
        double validationAccuracy = Double.NaN;
        if (validation.size() > 0) {
            float[][] outputs = predictor.predict(validation);
            float[] target = new float[objective.outputs()];
            float[] input = new float[predictor.preparedElements()];
            double loss = 0;
            int correct = 0;
            for (int i = 0; i < outputs.length; i++) {
                if (objective.takesInput(validation)) {
                    predictor.prepare(validation, i, input);
                }
                objective.writeTarget(validation, i, input, 0, input.length, target, 0);
                loss += objective.loss().of(outputs[i], target, 0, target.length);
                correct += objective.isHit(outputs[i], target, 0) ? 1 : 0;
            }
            validationLoss = loss / validation.size();
            validationAccuracy = accuracy == null
                    ? objective.accuracy(correct, validation.size())
                    : judged(accuracy);
        }
        EarlyStopping stopping = settings.earlyStopping();
        Compression compression = settings.compression();
        boolean isSettled = compression == null || compression.isSettled(state.steps);
        if (stopping != null && (!isSettled || stopping.isImprovement(validationLoss, state.bestLoss))) {
            // Kernels that are to be pruned further are no match for those that have been.
            state.bestLoss = isSettled ? validationLoss : Double.POSITIVE_INFINITY;
            state.bestEpoch = state.epoch();
            state.bestParameters = network.parameters().clone();
            state.bestState = network.state().clone();
        }
        double seconds = state.seconds + (System.nanoTime() - start) * 1e-9;
        EpochReport report =
                new EpochReport(state.epoch(), state.loss / images.size(),
                        objective.accuracy(state.correct, images.size()),
                        validationLoss, validationAccuracy, learningRate(), seconds,
                        images.size() / state.seconds, state.cpuSeconds);
        state.history.add(report);
        state.batch = 0;
        state.loss = 0;
        state.correct = 0;
        state.seconds = 0;
        state.cpuSeconds = 0;
        tell(listener -> listener.epochEnded(report));
    }

    private double judged(ToDoubleFunction<Network> judge) {
        boolean interrupted = Thread.interrupted();
        try {
            return judge.applyAsDouble(network);
        } finally {
            interruptAgain(interrupted);
        }
    }

    private void writeCheckpoint() throws IOException {
        if (checkpoint == null) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            Checkpoint.write(checkpoint, identity, network, state);
        } finally {
            interruptAgain(interrupted);
        }
    }

    private void tell(Consumer<TrainingListener> event) {
        boolean interrupted = Thread.interrupted();
        try {
            listeners.forEach(event);
        } finally {
            interruptAgain(interrupted);
        }
    }

    /// An interrupted thread can neither write files nor wait for others: an interruption is put aside meanwhile.
    private static void interruptAgain(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        workers.close();
        images.close();
    }
}
