package dev.whittle.quantizer.qat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.calibrate.RepresentativeImages;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.trainer.callback.BatchReport;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.compression.Clustering;
import dev.whittle.trainer.compression.Pruning;
import dev.whittle.trainer.compression.SparsityPattern;
import dev.whittle.trainer.compression.SparsitySchedule;
import dev.whittle.trainer.data.CastingGenerator;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.metrics.Evaluation;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A delay, epochs with moving and epochs with frozen ranges, with batch normalization folded in.
class FineTuningTest {
    private static final Shape INPUT = Shape.of(24, 24, 3);
    private static final ImageSource TRAINING = new CastingGenerator(5, 0, 64, 24);
    private static final ImageSource VALIDATION = new CastingGenerator(6, 0, 24, 24);
    private static final TrainingSettings SETTINGS = TrainingSettings.ofEpochs(1).withThreads(2);
    private static final Schedule SCHEDULE = new Schedule(1, 1, 1, 1e-3f, 1e-4f);
    private static final Iterable<List<float[]>> SAMPLES =
            new RepresentativeImages(TRAINING, 20, Shape.of(1, 24, 24, 3), new Range(0, 255));

    private static Network trained;
    private static Network eightBits;
    private static Network fourBits;
    private static final Reports REPORTS = new Reports();

    @TempDir Path folder;

    @BeforeAll
    static void train() throws IOException {
        trained = Network.create(NetworkSpec.chain(INPUT, List.of(new Rescaling("rescaling", 1 / 255f, 0),
                new Conv2D("conv_1", 8, 3, Padding.SAME).withStride(2), new BatchNorm("norm_1", 0.8f, 1e-3f),
                new ReLU("relu_1"), new DepthwiseConv2D("conv_2", 3, 1, Padding.SAME),
                new BatchNorm("norm_2", 0.8f, 1e-3f), new ReLU("relu_2"), new MaxPool2D("pool", 2),
                new Flatten("flatten"), new Dense("dense_1", 16), new ReLU("relu_3"), new Dense("dense_2", 2),
                new Softmax("softmax")), TRAINING.classNames()), 1);
        Trainer.fit(trained, TRAINING, VALIDATION, SETTINGS.withEpochs(3));
        eightBits = tuned(trained, 8, SETTINGS, REPORTS);
        fourBits = tuned(trained, 4, SETTINGS);
    }

    private static final class Reports implements TrainingListener {
        final List<EpochReport> epochs = new ArrayList<>();
        int expected;

        @Override
        public void trainingStarted(int epochCount, int batches, int images, List<EpochReport> history) {
            expected = epochCount;
            epochs.addAll(history);
        }

        @Override
        public void epochEnded(EpochReport report) {
            epochs.add(report);
        }
    }

    private static Network tuned(Network start, int bits, TrainingSettings settings, TrainingListener... listeners)
            throws IOException {
        return QuantizationAwareTraining.fit(start.copy(), SAMPLES, bits, TRAINING, VALIDATION, settings, SCHEDULE,
                List.of(listeners));
    }

    private static Model integer(Network aware) {
        return QuantizationAwareTraining.toInt8(aware, "qat", "", ElementType.FLOAT32, ElementType.FLOAT32);
    }

    private static Tensor tensor(Model model, String name) {
        return model.primary().tensors().stream().filter(tensor -> tensor.name().equals(name)).findFirst()
                .orElseThrow();
    }

    private static float[] run(Model model, float[] image) {
        try (Interpreter interpreter = Interpreter.of(model)) {
            interpreter.input(0).putFloats(image);
            interpreter.invoke();
            return interpreter.output(0).toFloats();
        }
    }

    @Test
    void theReportedAccuracyIsThatOfTheExportedFileOnTheEngine() throws IOException {
        Reports reports = new Reports();
        List<Network> after = new ArrayList<>();
        Network prepared = QuantizationAwareTraining.prepare(trained, SAMPLES);
        Network aware = QuantizationAwareTraining.fit(prepared, TRAINING, VALIDATION, SETTINGS,
                new Schedule(2, 0, 1e-3f, 1e-3f), List.of(reports, new TrainingListener() {
                    @Override
                    public void epochEnded(EpochReport report) {
                        after.add(prepared.copy());
                    }
                }));

        assertThat(reports.epochs).hasSize(2);
        for (int epoch = 0; epoch < 2; epoch++) {
            assertThat(reports.epochs.get(epoch).validationAccuracy()).isEqualTo(accuracy(integer(after.get(epoch))));
        }
        assertThat(QuantizationAwareTraining.evaluate(aware, VALIDATION, 3).accuracy())
                .isEqualTo(reports.epochs.get(1).validationAccuracy());
    }

    private static double accuracy(Model model) {
        int correct = 0;
        for (int i = 0; i < VALIDATION.size(); i++) {
            correct += Evaluation.argMax(run(model, VALIDATION.image(i).toFloats())) == VALIDATION.label(i) ? 1 : 0;
        }
        return correct / (double) VALIDATION.size();
    }

    @Test
    void listenersHearOneTrainingWhoseEpochsAreNumberedThrough() {
        Reports reports = REPORTS;
        assertThat(reports.expected).isEqualTo(3);
        assertThat(reports.epochs).extracting(EpochReport::epoch).containsExactly(0, 1, 2);
        assertThat(reports.epochs).extracting(EpochReport::learningRate).isSortedAccordingTo((a, b) -> Float.compare(b,
                a));
    }

    @Test
    void frozenEpochsKeepTheStatisticsOfNormalizationsAndTrainOn() throws IOException {
        Network aware = eightBits.copy();
        assertThat(aware.layers()).filteredOn(BatchNorm.class::isInstance).hasSize(2)
                .allMatch(layer -> ((BatchNorm) layer).frozenStatistics());
        float[] mean = aware.values("norm_1", "moving_mean");
        float[] gamma = aware.values("norm_1", "gamma");
        Trainer.fit(aware, TRAINING, VALIDATION, SETTINGS);
        assertThat(aware.values("norm_1", "moving_mean")).isEqualTo(mean);
        assertThat(aware.values("norm_1", "gamma")).isNotEqualTo(gamma);
    }

    @Test
    void kernelsOfFourBitsAreInt4FiltersThatTheEngineAndTheReferenceRun() {
        Network aware = fourBits;
        Model model = integer(aware);

        for (String name : List.of("conv_1", "conv_2", "dense_1", "dense_2")) {
            Tensor filter = tensor(model, name + "/kernel");
            assertThat(filter.type()).isEqualTo(ElementType.INT4);
            for (byte code : Objects.requireNonNull(filter.buffer()).toCodes(ElementType.INT4,
                    filter.shape().elementCount())) {
                assertThat(code).isBetween((byte) -7, (byte) 7);
            }
        }
        float[][] expected = aware.predict(VALIDATION);
        try (ReferenceInterpreter reference = ReferenceInterpreter.of(model)) {
            for (int i = 0; i < VALIDATION.size(); i++) {
                float[] image = VALIDATION.image(i).toFloats();
                assertThat(run(model, image)).containsExactly(expected[i], within(6f / 256))
                        .containsExactly(reference.run(image), within(2.01f / 256));
            }
        }
    }

    @Test
    void theWeightsAreTheSameForAnyNumberOfThreadsAndAfterAResumption() throws IOException {
        Model expected = integer(tuned(trained, 4, SETTINGS.withThreads(1)));
        assertThat(integer(fourBits)).isEqualTo(expected);

        Path file = folder.resolve("checkpoint");
        tuned(trained, 4, SETTINGS.withCheckpoint(file, false), new TrainingListener() {
            @Override
            public void batchEnded(BatchReport report) {
                if (report.epoch() == 2) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        assertThat(Thread.interrupted()).isTrue();
        Reports reports = new Reports();
        assertThat(integer(tuned(trained, 4, SETTINGS.withCheckpoint(file, true), reports))).isEqualTo(expected);
        assertThat(reports.epochs).extracting(EpochReport::epoch).containsExactly(0, 1, 2);
    }

    @Test
    void zerosAndClustersStayInTheIntegerModel() throws IOException {
        Network small = trained.copy();
        Trainer.fit(small, TRAINING, VALIDATION, SETTINGS.withCompression(new Pruning(
                new SparsityPattern.Unstructured(), new SparsitySchedule.Constant(0.5, 1))));
        Trainer.fit(small, TRAINING, VALIDATION, SETTINGS.withCompression(new Clustering(8)));
        float[] before = small.values("dense_1", "kernel");

        Network aware = tuned(small, 8, SETTINGS);
        float[] after = aware.values("dense_1", "kernel");

        assertThat(after).isNotEqualTo(before);
        TreeSet<Float> values = new TreeSet<>();
        for (int i = 0; i < after.length; i++) {
            values.add(after[i]);
            assertThat(after[i] == 0).isEqualTo(before[i] == 0);
        }
        assertThat(values).hasSize(8);
        byte[] codes = Objects.requireNonNull(tensor(integer(aware), "dense_1/kernel").buffer()).toBytes();
        for (int unit = 0; unit < 16; unit++) {
            TreeSet<Byte> ofUnit = new TreeSet<>();
            for (int feature = 0; feature < codes.length / 16; feature++) {
                byte code = codes[unit * (codes.length / 16) + feature];
                ofUnit.add(code);
                assertThat(code == 0 || after[feature * 16 + unit] != 0).isTrue();
            }
            assertThat(ofUnit).hasSizeLessThanOrEqualTo(8);
        }
    }

    @Test
    void kernelsOfOtherBitsFail() {
        assertThatThrownBy(() -> QuantizationAwareTraining.prepare(trained, SAMPLES, 5))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("kernels of 5 bits, supported are 8 and 4");
    }

    @Test
    void aModelThatDisagreesWithItsNetworkIsRefusedNamingTheImages() {
        IntegerEvaluation evaluation = new IntegerEvaluation(200, 0.9, 0.92, List.of("a.png", "b.png", "c.png"));

        evaluation.requireAgreement("qat", 0.015);
        assertThatThrownBy(() -> evaluation.requireAgreement("qat", 0.0149)).isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "[qat] the integer model puts 3 of 200 validation images (1.50 %) into another class than the fake-quantized network, at most 1.49 % may be: a.png, b.png, c.png");
    }

    @Test
    void disagreementsAreTheImagesThatBothPutIntoDifferentClasses() {
        Network aware = QuantizationAwareTraining.prepare(trained, SAMPLES);
        Network other = aware.copy();
        float[] bias = other.values("dense_2", "bias");
        bias[0] += 100;
        other.assign("dense_2", "bias", bias);

        IntegerEvaluation same = QuantizationAwareTraining.evaluate(aware, VALIDATION, 2);
        IntegerEvaluation found = IntegerEvaluation.of(other, integer(aware), VALIDATION, 2);

        assertThat(same.disagreements()).isEmpty();
        List<String> secondClass = new ArrayList<>();
        float[][] outputs = aware.predict(VALIDATION);
        for (int i = 0; i < outputs.length; i++) {
            if (Evaluation.argMax(outputs[i]) == 1) {
                secondClass.add(VALIDATION.name(i));
            }
        }
        assertThat(found.disagreements()).isNotEmpty().isEqualTo(secondClass);
    }
}
