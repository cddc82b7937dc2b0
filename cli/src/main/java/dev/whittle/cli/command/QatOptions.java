package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.Output;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.training.CtrlC;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.quantizer.qat.IntegerEvaluation;
import dev.whittle.quantizer.qat.QuantizationAwareTraining;
import dev.whittle.quantizer.qat.Schedule;
import dev.whittle.trainer.callback.CsvLog;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How `quantize --mode qat` fine-tunes, and what it refuses to write.
final class QatOptions implements OptionGroup {
    /// The last learning rate as a share of the first.
    private static final float LAST_SHARE = 0.03f;
    private static final double PERCENT = 100;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "3", description = "Passes over the training images, those of --delay included (default: ${DEFAULT-VALUE}).") private int epochs;

    @Option(names = "--delay", paramLabel = "N", defaultValue = "0", description = "Epochs before fake quantization begins (default: ${DEFAULT-VALUE}).") private int delay;

    @Option(names = "--freeze-ranges-after", paramLabel = "N", description = "Epochs, those of --delay included, after which activation ranges and the statistics of batch normalization stand still (default: two thirds of all).") private @Nullable Integer freezeRangesAfter;

    @Option(names = "--learning-rate", paramLabel = "RATE", defaultValue = "0.0001", description = "Of the first epoch; it falls to 3 %% of that (default: ${DEFAULT-VALUE}).") private float learningRate;

    @Option(names = "--max-disagreement", paramLabel = "PERCENT", defaultValue = "1", description = "Fail where more validation images get another class from the integer model than from the fake-quantized network (default: ${DEFAULT-VALUE}).") private double maxDisagreement;

    @Option(names = "--accept-disagreement", description = "Write the model all the same.") private boolean acceptDisagreement;

    @Option(names = "--run", paramLabel = "DIR", description = "Keep log.csv and checkpoints there.") private @Nullable Path run;

    @Option(names = "--resume", description = "Go on from the checkpoints in --run.") private boolean resume;

    /// Fine-tunes and makes the integer model; empty where Ctrl-C stopped it.
    ///
    /// @param samples to measure the first ranges on
    /// @param bits of weights, 8 or 4
    /// @param file the model is to be written to
    /// @param err what the integer model says goes there
    Optional<Model> fineTune(Network network, Photographs photographs, Iterable<List<float[]>> samples, int bits,
            TrainingSettings settings, TrainingListener progress, Path file, ElementType input, ElementType output,
            PrintWriter err) throws IOException {
        TrainingSettings checked = settings;
        List<TrainingListener> listeners = new ArrayList<>(List.of(progress));
        if (run != null) {
            Output.folder(run);
            checked = settings.withCheckpoint(run.resolve("checkpoint.whittle"), resume);
            listeners.add(new CsvLog(run.resolve("log.csv")));
        } else if (resume) {
            throw new IllegalArgumentException("--resume without --run, which says where the checkpoints are");
        }
        Network aware = fit(network, photographs, samples, bits, checked, listeners);
        if (aware == null) {
            err.println(run == null ? "stopped, nothing was written" : "stopped, --resume goes on from " + run);
            return Optional.empty();
        }
        Model model = QuantizationAwareTraining.toInt8(aware, String.valueOf(file.getFileName()),
                "Image classifier, made by Whittle.", input, output);
        if (photographs.validation().size() > 0) {
            IntegerEvaluation evaluation =
                    QuantizationAwareTraining.evaluate(aware, photographs.validation(), settings.threads());
            err.println(String.format(Locale.ROOT,
                    "integer model: accuracy %.4f on %d validation images, fake-quantized network %.4f, %d disagree",
                    evaluation.accuracy(), evaluation.images(), evaluation.fakeQuantizedAccuracy(),
                    evaluation.disagreements().size()));
            if (!acceptDisagreement) {
                evaluation.requireAgreement(model.source(), maxDisagreement / PERCENT);
            }
        }
        return Optional.of(model);
    }

    /// The network with fake quantization; null where Ctrl-C stopped it.
    private @Nullable Network fit(Network network, Photographs photographs, Iterable<List<float[]>> samples, int bits,
            TrainingSettings settings, List<TrainingListener> listeners) throws IOException {
        try (CtrlC ctrlC = new CtrlC()) {
            listeners.add(ctrlC);
            Network aware = QuantizationAwareTraining.fit(network, samples, bits, photographs.training(),
                    photographs.validation(), settings, schedule(), listeners);
            return Thread.currentThread().isInterrupted() ? null : aware;
        } finally {
            // The interruption has done its work.
            Thread.interrupted();
        }
    }

    private Schedule schedule() {
        int freeze = freezeRangesAfter == null ? delay + Math.ceilDiv(2 * (epochs - delay), 3) : freezeRangesAfter;
        if (delay < 0 || freeze <= delay || freeze > epochs) {
            throw new IllegalArgumentException(
                    "--delay is %d, --freeze-ranges-after %d and --epochs %d, must rise in this order".formatted(delay,
                            freeze, epochs));
        }
        return new Schedule(delay, freeze - delay, epochs - freeze, learningRate, learningRate * LAST_SHARE);
    }

    @Override
    public String heading() {
        return "Quantization-aware training";
    }
}
