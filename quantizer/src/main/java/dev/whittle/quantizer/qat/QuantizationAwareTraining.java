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
import dev.whittle.quantizer.recipe.Rule;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.quantizer.rule.Int8;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.compression.Preservation;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
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
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
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

    /// A copy of a trained network with fake quantization, kernels of int8, its ranges those that calibration measures. Ranges
    /// that follow from the image's 0 to 255 are frozen from the start.
    ///
    /// @param samples as for [Calibrator#calibrate]
    public static Network prepare(Network trained, Iterable<List<float[]>> samples) {
        return prepare(trained, samples, Byte.SIZE);
    }

    /// As [#prepare(Network, Iterable)].
    ///
    /// @param kernelBits of the integers that kernels are rounded to: 8, or 4, which [#toInt8] makes INT4 filters of
    public static Network prepare(Network trained, Iterable<List<float[]>> samples, int kernelBits) {
        if (kernelBits != Byte.SIZE && kernelBits != ElementType.INT4.bits()) {
            throw new IllegalArgumentException("kernels of " + kernelBits + " bits, supported are 8 and 4");
        }
        Network network = trained.withSpec(FakeQuantization.place(trained.spec(), kernelBits));
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
    ///        has `.frozen` behind its name. Where they say nothing of compression, weights that are zero or shared stay so
    /// @param schedule without a delay
    /// @param listeners hear of one training. The validation accuracy that they are told is that of the integer model, which
    ///        is made and run after every epoch
    /// @return the network with frozen ranges, after the part that ended with the lower validation loss
    public static Network fit(Network prepared, ImageSource training, ImageSource validation,
            TrainingSettings settings, Schedule schedule, List<? extends TrainingListener> listeners)
            throws IOException {
        if (schedule.delayEpochs() > 0) {
            throw new IllegalArgumentException(schedule
                    + " for a network with fake quantization, a delay goes with one that has none yet");
        }
        return fit(prepared, training, validation, settings, schedule,
                new JoinedTraining(listeners, schedule.epochs()));
    }

    /// Trains a network without fake quantization as long as the schedule delays it, then [prepares][#prepare] it and goes on
    /// as [#fit(Network, ImageSource, ImageSource, TrainingSettings, Schedule, List)]. After an epoch of the delay too the
    /// integer model is made (by calibration) and run. The checkpoint of the delay has `.delay` behind its name.
    ///
    /// @param trained changed in place during the delay
    public static Network fit(Network trained, Iterable<List<float[]>> samples, int kernelBits, ImageSource training,
            ImageSource validation, TrainingSettings settings, Schedule schedule,
            List<? extends TrainingListener> listeners) throws IOException {
        JoinedTraining joined = new JoinedTraining(listeners, schedule.epochs());
        if (schedule.delayEpochs() > 0) {
            Trainer.fit(trained, training, validation,
                    part(settings, schedule.delayEpochs(), schedule.learningRateFrom(0), ".delay"),
                    List.of(joined.next()), accuracy(validation, settings,
                            network -> prepare(network, samples, kernelBits)));
            if (Thread.currentThread().isInterrupted()) {
                joined.end(-1, History.Outcome.INTERRUPTED);
                return prepare(trained, samples, kernelBits);
            }
        }
        return fit(prepare(trained, samples, kernelBits), training, validation, settings, schedule, joined);
    }

    private static Network fit(Network prepared, ImageSource training, ImageSource validation,
            TrainingSettings settings, Schedule schedule, JoinedTraining joined) throws IOException {
        ToDoubleFunction<Network> accuracy = accuracy(validation, settings, UnaryOperator.identity());
        int first = schedule.delayEpochs();
        History moving = Trainer.fit(prepared, training, validation,
                part(settings, schedule.movingEpochs(), schedule.learningRateFrom(first), ""),
                List.of(joined.next()), accuracy);
        Network frozen = prepared.withLayers(FakeQuantization.freeze(prepared.layers()));
        if (schedule.frozenEpochs() == 0 || Thread.currentThread().isInterrupted()) {
            joined.end(first + moving.bestEpoch(), moving.outcome());
            return frozen;
        }
        Network settled = prepared.withLayers(FakeQuantization.freeze(prepared.layers()));
        History settling = Trainer.fit(settled, training, validation,
                part(settings, schedule.frozenEpochs(),
                        schedule.learningRateFrom(first + schedule.movingEpochs()), ".frozen"),
                List.of(joined.next()), accuracy);
        // Without validation images both losses are NaN, and the longer training counts.
        boolean isBetter = validationLoss(moving) <= validationLoss(settling);
        joined.end(isBetter ? first + moving.bestEpoch() : first + moving.epochs().size() + settling.bestEpoch(),
                settling.outcome());
        return isBetter ? frozen : settled;
    }

    private static @Nullable ToDoubleFunction<Network> accuracy(ImageSource validation, TrainingSettings settings,
            UnaryOperator<Network> prepared) {
        return validation.size() == 0
                ? null
                : network -> evaluate(prepared.apply(network), validation, settings.threads()).accuracy();
    }

    /// Runs the integer model of a fake-quantized network, and the network itself, on labelled images.
    ///
    /// @param images one or more
    public static IntegerEvaluation evaluate(Network aware, ImageSource images, int threads) {
        ElementType end = ElementType.FLOAT32;
        return IntegerEvaluation.of(aware, toInt8(aware, "network", "", end, end), images, threads);
    }

    /// The loss of the parameters that a training ended with; infinite when no epoch was completed.
    private static double validationLoss(History history) {
        return history.bestEpoch() < 0
                ? Double.POSITIVE_INFINITY
                : history.epochs().get(history.bestEpoch()).validationLoss();
    }

    private static TrainingSettings part(TrainingSettings settings, int epochs, LearningRate learningRate,
            String suffix) {
        Path checkpoint = settings.checkpoint();
        TrainingSettings part = settings.withEpochs(epochs).withLearningRate(learningRate).withCheckpoint(
                checkpoint == null ? null : checkpoint.resolveSibling(checkpoint.getFileName() + suffix),
                settings.resume());
        return settings.compression() == null ? part.withCompression(new Preservation()) : part;
    }

    /// The network as an int8 model, with the parameters that it was trained with; kernels of 4 bits become INT4 filters.
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
        Recipe recipe = Recipe.of(Rule.of(Mode.INT8).withWeights(kernelBits(aware), null));
        return Quantizer.quantize(lowered.model(), recipe, new Calibration(parameters), new Ends(input, output));
    }

    /// Of all kernels of a prepared network.
    private static int kernelBits(Network aware) {
        return aware.layers().stream().mapToInt(layer -> switch (layer) {
            case Conv2D conv -> conv.kernelBits();
            case DepthwiseConv2D conv -> conv.kernelBits();
            case Dense dense -> dense.kernelBits();
            default -> 0;
        }).filter(bits -> bits > 0).findFirst().orElse(Byte.SIZE);
    }
}
