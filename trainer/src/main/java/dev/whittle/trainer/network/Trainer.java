package dev.whittle.trainer.network;

import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.data.ImageSource;
import java.io.IOException;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// Trains a network:
///
/// ```java
/// Network network = Network.create(NetworkZoo.resNet8(labels), 1);
/// History history = Trainer.fit(network, training, validation, TrainingSettings.ofEpochs(30)
///         .withOptimizer(new SGD(0.9f)).withLearningRate(new LearningRate.Cosine(0.1f, 1e-4f, 30, 3)));
/// ```
///
/// The same seed gives the same parameters to the last bit, for any number of threads: each batch is cut into eight pieces
/// whatever the threads are, each piece has its own gradient, the gradients are added in the order of the pieces, and every
/// random number is a function of seed, epoch, image and layer.
public final class Trainer {
    private Trainer() {}

    /// Changes the parameters of `network` in place. When the thread is interrupted, training stops after the current
    /// batch, writes the checkpoint and returns with the thread still interrupted.
    ///
    /// @param validation measured after each epoch; may be empty, unless there is early stopping
    /// @throws IOException when the checkpoint cannot be read or written
    /// @throws CheckpointException when the checkpoint to resume is damaged or belongs to another training
    /// @throws TrainingException when the loss is no longer a number
    public static History fit(Network network, ImageSource training, ImageSource validation, TrainingSettings settings,
            List<? extends TrainingListener> listeners) throws IOException {
        return fit(network, training, validation, settings, listeners, null);
    }

    /// As [#fit(Network, ImageSource, ImageSource, TrainingSettings, List)].
    ///
    /// @param accuracy is reported after each epoch as the accuracy on the validation images, such as that of the model that
    ///        is made of the network; null for the network's own
    public static History fit(Network network, ImageSource training, ImageSource validation, TrainingSettings settings,
            List<? extends TrainingListener> listeners, @Nullable ToDoubleFunction<Network> accuracy)
            throws IOException {
        try (TrainingRun run =
                TrainingRun.of(network, training, validation, settings, List.copyOf(listeners), accuracy)) {
            return run.run();
        }
    }

    /// As [#fit(Network, ImageSource, ImageSource, TrainingSettings, List)], with nobody listening.
    public static History fit(Network network, ImageSource training, ImageSource validation, TrainingSettings settings)
            throws IOException {
        return fit(network, training, validation, settings, List.of());
    }

    /// As [#fit(Network, ImageSource, ImageSource, TrainingSettings, List)], for examples that are no photographs.
    public static History fit(Network network, Examples training, Examples validation, TrainingSettings settings,
            List<? extends TrainingListener> listeners) throws IOException {
        try (TrainingRun run = TrainingRun.of(network, training, validation, settings, List.copyOf(listeners))) {
            return run.run();
        }
    }

    /// As [#fit(Network, Examples, Examples, TrainingSettings, List)], with nobody listening.
    public static History fit(Network network, Examples training, Examples validation, TrainingSettings settings)
            throws IOException {
        return fit(network, training, validation, settings, List.of());
    }
}
