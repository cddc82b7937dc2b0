package dev.whittle.quantizer.qat;

import dev.whittle.converter.lower.LoweredNetwork;
import dev.whittle.converter.lower.Lowering;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.calibrate.KnownRanges;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.quantizer.rule.Int8;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import dev.whittle.trainer.optimizer.LearningRate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Fine-tunes a trained network with fake quantization in it (equations 11 and 12 of `docs/QUANTIZATION.md`), and makes
/// the result int8 with the rewriter that serves calibration.
///
/// ```java
/// Network aware = QuantizationAwareTraining.prepare(trained, samples);
/// aware = QuantizationAwareTraining.fit(aware, training, validation, settings, Schedule.standard(), List.of());
/// Model int8 = QuantizationAwareTraining.toInt8(aware, "qat", "", ElementType.INT8, ElementType.INT8);
/// ```
///
/// Source: Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
/// Inference", section 3.
public final class QuantizationAwareTraining {
    /// Images hold 0 to 255.
    private static final Range IMAGE = new Range(0, 255);

    private QuantizationAwareTraining() {}

    /// A copy of a trained network with fake quantization, its ranges those that calibration measures. Ranges that follow
    /// from the image's 0 to 255 are frozen from the start.
    ///
    /// @param samples as for [Calibrator#calibrate]
    public static Network prepare(Network trained, Iterable<List<float[]>> samples) {
        Network network = trained.withSpec(FakeQuantization.place(trained.spec()));
        LoweredNetwork lowered = Lowering.lower(network, "network", "");
        Set<Integer> known = KnownRanges.of(lowered.model().primary(), Map.of(0, IMAGE)).keySet();
        Calibration calibration = Calibrator.minMax().withInputRange(0, IMAGE).calibrate(lowered.model(),
                samples);
        Set<Layer> frozen = new HashSet<>();
        lowered.fakeQuantized().forEach((layer, tensor) -> {
            QuantizationParameters parameters = Objects.requireNonNull(calibration.parameters().get(tensor));
            Range range = Int8.nudged(parameters);
            network.assign(layer, range.minimum(), range.maximum());
            if (known.contains(tensor)) {
                frozen.add(layer);
            }
        });
        return network.withLayers(network.layers().stream()
                .map(layer -> layer instanceof FakeQuantize fake ? fake.withFrozen(frozen.contains(fake)) : layer)
                .toList());
    }

    /// Trains a prepared network in place while its ranges move, then a copy of it with its ranges frozen.
    ///
    /// @param settings all but the epochs and the learning rate, which the schedule gives; a checkpoint of the second part
    ///        has `.frozen` behind its name
    /// @return the network with frozen ranges, after the part that ended with the lower validation loss
    public static Network fit(Network prepared, ImageSource training, ImageSource validation,
            TrainingSettings settings, Schedule schedule, List<? extends TrainingListener> listeners)
            throws IOException {
        History moving = Trainer.fit(prepared, training, validation,
                part(settings, schedule.movingEpochs(), schedule.learningRateFrom(0),
                        settings.checkpoint()),
                listeners);
        Network frozen = prepared.withLayers(FakeQuantization.freeze(prepared.layers()));
        if (schedule.frozenEpochs() == 0 || Thread.currentThread().isInterrupted()) {
            return frozen;
        }
        Network settled = prepared.withLayers(FakeQuantization.freeze(prepared.layers()));
        Path checkpoint = settings.checkpoint();
        History settling = Trainer.fit(settled, training, validation, part(settings, schedule.frozenEpochs(),
                schedule.learningRateFrom(schedule.movingEpochs()),
                checkpoint == null ? null : checkpoint.resolveSibling(checkpoint.getFileName() + ".frozen")),
                listeners);
        // Without validation images both losses are NaN, and the longer training counts.
        return validationLoss(moving) <= validationLoss(settling) ? frozen : settled;
    }

    /// The loss of the parameters that a training ended with; infinite when no epoch was completed.
    private static double validationLoss(History history) {
        return history.bestEpoch() < 0
                ? Double.POSITIVE_INFINITY
                : history.epochs().get(history.bestEpoch()).validationLoss();
    }

    private static TrainingSettings part(TrainingSettings settings, int epochs, LearningRate learningRate,
            @Nullable Path checkpoint) {
        return settings.withEpochs(epochs).withLearningRate(learningRate).withCheckpoint(checkpoint,
                settings.resume());
    }

    /// The network as an int8 model, with the parameters that it was trained with.
    ///
    /// @param name stands for the model in messages, as a file name does
    /// @param input as for [Ends]
    /// @param output as for [Ends]
    /// @throws IllegalStateException when a range has seen no activation yet
    public static Model toInt8(Network aware, String name, String description, ElementType input,
            ElementType output) {
        LoweredNetwork lowered = Lowering.lower(aware, name, description);
        Map<Integer, QuantizationParameters> parameters = new HashMap<>();
        KnownRanges.of(lowered.model().primary(), Map.of(0, IMAGE))
                .forEach((tensor, range) -> parameters.put(tensor, Int8.covering(range)));
        lowered.fakeQuantized().forEach((layer, tensor) -> {
            QuantizationParameters learned = aware.quantization(layer);
            if (learned == null) {
                throw new IllegalStateException("layer \"" + layer.name() + "\" has seen no activation yet");
            }
            parameters.put(tensor, learned);
        });
        return Quantizer.quantize(lowered.model(), Recipe.of(Mode.INT8), new Calibration(parameters),
                new Ends(input, output));
    }
}
