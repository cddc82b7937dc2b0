package dev.whittle.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.callback.BatchReport;
import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.optimizer.LearningRate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    @Test
    void imagesOfOtherClassesAreRefused() {
        Network network = Network.create(
                NetworkSpec.imageClassifier(Shape.of(24, 24, 3), 24, false, 0, List.of("left", "right")), 1);
        assertThatThrownBy(() -> network.predict(TRAINING)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the images have the classes [lower, upper], the network [left, right], must be the same");
    }
}
