package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.trainer.callback.ReduceOnPlateau;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.loss.Loss;
import dev.whittle.trainer.network.TrainingSettings;
import dev.whittle.trainer.optimizer.Adam;
import dev.whittle.trainer.optimizer.AdamW;
import dev.whittle.trainer.optimizer.GradientClipping;
import dev.whittle.trainer.optimizer.LearningRate;
import dev.whittle.trainer.optimizer.Optimizer;
import dev.whittle.trainer.optimizer.RMSprop;
import dev.whittle.trainer.optimizer.SGD;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How a network learns, where the defaults are not good enough.
final class LearningOptions implements OptionGroup {
    private static final float KERAS_MOMENTUM = 0.9f;
    /// The rate that the cosine ends with, as a share of the one it starts with.
    private static final float LAST_SHARE = 0.05f;

    @Option(names = "--optimizer", paramLabel = "NAME", defaultValue = "adam", description = "adam, adamw, rmsprop or sgd; the last two take a momentum: sgd,momentum=0.9 (default: ${DEFAULT-VALUE}).") private String optimizer =
            "";

    @Option(names = "--weight-decay", paramLabel = "D", description = "Share of each weight that a step takes off, times the learning rate, with adamw or sgd (default: 0.004 with adamw, else none).") private @Nullable Float weightDecay;

    @Option(names = "--schedule", paramLabel = "HOW", defaultValue = "cosine", description = "How the learning rate goes on: constant; step,epochs=10,factor=0.1; exponential,after=5,factor=0.9; cosine,warm-up=3,last=0.05, the last rate being a share of the first (default: ${DEFAULT-VALUE}).") private String schedule =
            "";

    @Option(names = "--reduce-on-plateau", paramLabel = "HOW", description = "Multiply the rate by a factor whenever the validation loss has not fallen for some epochs: factor=0.5,patience=3,lowest=1e-5.") private @Nullable String plateau;

    @Option(names = "--loss", paramLabel = "NAME", description = "categorical, binary or mse (default: what suits the network's last layer).") private @Nullable LossName loss;

    @Option(names = "--label-smoothing", paramLabel = "S", defaultValue = "0", description = "Share of each target that goes to all classes alike: 0.1 (default: none).") private float labelSmoothing;

    @Option(names = "--class-weights", paramLabel = "W", description = "How much the images of each class count: balanced, by their number; or one number each: 1,2.5.") private @Nullable String classWeights;

    @Option(names = "--mixup", paramLabel = "ALPHA", defaultValue = "0", description = "Mix images and targets in pairs: 0.2 (default: none).") private float mixup;

    @Option(names = "--clip-norm", paramLabel = "N", description = "Longest gradient; longer ones are scaled: 1 (default: any).") private @Nullable Float clipNorm;

    @Option(names = "--freeze", paramLabel = "NAMES", split = ",", description = "Layers that are not trained, * standing for any characters: conv_*,dense_1.") private List<String> frozen =
            List.of();

    enum LossName {
        CATEGORICAL, BINARY, MSE
    }

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    /// `settings` with what was asked for.
    ///
    /// @param rate at the start
    /// @param last the network's last layer
    TrainingSettings applyTo(TrainingSettings settings, float rate, Photographs photographs, Layer last) {
        TrainingSettings applied = settings.withOptimizer(optimizer())
                .withLearningRate(learningRate(rate, settings.epochs()))
                .withReduceOnPlateau(reduction())
                .withClassWeights(classWeights(photographs))
                .withMixup(mixup)
                .withClipping(clipNorm == null ? null : new GradientClipping.ByGlobalNorm(clipNorm))
                .withFrozen(frozen);
        return applied.withLoss(loss(last));
    }

    private Loss loss(Layer last) {
        if (loss == null) {
            return switch (Loss.suiting(last)) {
                case Loss.CategoricalCrossEntropy _ -> new Loss.CategoricalCrossEntropy(labelSmoothing);
                case Loss.SparseCategoricalCrossEntropy _ -> new Loss.SparseCategoricalCrossEntropy(labelSmoothing);
                case Loss.BinaryCrossEntropy _ -> new Loss.BinaryCrossEntropy(labelSmoothing);
                case Loss.MeanSquaredError squares -> squares;
            };
        }
        return switch (loss) {
            case CATEGORICAL -> new Loss.SparseCategoricalCrossEntropy(labelSmoothing);
            case BINARY -> new Loss.BinaryCrossEntropy(labelSmoothing);
            case MSE -> new Loss.MeanSquaredError();
        };
    }

    private Optimizer optimizer() {
        NamedNumbers numbers = new NamedNumbers(spec.commandLine(), "--optimizer", optimizer);
        String name = numbers.first();
        Optimizer chosen = switch (name) {
            case "adam" -> Adam.defaults();
            case "adamw" ->
                    weightDecay == null ? AdamW.defaults() : new AdamW(Adam.defaults(), weightDecay);
            case "rmsprop" -> new RMSprop(RMSprop.defaults().rho(), numbers.take("momentum", 0),
                    RMSprop.defaults().epsilon());
            case "sgd" -> new SGD(numbers.take("momentum", KERAS_MOMENTUM), false,
                    weightDecay == null ? 0 : weightDecay);
            default -> throw numbers.refused("is \"" + name + "\", expected adam, adamw, rmsprop or sgd");
        };
        numbers.requireNothingLeftBut(name);
        if (weightDecay != null && (name.equals("adam") || name.equals("rmsprop"))) {
            throw numbers.refused("is " + name + ", --weight-decay goes with adamw and sgd");
        }
        return chosen;
    }

    private LearningRate learningRate(float rate, int epochs) {
        NamedNumbers numbers = new NamedNumbers(spec.commandLine(), "--schedule", schedule);
        String name = numbers.first();
        LearningRate chosen = switch (name) {
            case "constant" -> new LearningRate.Constant(rate);
            case "step" -> new LearningRate.Steps(rate, numbers.take("factor", 0.1f), numbers.takeCount("epochs", 10));
            case "exponential" ->
                    new LearningRate.Exponential(rate, numbers.take("factor", 0.9f), numbers.takeCount("after", 1));
            case "cosine" -> new LearningRate.Cosine(rate, rate * numbers.take("last", LAST_SHARE), epochs,
                    numbers.takeCount("warm-up", 0));
            default -> throw numbers.refused("is \"" + name + "\", expected constant, step, exponential or cosine");
        };
        numbers.requireNothingLeftBut(name);
        return chosen;
    }

    private @Nullable ReduceOnPlateau reduction() {
        if (plateau == null) {
            return null;
        }
        NamedNumbers numbers = new NamedNumbers(spec.commandLine(), "--reduce-on-plateau", plateau);
        ReduceOnPlateau reduction = new ReduceOnPlateau(numbers.take("factor", 0.5f), numbers.takeCount("patience", 3),
                0, numbers.take("lowest", 0));
        if (!numbers.names().isEmpty()) {
            throw numbers.refused("has \"" + numbers.first() + "\", expected factor, patience and lowest");
        }
        return reduction;
    }

    private List<Float> classWeights(Photographs photographs) {
        if (classWeights == null) {
            return List.of();
        }
        List<Float> weights = new ArrayList<>();
        if (classWeights.equals("balanced")) {
            int[] counts = photographs.training().classCounts();
            for (int count : counts) {
                weights.add((float) (photographs.training().size() / (counts.length * (double) Math.max(count, 1))));
            }
            return weights;
        }
        for (String weight : classWeights.split(",", -1)) {
            try {
                weights.add(Float.valueOf(weight));
            } catch (NumberFormatException e) {
                throw new ParameterException(spec.commandLine(),
                        "--class-weights is " + classWeights + ", expected balanced or one number for each class", e);
            }
        }
        return weights;
    }

    @Override
    public String heading() {
        return "Training";
    }
}
