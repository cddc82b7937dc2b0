package dev.whittle.trainer.network;

import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.callback.ReduceOnPlateau;
import dev.whittle.trainer.compression.Compression;
import dev.whittle.trainer.loss.Loss;
import dev.whittle.trainer.optimizer.Adam;
import dev.whittle.trainer.optimizer.GradientClipping;
import dev.whittle.trainer.optimizer.LearningRate;
import dev.whittle.trainer.optimizer.Optimizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How to train. `epochs`, `threads`, `cacheBytes` and all of the checkpoint do not change what any epoch computes; a
/// checkpoint can be resumed with other ones.
///
/// @param epochs passes over the training images, at most
/// @param batchSize images per update
/// @param seed of the order of the images and of every random layer
/// @param learningRate of each epoch
/// @param optimizer how gradients become updates
/// @param loss what is made small; null for the one that suits the network's last layer
/// @param classWeights how much the loss of an image counts, for each class; empty where all count 1
/// @param mixup α of the Beta distribution by which images and their targets are mixed in pairs, 0 for none, at most 1. A
///            pair lies in the same eighth of a batch and is mixed before the random layers
/// @param clipping of the gradient; null for none
/// @param frozen names of layers that are not trained, `*` standing for any characters; a frozen batch normalization works
///            with its moving averages
/// @param earlyStopping when to stop before the last epoch; the network then gets the parameters of its best epoch, also
///            when it was not stopped. Null to run all epochs and keep the last parameters
/// @param plateau makes the rates of `learningRate` smaller while the validation loss does not fall; null for none
/// @param compression what becomes of kernels beside learning: pruned, clustered, or kept as they were; null for nothing.
///        Early stopping looks at epochs only after it is settled
/// @param threads that compute
/// @param cacheBytes for images that were decoded, resized and scaled
/// @param checkpoint file that is written after each epoch, at intervals within one and on interruption; null for none
/// @param checkpointInterval the wall time between two checkpoints within an epoch, at least
/// @param resume goes on from the checkpoint, where it exists
public record TrainingSettings(int epochs, int batchSize, long seed, LearningRate learningRate, Optimizer optimizer,
        @Nullable Loss loss, List<Float> classWeights, float mixup, @Nullable GradientClipping clipping,
        List<String> frozen, @Nullable EarlyStopping earlyStopping, @Nullable ReduceOnPlateau plateau,
        @Nullable Compression compression, int threads,
        long cacheBytes, @Nullable Path checkpoint, Duration checkpointInterval, boolean resume) {
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofMinutes(5);

    public TrainingSettings {
        classWeights = List.copyOf(classWeights);
        frozen = List.copyOf(frozen);
        if (epochs < 1 || batchSize < 1 || threads < 1) {
            throw new IllegalArgumentException(
                    "%d epochs, batch size %d, %d threads, must be 1 or more".formatted(epochs, batchSize,
                            threads));
        }
        if (classWeights.stream().anyMatch(weight -> !(weight >= 0 && weight <= Float.MAX_VALUE))) {
            throw new IllegalArgumentException("class weights " + classWeights + ", must be finite and 0 or more");
        }
        if (!(mixup >= 0 && mixup <= 1)) {
            throw new IllegalArgumentException("mixup " + mixup + ", must be 0 to 1");
        }
        if (mixup > 0 && batchSize < 2 * BatchGradient.CHUNKS) {
            throw new IllegalArgumentException("mixup in batches of %d images, must be %d or more".formatted(batchSize,
                    2 * BatchGradient.CHUNKS));
        }
        if (cacheBytes < 0) {
            throw new IllegalArgumentException("a cache of " + cacheBytes + " bytes, must be 0 or more");
        }
        if (checkpointInterval.isNegative()) {
            throw new IllegalArgumentException("checkpoints every " + checkpointInterval + ", must be 0 or longer");
        }
        if (resume && checkpoint == null) {
            throw new IllegalArgumentException("nothing to resume from, a checkpoint file must be given");
        }
    }

    /// Batches of 32, Adam at 10⁻³, seed 1, the loss that suits the network, all processors, half of the heap for images, no
    /// early stopping and no checkpoint.
    public static TrainingSettings ofEpochs(int epochs) {
        return new TrainingSettings(epochs, 32, 1, new LearningRate.Constant(1e-3f), Adam.defaults(), null, List.of(),
                0,
                null, List.of(), null, null, null, Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() / 2, null, CHECKPOINT_INTERVAL, false);
    }

    /// Whether a layer keeps its parameters.
    public boolean isFrozen(String layer) {
        return frozen.stream().anyMatch(pattern -> matches(pattern, layer));
    }

    private static boolean matches(String pattern, String name) {
        return Pattern.matches("\\Q" + pattern.replace("*", "\\E.*\\Q") + "\\E", name);
    }

    public TrainingSettings withEpochs(int count) {
        return new TrainingSettings(count, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint,
                checkpointInterval, resume);
    }

    public TrainingSettings withBatchSize(int images) {
        return new TrainingSettings(epochs, images, seed, learningRate, optimizer, loss, classWeights, mixup, clipping,
                frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint, checkpointInterval,
                resume);
    }

    public TrainingSettings withSeed(long newSeed) {
        return new TrainingSettings(epochs, batchSize, newSeed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint,
                checkpointInterval, resume);
    }

    public TrainingSettings withLearningRate(LearningRate rate) {
        return new TrainingSettings(epochs, batchSize, seed, rate, optimizer, loss, classWeights, mixup, clipping,
                frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint, checkpointInterval,
                resume);
    }

    public TrainingSettings withOptimizer(Optimizer chosen) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, chosen, loss, classWeights, mixup, clipping,
                frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint, checkpointInterval,
                resume);
    }

    public TrainingSettings withLoss(@Nullable Loss chosen) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, chosen, classWeights, mixup,
                clipping, frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint,
                checkpointInterval, resume);
    }

    public TrainingSettings withClassWeights(List<Float> weights) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, weights, mixup, clipping,
                frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint, checkpointInterval,
                resume);
    }

    public TrainingSettings withMixup(float alpha) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, alpha,
                clipping, frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint,
                checkpointInterval, resume);
    }

    public TrainingSettings withClipping(@Nullable GradientClipping chosen) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup, chosen,
                frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint, checkpointInterval,
                resume);
    }

    public TrainingSettings withFrozen(List<String> patterns) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, patterns, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint,
                checkpointInterval,
                resume);
    }

    public TrainingSettings withEarlyStopping(@Nullable EarlyStopping stopping) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, frozen, stopping, plateau, compression, threads, cacheBytes, checkpoint, checkpointInterval,
                resume);
    }

    /// @param reduction null for none
    public TrainingSettings withReduceOnPlateau(@Nullable ReduceOnPlateau reduction) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, frozen, earlyStopping, reduction, compression, threads, cacheBytes, checkpoint,
                checkpointInterval,
                resume);
    }

    /// @param chosen null for none
    public TrainingSettings withCompression(@Nullable Compression chosen) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, frozen, earlyStopping, plateau, chosen, threads, cacheBytes, checkpoint, checkpointInterval,
                resume);
    }

    public TrainingSettings withThreads(int count) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, frozen, earlyStopping, plateau, compression, count, cacheBytes, checkpoint,
                checkpointInterval, resume);
    }

    public TrainingSettings withCacheBytes(long bytes) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, frozen, earlyStopping, plateau, compression, threads, bytes, checkpoint, checkpointInterval,
                resume);
    }

    /// @param resuming goes on from the file, where it exists
    public TrainingSettings withCheckpoint(@Nullable Path file, boolean resuming) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, frozen, earlyStopping, plateau, compression, threads, cacheBytes, file, checkpointInterval,
                resuming);
    }

    /// @param interval the wall time between two checkpoints within an epoch, at least
    public TrainingSettings withCheckpointInterval(Duration interval) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, optimizer, loss, classWeights, mixup,
                clipping, frozen, earlyStopping, plateau, compression, threads, cacheBytes, checkpoint, interval,
                resume);
    }
}
