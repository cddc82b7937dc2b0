package dev.whittle.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.callback.BatchReport;
import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.ReduceOnPlateau;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.loss.Loss;
import dev.whittle.trainer.optimizer.AdamW;
import dev.whittle.trainer.optimizer.GradientClipping;
import dev.whittle.trainer.optimizer.LearningRate;
import dev.whittle.trainer.optimizer.RMSprop;
import dev.whittle.trainer.optimizer.SGD;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainerTest {
    private static final List<String> LABELS = List.of("lower", "upper");
    private static final ImageSource TRAINING = new DrawnImages(43, 14, 1);
    private static final ImageSource VALIDATION = new DrawnImages(10, 14, 2);
    private static final TrainingSettings SETTINGS = TrainingSettings.ofEpochs(3).withBatchSize(9).withSeed(5)
            .withEarlyStopping(new EarlyStopping(3, 0)).withThreads(2);

    @TempDir Path folder;

    /// Every kind of layer, on purpose with all that is random or keeps state.
    private static Network network() {
        NetworkSpec spec = NetworkSpec.chain(Shape.of(14, 14, 3),
                List.of(new Resizing("resizing", 12, 12), new Rescaling("rescaling", 1 / 255f, 0),
                        new RandomFlip("flip", true, false), new RandomRotation("rotation", 0.05f),
                        new FakeQuantize("quantize_input", 0.9f, false),
                        new Conv2D("conv", 6, 3, Padding.VALID).withFakeQuantizedKernel(), new ReLU("relu"),
                        new FakeQuantize("quantize", 0.9f, false), new MaxPool2D("pool", 2), new Flatten("flatten"),
                        new Dropout("dropout", 0.2f), new Dense("dense", 2), new Softmax("softmax")),
                LABELS);
        return Network.create(spec, 3);
    }

    private static final class Recorder implements TrainingListener {
        final List<BatchReport> batches = new ArrayList<>();
        final List<EpochReport> epochs = new ArrayList<>();
        final List<EpochReport> before = new ArrayList<>();

        @Override
        public void trainingStarted(int epochCount, int batchCount, int images, List<EpochReport> history) {
            before.addAll(history);
        }

        @Override
        public void batchEnded(BatchReport report) {
            batches.add(report);
        }

        @Override
        public void epochEnded(EpochReport report) {
            epochs.add(report);
        }
    }

    private static Network trained(TrainingSettings settings) throws IOException {
        Network network = network();
        Trainer.fit(network, TRAINING, VALIDATION, settings, List.of());
        return network;
    }

    private static void assertSame(Network found, Network expected) {
        assertThat(found.parameters()).isEqualTo(expected.parameters());
        assertThat(found.state()).isEqualTo(expected.state());
    }

    @Test
    void aSeedGivesTheSameWeightsForAnyNumberOfThreads() throws IOException {
        Network expected = trained(SETTINGS.withThreads(1));
        for (int threads : new int[]{2, 3, 11}) {
            assertSame(trained(SETTINGS.withThreads(threads)), expected);
        }
        assertThat(trained(SETTINGS.withSeed(6)).parameters()).isNotEqualTo(expected.parameters());
    }

    @Test
    void imagesThatAreNotKeptGiveTheSameWeights() throws IOException {
        Network expected = trained(SETTINGS);
        assertSame(trained(SETTINGS.withCacheBytes(0)), expected);
        assertSame(trained(SETTINGS.withCacheBytes(20_000)), expected);
    }

    @Test
    void anEasyProblemIsLearned() throws IOException {
        Network network = Network.create(NetworkSpec.imageClassifier(Shape.of(24, 24, 3), 24, false, 0, LABELS), 1);
        ImageSource training = new DrawnImages(96, 24, 1);
        ImageSource validation = new DrawnImages(40, 24, 2);
        History history =
                Trainer.fit(network, training, validation, TrainingSettings.ofEpochs(4).withBatchSize(16), List.of());
        assertThat(history.outcome()).isEqualTo(History.Outcome.COMPLETED);
        assertThat(history.epochs().getLast().loss()).isLessThan(history.epochs().getFirst().loss());
        assertThat(history.epochs().getLast().validationAccuracy()).isEqualTo(1);
        float[][] probabilities = network.predict(validation);
        for (int i = 0; i < probabilities.length; i++) {
            assertThat(probabilities[i][validation.label(i)]).isGreaterThan(0.5f);
        }
    }

    @Test
    void exclusiveOrIsLearned() throws IOException {
        ImageSource pairs = new ImageSource() {
            @Override
            public List<String> classNames() {
                return LABELS;
            }

            @Override
            public int size() {
                return 4;
            }

            @Override
            public int label(int i) {
                return (i & 1) ^ (i >> 1);
            }

            @Override
            public String name(int i) {
                return "pair " + i;
            }

            @Override
            public PixelImage image(int i) {
                byte[] rgb = new byte[6];
                Arrays.fill(rgb, 0, 3, (byte) ((i & 1) * 255));
                Arrays.fill(rgb, 3, 6, (byte) ((i >> 1) * 255));
                return PixelImage.of(1, 2, rgb);
            }
        };
        NetworkSpec spec = NetworkSpec.chain(Shape.of(1, 2, 3), List.of(new Rescaling("rescaling", 2 / 255f, -1),
                new Flatten("flatten"), new Dense("hidden", 8), new ReLU("relu"), new Dense("logits", 2),
                new Softmax("softmax")),
                LABELS);
        Network network = Network.create(spec, 1);
        History history = Trainer.fit(network, pairs, pairs,
                TrainingSettings.ofEpochs(200).withLearningRate(new LearningRate.Constant(0.02f)).withThreads(1),
                List.of());
        assertThat(history.epochs().getLast().validationAccuracy()).isEqualTo(1);
        assertThat(history.epochs().getLast().validationLoss()).isLessThan(0.05);
    }

    @Test
    void aTrainingKilledInAnyBatchResumesToTheSameWeights() throws IOException {
        Path file = folder.resolve("training.checkpoint");
        Network expected = trained(SETTINGS);
        for (int killedAfter = 1; killedAfter < 15; killedAfter += 3) {
            Files.deleteIfExists(file);
            int batches = killedAfter;
            Recorder recorder = new Recorder();
            TrainingListener killer = new TrainingListener() {
                @Override
                public void batchEnded(BatchReport report) {
                    if (report.epoch() * report.batches() + report.batch() == batches) {
                        throw new UnsupportedOperationException("killed");
                    }
                }
            };
            assertThatThrownBy(() -> Trainer.fit(network(), TRAINING, VALIDATION, SETTINGS.withCheckpoint(file, false),
                    List.of(killer))).hasMessage("killed");
            // A kill in the middle of a write leaves part of the temporary file.
            Files.write(file.resolveSibling("training.checkpoint.tmp"), new byte[]{'W', 'H'});
            Network resumed = network();
            Trainer.fit(resumed, TRAINING, VALIDATION, SETTINGS.withCheckpoint(file, true).withThreads(1),
                    List.of(recorder));
            assertSame(resumed, expected);
            assertThat(recorder.before).hasSize((killedAfter - 1) / 5);
            assertThat(recorder.before.size() + recorder.epochs.size()).isEqualTo(3);
        }
    }

    @Test
    void anInterruptedTrainingStopsAfterTheBatchAndResumesThere() throws IOException {
        Path file = folder.resolve("training.checkpoint");
        Network expected = trained(SETTINGS);
        TrainingListener interrupter = new TrainingListener() {
            @Override
            public void batchEnded(BatchReport report) {
                if (report.epoch() == 1 && report.batch() == 2) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        Recorder interrupted = new Recorder();
        History history = Trainer.fit(network(), TRAINING, VALIDATION, SETTINGS.withCheckpoint(file, false),
                List.of(interrupter, interrupted));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(history.outcome()).isEqualTo(History.Outcome.INTERRUPTED);
        assertThat(interrupted.batches).hasSize(7);
        Network resumed = network();
        Recorder rest = new Recorder();
        Trainer.fit(resumed, TRAINING, VALIDATION, SETTINGS.withCheckpoint(file, true), List.of(rest));
        assertSame(resumed, expected);
        assertThat(rest.batches).hasSize(8);
        assertThat(rest.batches.getFirst().batch()).isEqualTo(3);
    }

    @Test
    void checkpointsWithinAnEpochLetAKillLoseNoMoreThanTheirInterval() throws IOException {
        Path file = folder.resolve("training.checkpoint");
        TrainingSettings settings = SETTINGS.withReduceOnPlateau(new ReduceOnPlateau(0.5f, 1, 0.5, 0))
                .withCheckpoint(file, false).withCheckpointInterval(Duration.ZERO);
        Network expected = trained(settings.withCheckpoint(null, false));
        TrainingListener killer = new TrainingListener() {
            @Override
            public void batchEnded(BatchReport report) {
                if (report.epoch() == 2 && report.batch() == 3) {
                    throw new UnsupportedOperationException("killed");
                }
            }
        };
        assertThatThrownBy(() -> Trainer.fit(network(), TRAINING, VALIDATION, settings, List.of(killer)))
                .hasMessage("killed");
        Network resumed = network();
        Recorder rest = new Recorder();
        Trainer.fit(resumed, TRAINING, VALIDATION, settings.withCheckpoint(file, true), List.of(rest));
        assertSame(resumed, expected);
        assertThat(rest.before).hasSize(2);
        assertThat(rest.batches.getFirst().batch()).isEqualTo(3);
    }

    @Test
    void aPlateauMakesTheRatesOfLaterEpochsSmaller() throws IOException {
        Recorder recorder = new Recorder();
        // No loss falls by a hundred, so that the rate is halved after every second epoch.
        Trainer.fit(network(), TRAINING, VALIDATION, TrainingSettings.ofEpochs(6)
                .withLearningRate(new LearningRate.Constant(0.008f))
                .withReduceOnPlateau(new ReduceOnPlateau(0.5f, 2, 100, 0)).withThreads(1), List.of(recorder));
        assertThat(recorder.epochs).extracting(EpochReport::learningRate)
                .containsExactly(0.008f, 0.008f, 0.008f, 0.004f, 0.004f, 0.002f);
        assertThat(recorder.epochs).allSatisfy(report -> assertThat(report.cpuSeconds()).isNotNegative());
    }

    @Test
    void aFinishedTrainingResumesToItsResult() throws IOException {
        Path file = folder.resolve("training.checkpoint");
        Network expected = trained(SETTINGS.withCheckpoint(file, false));
        Network resumed = network();
        Recorder recorder = new Recorder();
        Trainer.fit(resumed, TRAINING, VALIDATION, SETTINGS.withCheckpoint(file, true), List.of(recorder));
        assertSame(resumed, expected);
        assertThat(recorder.batches).isEmpty();
        assertThat(recorder.before).hasSize(3);
    }

    @Test
    void earlyStoppingReturnsTheBestWeights() throws IOException {
        List<float[]> weights = new ArrayList<>();
        Network network = network();
        TrainingListener keeper = new TrainingListener() {
            @Override
            public void epochEnded(EpochReport report) {
                weights.add(network.parameters().clone());
            }
        };
        // A rate at which the loss soon jumps about.
        TrainingSettings settings = TrainingSettings.ofEpochs(50).withBatchSize(9)
                .withLearningRate(new LearningRate.Constant(0.3f)).withEarlyStopping(new EarlyStopping(2, 0))
                .withThreads(1);
        History history = Trainer.fit(network, TRAINING, VALIDATION, settings, List.of(keeper));
        assertThat(history.outcome()).isEqualTo(History.Outcome.STOPPED_EARLY);
        int best = history.bestEpoch();
        assertThat(history.epochs()).hasSize(best + 3);
        for (EpochReport report : history.epochs()) {
            assertThat(history.epochs().get(best).validationLoss()).isLessThanOrEqualTo(report.validationLoss());
        }
        assertThat(network.parameters()).isEqualTo(weights.get(best));
    }

    @Test
    void reportsAreTheMeansOfTheEpoch() throws IOException {
        Recorder recorder = new Recorder();
        Network network = network();
        Trainer.fit(network, TRAINING, new DrawnImages(0, 14, 1), TrainingSettings.ofEpochs(2).withBatchSize(9),
                List.of(recorder));
        assertThat(recorder.batches).hasSize(10);
        BatchReport last = recorder.batches.getLast();
        assertThat(last.images()).isEqualTo(43);
        assertThat(recorder.epochs.getLast().loss()).isEqualTo(last.loss());
        assertThat(recorder.epochs.getLast().accuracy()).isEqualTo(last.accuracy());
        assertThat(recorder.epochs.getLast().validationLoss()).isNaN();
    }

    @Test
    void everyTruncationAndEveryDamagedByteOfACheckpointIsRefused() throws IOException {
        Path file = folder.resolve("training.checkpoint");
        trained(SETTINGS.withCheckpoint(file, false));
        byte[] bytes = Files.readAllBytes(file);
        Path damaged = folder.resolve("damaged.checkpoint");
        for (int length = 0; length < bytes.length; length += length < 400 ? 1 : 997) {
            Files.write(damaged, Arrays.copyOf(bytes, length));
            assertRefused(damaged);
        }
        for (int at = 0; at < bytes.length; at += at < 400 ? 1 : 997) {
            byte[] flipped = bytes.clone();
            flipped[at] ^= 0x10;
            Files.write(damaged, flipped);
            assertRefused(damaged);
        }
    }

    private static void assertRefused(Path file) {
        assertThatThrownBy(() -> trained(SETTINGS.withCheckpoint(file, true))).isInstanceOf(CheckpointException.class)
                .message().startsWith("[damaged.checkpoint] ").doesNotContain("\n");
    }

    @Test
    void aForeignFileIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("notes.txt"), "not a checkpoint");
        assertThatThrownBy(() -> trained(SETTINGS.withCheckpoint(file, true))).isInstanceOf(CheckpointException.class)
                .hasMessage("[notes.txt] is not a Whittle checkpoint, which would start with \"WHITTLEC\"");
    }

    @Test
    void aCheckpointOfAnotherTrainingIsRefusedNamingTheDifference() throws IOException {
        Path file = folder.resolve("training.checkpoint");
        trained(SETTINGS.withCheckpoint(file, false));
        assertThatThrownBy(() -> trained(SETTINGS.withBatchSize(8).withCheckpoint(file, true)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("[training.checkpoint] was written with batch size 9, this training has 8");
    }

    @Test
    void aDivergingTrainingIsReported() {
        TrainingSettings settings = TrainingSettings.ofEpochs(50).withLearningRate(new LearningRate.Constant(1e38f));
        assertThatThrownBy(() -> trained(settings)).isInstanceOf(TrainingException.class)
                .message().matches(
                        "(the loss is .*, layer \"conv\" is the first whose output is not finite,|layer \"quantize\": activations go from .*) in batch \\d+ of epoch \\d+; a smaller learning rate may help");
    }

    /// Normalization, branches and dropout.
    private static Network normalized() {
        NetworkBuilder network = new NetworkBuilder(Shape.of(14, 14, 3));
        network.add(new Resizing("resizing", 10, 10)).add(new Rescaling("rescaling", 1 / 255f, 0))
                .add(new RandomFlip("flip", true, false)).add(new Conv2D("conv_1", 6, 3, Padding.SAME).withoutBias())
                .add(new BatchNorm("norm_1")).add(new ReLU("relu_1"));
        network.add(new DepthwiseConv2D("conv_2", 3, 1, Padding.SAME)).add(new BatchNorm("norm_2"));
        network.add(new Add("add"), "relu_1", "norm_2").add(new ReLU6("relu_2")).add(new Dropout("dropout", 0.2f));
        return Network.create(network.add(new GlobalAveragePool("pool")).add(new Dense("logits", 2))
                .add(new Softmax("softmax")).build(LABELS), 3);
    }

    static Stream<TrainingSettings> everySetting() {
        TrainingSettings settings = TrainingSettings.ofEpochs(2).withBatchSize(16).withSeed(5);
        return Stream.of(settings.withOptimizer(new SGD(0.9f, true, 0.01f)).withMixup(0.3f),
                settings.withOptimizer(AdamW.defaults()).withClipping(new GradientClipping.ByGlobalNorm(0.1f)),
                settings.withOptimizer(new RMSprop(0.9f, 0.5f, 1e-7f)).withClassWeights(List.of(0.5f, 2f)),
                settings.withLoss(new Loss.CategoricalCrossEntropy(0.1f)).withFrozen(List.of("norm_*", "conv_1"))
                        .withClipping(new GradientClipping.ByValue(1e-3f)));
    }

    @ParameterizedTest
    @MethodSource("everySetting")
    void withEverySettingASeedGivesTheSameWeightsForAnyThreadsAndAfterAKill(TrainingSettings settings)
            throws IOException {
        Network expected = normalized();
        Trainer.fit(expected, TRAINING, VALIDATION, settings.withThreads(1));
        Network onTwo = normalized();
        Trainer.fit(onTwo, TRAINING, VALIDATION, settings.withThreads(2));
        assertSame(onTwo, expected);

        Path file = folder.resolve("training.checkpoint");
        TrainingListener killer = new TrainingListener() {
            @Override
            public void batchEnded(BatchReport report) {
                if (report.epoch() == 1 && report.batch() == 2) {
                    throw new UnsupportedOperationException("killed");
                }
            }
        };
        assertThatThrownBy(() -> Trainer.fit(normalized(), TRAINING, VALIDATION, settings.withCheckpoint(file, false),
                List.of(killer))).hasMessage("killed");
        Network resumed = normalized();
        Trainer.fit(resumed, TRAINING, VALIDATION, settings.withCheckpoint(file, true));
        assertSame(resumed, expected);
    }

    @Test
    void everySettingMakesADifference() throws IOException {
        List<float[]> found = new ArrayList<>();
        TrainingSettings plain = TrainingSettings.ofEpochs(1).withBatchSize(16).withSeed(5);
        for (TrainingSettings settings : List.of(plain, plain.withMixup(0.3f),
                plain.withClassWeights(List.of(0.5f, 2f)),
                plain.withLoss(new Loss.SparseCategoricalCrossEntropy(0.1f)), plain.withOptimizer(AdamW.defaults()),
                plain.withOptimizer(RMSprop.defaults()), plain.withClipping(new GradientClipping.ByValue(1e-9f)),
                plain.withOptimizer(new SGD(0.9f)),
                plain.withOptimizer(new SGD(0.9f)).withClipping(new GradientClipping.ByGlobalNorm(1e-3f)))) {
            Network network = normalized();
            Trainer.fit(network, TRAINING, VALIDATION, settings);
            found.forEach(other -> assertThat(network.parameters()).isNotEqualTo(other));
            found.add(network.parameters());
        }
    }

    @Test
    void frozenLayersKeepTheirParametersAndStatistics() throws IOException {
        Network network = normalized();
        float[] kernel = network.values("conv_1", "kernel");
        float[] mean = network.values("norm_2", "moving_mean");
        float[] logits = network.values("logits", "kernel");
        Trainer.fit(network, TRAINING, VALIDATION,
                TrainingSettings.ofEpochs(1).withFrozen(List.of("conv_*", "*_2")));
        assertThat(network.values("conv_1", "kernel")).isEqualTo(kernel);
        assertThat(network.values("norm_2", "moving_mean")).isEqualTo(mean);
        assertThat(network.values("norm_1", "moving_mean")).isNotEqualTo(mean);
        assertThat(network.values("logits", "kernel")).isNotEqualTo(logits);
    }

    @Test
    void aSigmoidIsTrainedWithBinaryCrossEntropy() throws IOException {
        List<Layer> layers = new ArrayList<>(
                NetworkSpec.imageClassifier(Shape.of(24, 24, 3), 24, false, 0, LABELS).layers());
        layers.set(layers.size() - 2, new Dense("logit", 1));
        layers.set(layers.size() - 1, new Sigmoid("sigmoid"));
        Network network = Network.create(NetworkSpec.chain(Shape.of(24, 24, 3), layers, LABELS), 1);
        History history = Trainer.fit(network, new DrawnImages(96, 24, 1), new DrawnImages(40, 24, 2),
                TrainingSettings.ofEpochs(4).withBatchSize(16));
        assertThat(history.epochs().getLast().validationAccuracy()).isEqualTo(1);
    }

    @Test
    void anAutoencoderLearnsItsInputAndHasNoAccuracy() throws IOException {
        List<float[]> inputs = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            float angle = i * 0.1f;
            inputs.add(new float[]{(float) Math.sin(angle), (float) Math.cos(angle), (float) Math.sin(angle) / 2});
        }
        Network network = Network.create(NetworkSpec.chain(Shape.of(3),
                List.of(new Dense("code", 2), new Dense("output", 3)), List.of()), 1);
        Examples examples = Examples.ofInputs(inputs);
        History history = Trainer.fit(network, examples, examples, TrainingSettings.ofEpochs(60)
                .withLearningRate(new LearningRate.Constant(0.03f)));
        assertThat(history.epochs().getLast().validationLoss()).isLessThan(1e-3);
        assertThat(history.epochs().getLast().accuracy()).isNaN();
        assertThat(network.predict(inputs.get(5))[0]).containsExactly(inputs.get(5), within(0.1f));
    }

    @Test
    void targetsOfTheirOwnAreLearned() throws IOException {
        List<float[]> inputs = new ArrayList<>();
        List<float[]> targets = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            inputs.add(new float[]{i / 40f, 1 - i % 5 / 5f});
            targets.add(new float[]{3 * inputs.get(i)[0] - inputs.get(i)[1] + 0.5f});
        }
        Network network = Network.create(
                NetworkSpec.chain(Shape.of(2), List.of(new Dense("dense", 1)), List.of()), 1);
        Trainer.fit(network, Examples.ofTargets(inputs, targets), Examples.none(), TrainingSettings.ofEpochs(200)
                .withOptimizer(new SGD(0.9f)).withLearningRate(new LearningRate.Constant(0.05f)));
        assertThat(network.values("dense", "kernel")).containsExactly(new float[]{3, -1}, within(0.01f));
        assertThat(network.values("dense", "bias")).containsExactly(new float[]{0.5f}, within(0.01f));
    }

    @Test
    void aLossThatIsNoNumberNamesTheFirstLayerThatPutOutNone() {
        Network network = normalized();
        float[] beta = network.values("norm_2", "beta");
        beta[3] = Float.NaN;
        network.assign("norm_2", "beta", beta);
        assertThatThrownBy(() -> Trainer.fit(network, TRAINING, VALIDATION, TrainingSettings.ofEpochs(1)))
                .isInstanceOf(TrainingException.class)
                .hasMessage("the loss is NaN, layer \"norm_2\" is the first whose output is not finite, in batch 1 of "
                        + "epoch 1; a smaller learning rate may help");
    }

    @Test
    void settingsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> trained(SETTINGS.withClassWeights(List.of(1f))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1 class weights for 2 classes, must be as many");
        assertThatThrownBy(() -> trained(SETTINGS.withFrozen(List.of("*"))))
                .hasMessage("nothing to train: no layer has parameters that are not frozen");
        assertThatThrownBy(() -> SETTINGS.withMixup(0.2f))
                .hasMessage("mixup in batches of 9 images, must be 16 or more");
        assertThatThrownBy(() -> trained(SETTINGS.withLoss(new Loss.BinaryCrossEntropy(0))))
                .hasMessage("layer \"softmax\": is the last before binary cross-entropy, must be a Sigmoid");
        assertThatThrownBy(() -> Examples.ofClasses(List.of(new float[3]), 0, 1))
                .hasMessage("1 inputs with 2 classes or targets, must be as many");
        Examples unlabelled = Examples.ofInputs(List.of(new float[588]));
        assertThatThrownBy(() -> Trainer.fit(network(), unlabelled, Examples.none(), TrainingSettings.ofEpochs(1)))
                .hasMessage(
                        "the examples have no classes, SparseCategoricalCrossEntropy[labelSmoothing=0.0] needs them");
        assertThatThrownBy(() -> network().predict(new float[5])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void imagesOfOtherClassesAreRefused() {
        Network network = Network.create(
                NetworkSpec.imageClassifier(Shape.of(24, 24, 3), 24, false, 0, List.of("left", "right")), 1);
        assertThatThrownBy(() -> network.predict(TRAINING)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the images have the classes [lower, upper], the network [left, right], must be the same");
    }
}
