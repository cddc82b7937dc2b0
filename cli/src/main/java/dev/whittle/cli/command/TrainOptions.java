package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.Progress;
import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.network.TrainingSettings;
import dev.whittle.trainer.optimizer.LearningRate;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// How a command trains.
final class TrainOptions implements OptionGroup {
    @Option(names = "--epochs", paramLabel = "N", defaultValue = "15", description = "Passes over the training images, at most (default: ${DEFAULT-VALUE}).") private int epochs;

    @Option(names = "--patience", paramLabel = "N", defaultValue = "5", description = "Stop after so many epochs without a lower validation loss (default: ${DEFAULT-VALUE}).") private int patience;

    @Option(names = "--batch-size", paramLabel = "N", defaultValue = "32", description = "Images per update (default: ${DEFAULT-VALUE}).") private int batchSize;

    @Option(names = "--learning-rate", paramLabel = "RATE", defaultValue = "0.001", description = "At the start (default: ${DEFAULT-VALUE}).") private float learningRate;

    @Option(names = "--dropout", paramLabel = "RATE", defaultValue = "0", description = "Before the first fully-connected layer (default: none).") private float dropout;

    @Option(names = "--resume", description = "Go on where a killed run with the same settings stopped.") private boolean resume;

    @Option(names = "--quiet", description = "One line per epoch instead of a progress bar.") private boolean quiet;

    boolean resume() {
        return resume;
    }

    float learningRate() {
        return learningRate;
    }

    float dropout() {
        return dropout;
    }

    TrainingSettings settings(long seed, int threads) {
        return TrainingSettings.ofEpochs(epochs)
                .withBatchSize(batchSize)
                .withSeed(seed)
                .withThreads(threads)
                .withLearningRate(new LearningRate.Cosine(learningRate, learningRate * 0.05f, epochs))
                .withEarlyStopping(new EarlyStopping(patience, 0));
    }

    Progress progress(CommandSpec spec) {
        return new Progress(spec.commandLine().getErr(), !quiet && Progress.isWatched());
    }

    @Override
    public String heading() {
        return "Training";
    }
}
