package dev.whittle.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.callback.BatchReport;
import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.compression.Clustering;
import dev.whittle.trainer.compression.Compression;
import dev.whittle.trainer.compression.Preservation;
import dev.whittle.trainer.compression.Pruning;
import dev.whittle.trainer.compression.SparsityPattern;
import dev.whittle.trainer.compression.SparsitySchedule;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.optimizer.GradientClipping;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CompressedTrainingTest {
    private static final ImageSource TRAINING = new DrawnImages(43, 14, 1);
    private static final ImageSource VALIDATION = new DrawnImages(10, 14, 2);
    /// 5 batches in an epoch.
    private static final TrainingSettings SETTINGS = TrainingSettings.ofEpochs(4).withBatchSize(9).withSeed(5)
            .withClipping(new GradientClipping.ByGlobalNorm(1)).withThreads(2);
    private static final Compression PRUNING = new Pruning(new SparsityPattern.Unstructured(),
            new SparsitySchedule.PolynomialDecay(0.75, 2, 12, 3));

    @TempDir Path folder;

    private static Network network() {
        return Network.create(NetworkSpec.chain(Shape.of(14, 14, 3),
                List.of(new Rescaling("rescaling", 1 / 255f, 0), new Conv2D("conv_1", 8, 3, Padding.VALID),
                        new ReLU("relu_1"), new MaxPool2D("pool", 2), new Conv2D("conv_2", 8, 3, Padding.VALID),
                        new ReLU("relu_2"), new Flatten("flatten"), new Dense("dense", 2), new Softmax("softmax")),
                List.of("lower", "upper")), 3);
    }

    private static Network trained(Network network, TrainingSettings settings) throws IOException {
        Trainer.fit(network, TRAINING, VALIDATION, settings);
        return network;
    }

    private static double sparsity(float[] values) {
        int zeros = 0;
        for (float value : values) {
            zeros += value == 0 ? 1 : 0;
        }
        return zeros / (double) values.length;
    }

    private static TreeSet<Float> distinct(float[] values) {
        TreeSet<Float> distinct = new TreeSet<>();
        for (float value : values) {
            distinct.add(value);
        }
        return distinct;
    }

    static Stream<Compression> compressions() {
        return Stream.of(PRUNING, Pruning.nOfM(2, 4, 3), new Clustering(6), new Preservation());
    }

    @ParameterizedTest
    @MethodSource("compressions")
    void theWeightsAreTheSameForAnyNumberOfThreadsAndAfterAResumption(Compression compression) throws IOException {
        TrainingSettings settings = SETTINGS.withCompression(compression);
        Network expected = trained(network(), settings.withThreads(1));
        assertThat(trained(network(), settings.withThreads(3)).parameters()).isEqualTo(expected.parameters());

        Path file = folder.resolve("checkpoint");
        TrainingListener stop = new TrainingListener() {
            @Override
            public void batchEnded(BatchReport report) {
                if (report.epoch() == 1 && report.batch() == 3) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        Trainer.fit(network(), TRAINING, VALIDATION, settings.withCheckpoint(file, false), List.of(stop));
        assertThat(Thread.interrupted()).isTrue();

        assertThat(trained(network(), settings.withCheckpoint(file, true)).parameters())
                .isEqualTo(expected.parameters());
    }

    @Test
    void prunedKernelsHaveTheSparsityOfTheScheduleAndWeightsLearnOn() throws IOException {
        Network pruned = trained(network(), SETTINGS.withCompression(PRUNING));

        for (String layer : List.of("conv_1", "conv_2", "dense")) {
            assertThat(sparsity(pruned.values(layer, "kernel"))).isBetween(0.74, 0.76);
            assertThat(sparsity(pruned.values(layer, "bias"))).isZero();
        }
        float[] before = pruned.values("conv_2", "kernel");
        Network tuned = trained(pruned, SETTINGS.withCompression(new Preservation()));
        float[] after = tuned.values("conv_2", "kernel");
        assertThat(after).isNotEqualTo(before);
        for (int i = 0; i < after.length; i++) {
            assertThat(after[i] == 0).isEqualTo(before[i] == 0);
        }
    }

    @Test
    void clusteredKernelsKeepTheirClustersWhichMove() throws IOException {
        Network clustered = trained(network(), SETTINGS.withEpochs(1).withCompression(new Clustering(6)));
        float[] before = clustered.values("conv_2", "kernel");
        assertThat(distinct(before)).hasSize(6);

        float[] after = trained(clustered, SETTINGS.withCompression(new Preservation())).values("conv_2", "kernel");

        assertThat(distinct(after)).hasSize(6).doesNotContainAnyElementsOf(distinct(before));
        for (int i = 1; i < after.length; i++) {
            assertThat(after[i] == after[0]).isEqualTo(before[i] == before[0]);
        }
    }

    @Test
    void aFrozenKernelIsNotPruned() throws IOException {
        Network network = network();
        float[] before = network.values("conv_1", "kernel");

        trained(network, SETTINGS.withCompression(PRUNING).withFrozen(List.of("conv_1")));

        assertThat(network.values("conv_1", "kernel")).isEqualTo(before);
        assertThat(sparsity(network.values("conv_2", "kernel"))).isGreaterThan(0.7);
    }

    /// Weights before the last pruning are mostly better, and are not what is wanted.
    @Test
    void earlyStoppingKeepsNoEpochFromBeforeTheLastPruning() throws IOException {
        Network network = network();

        History history = Trainer.fit(network, TRAINING, VALIDATION, SETTINGS.withEpochs(9)
                .withEarlyStopping(new EarlyStopping(1, 10)).withCompression(PRUNING));

        // Step 12 lies in the third epoch; the fourth is the first that can be worse than it.
        assertThat(history.bestEpoch()).isEqualTo(2);
        assertThat(history.epochs()).hasSize(4);
        assertThat(sparsity(network.values("conv_2", "kernel"))).isGreaterThan(0.74);
    }
}
