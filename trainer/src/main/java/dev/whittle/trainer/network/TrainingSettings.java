package dev.whittle.trainer.network;

import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.optimizer.Adam;
import dev.whittle.trainer.optimizer.LearningRate;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How to train. `epochs`, `threads`, `cacheBytes`, `checkpoint` and `resume` do not change what any epoch computes; a
/// checkpoint can be resumed with other ones.
///
/// @param epochs passes over the training images, at most
/// @param batchSize images per update
/// @param seed of the order of the images and of every random layer
/// @param learningRate of each epoch
/// @param adam the optimizer
/// @param earlyStopping when to stop before the last epoch; the network then gets the parameters of its best epoch, also
///            when it was not stopped. Null to run all epochs and keep the last parameters
/// @param threads that compute
/// @param cacheBytes for images that were decoded, resized and scaled
/// @param checkpoint file that is written after each epoch and on interruption; null for none
/// @param resume goes on from the checkpoint, where it exists
public record TrainingSettings(int epochs, int batchSize, long seed, LearningRate learningRate, Adam adam,
        @Nullable EarlyStopping earlyStopping, int threads, long cacheBytes, @Nullable Path checkpoint,
        boolean resume) {

    public TrainingSettings {
        if (epochs < 1 || batchSize < 1 || threads < 1) {
            throw new IllegalArgumentException(
                    "%d epochs, batch size %d, %d threads, must be 1 or more".formatted(epochs, batchSize,
                            threads));
        }
        if (cacheBytes < 0) {
            throw new IllegalArgumentException("a cache of " + cacheBytes + " bytes, must be 0 or more");
        }
        if (resume && checkpoint == null) {
            throw new IllegalArgumentException("nothing to resume from, a checkpoint file must be given");
        }
    }

    /// Batches of 32, Adam at 10⁻³, seed 1, all processors, half of the heap for images, no early stopping and no
    /// checkpoint.
    public static TrainingSettings ofEpochs(int epochs) {
        return new TrainingSettings(epochs, 32, 1, new LearningRate.Constant(1e-3f), Adam.defaults(), null,
                Runtime.getRuntime().availableProcessors(), Runtime.getRuntime().maxMemory() / 2, null, false);
    }

    public TrainingSettings withBatchSize(int images) {
        return new TrainingSettings(epochs, images, seed, learningRate, adam, earlyStopping, threads, cacheBytes,
                checkpoint, resume);
    }

    public TrainingSettings withSeed(long newSeed) {
        return new TrainingSettings(epochs, batchSize, newSeed, learningRate, adam, earlyStopping, threads, cacheBytes,
                checkpoint,
                resume);
    }

    public TrainingSettings withLearningRate(LearningRate rate) {
        return new TrainingSettings(epochs, batchSize, seed, rate, adam, earlyStopping, threads, cacheBytes, checkpoint,
                resume);
    }

    public TrainingSettings withEarlyStopping(@Nullable EarlyStopping stopping) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, adam, stopping, threads, cacheBytes,
                checkpoint, resume);
    }

    public TrainingSettings withThreads(int count) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, adam, earlyStopping, count, cacheBytes,
                checkpoint, resume);
    }

    public TrainingSettings withCacheBytes(long bytes) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, adam, earlyStopping, threads, bytes,
                checkpoint, resume);
    }

    /// @param resuming goes on from the file, where it exists
    public TrainingSettings withCheckpoint(Path file, boolean resuming) {
        return new TrainingSettings(epochs, batchSize, seed, learningRate, adam, earlyStopping, threads, cacheBytes,
                file, resuming);
    }
}
