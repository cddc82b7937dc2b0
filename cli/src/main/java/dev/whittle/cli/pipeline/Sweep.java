package dev.whittle.cli.pipeline;

import dev.whittle.cli.FailureMessage;
import dev.whittle.cli.bench.Latencies;
import dev.whittle.cli.bench.Measurement;
import dev.whittle.cli.pipeline.Judge.Verdicts;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.CalibrationRecord;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.calibrate.RepresentativeSet;
import dev.whittle.quantizer.correct.Correction;
import dev.whittle.quantizer.correct.CorrectionListener;
import dev.whittle.quantizer.correct.Corrections;
import dev.whittle.quantizer.observe.CalibrationMethod;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.prepare.GraphPreparation;
import dev.whittle.quantizer.qat.QuantizationAwareTraining;
import dev.whittle.quantizer.qat.Schedule;
import dev.whittle.quantizer.recipe.Granularity;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.metrics.Evaluation;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/// One float model quantized in every way, each judged on the same images. Samples are decoded once, corrections made once
/// for all methods of calibration, and ranges measured once for all modes.
public final class Sweep {
    private static final Range PIXELS = new Range(0, 255);
    private static final int KEPT_SHARE_OF_HEAP = 4;
    private static final double SECONDS_EACH = 0.3;
    /// What timing takes of the whole, roughly.
    private static final double TIMING_SHARE = 0.4;
    /// In rows.
    private static final double LEARNING_COST = 15;
    private static final float LAST_RATE_SHARE = 0.03f;
    private static final String DESCRIPTION = "Image classifier, made by Whittle.";

    private final Model plain;
    private final Photographs photographs;
    private final Model prepared;
    private final SweepSettings settings;
    private final RepresentativeSet samples;
    private final ImageSource images;
    private final float[][] expected;
    private final Map<CorrectionKey, Model> corrected = new HashMap<>();
    private final Map<CalibrationKey, Calibration> calibrations = new HashMap<>();
    private final List<Model> aware = new ArrayList<>();
    private final List<Model> models = new ArrayList<>();
    private final List<SweepRow> rows = new ArrayList<>();

    /// @param weightBits that corrections round to
    private record CorrectionKey(Set<Correction> corrections, int weightBits) {
        static CorrectionKey of(SweepVariant variant) {
            // What rounds nothing is the same for all widths.
            boolean rounds = variant.corrections().contains(Correction.ADAROUND)
                    || variant.corrections().contains(Correction.BIAS);
            return new CorrectionKey(variant.corrections(), rounds ? variant.weightBits() : Byte.SIZE);
        }
    }

    private record CalibrationKey(CorrectionKey corrected, CalibrationMethod method) {
    }

    /// What was found.
    ///
    /// @param rows the float model first
    /// @param leftOut what the model cannot be, and why: one line each
    public record Outcome(List<SweepRow> rows, List<String> leftOut) {
        public Outcome {
            rows = List.copyOf(rows);
            leftOut = List.copyOf(leftOut);
        }
    }

    private Sweep(Model plain, Photographs photographs, SweepSettings settings) {
        this.plain = plain;
        this.photographs = photographs;
        this.settings = settings;
        prepared = GraphPreparation.prepare(plain);
        requireFloat();
        images = photographs.part(settings.part());
        samples = Samples.of(prepared, photographs, settings.calibrationImages(), settings.threads());
        expected = judged(plain).probabilities();
    }

    /// A sweep of which only the float model is judged yet.
    ///
    /// @throws IllegalArgumentException if `plain` is no float classifier of images
    public static Sweep of(Model plain, Photographs photographs, SweepSettings settings) {
        return new Sweep(plain, photographs.kept(Runtime.getRuntime().maxMemory() / KEPT_SHARE_OF_HEAP), settings);
    }

    private void requireFloat() {
        Subgraph subgraph = prepared.primary();
        if (subgraph.operators().stream().flatMap(operator -> operator.outputs().stream())
                .anyMatch(output -> subgraph.tensor(output).quantization() != null)) {
            throw new IllegalArgumentException(
                    "[" + plain.source() + "] is quantized already, expected a float model");
        }
    }

    /// Adds models of quantization-aware training, one for each width of weights.
    ///
    /// @param network what the float model was made of
    /// @param listener told about each training
    public void train(Network network, TrainingListener listener) throws IOException {
        for (int bits : Mode.INT8.weightBits()) {
            aware.add(aware(network, bits, listener));
        }
    }

    /// Tries everything.
    ///
    /// @param progress hears the share that is done, 0 to 1
    public Outcome run(DoubleConsumer progress) {
        List<SweepVariant> variants = SweepVariant.all(settings.methods(), settings.corrections());
        List<String> leftOut = new ArrayList<>();
        add(plain, Mode.FLOAT, Mode.FLOAT.weightBits().getFirst(), null, Ends.of(ElementType.FLOAT32), null, List.of());
        double[] costs = costs(variants);
        double done = 0;
        double share = settings.timed() ? 1 - TIMING_SHARE : 1;
        for (int i = 0; i < variants.size(); i++) {
            SweepVariant variant = variants.get(i);
            try {
                add(quantized(variant), variant.mode(), variant.weightBits(), granularity(variant), variant.ends(),
                        variant.calibration() == null ? null : variant.calibration().text(),
                        variant.inOrder().stream().map(Sweep::lower).toList());
            } catch (UnsupportedModelException e) {
                leftOut.add(lower(variant.mode()) + ", weights of " + variant.weightBits() + " bits: "
                        + FailureMessage.of(e));
            }
            done += costs[i];
            progress.accept(share * done / Arrays.stream(costs).sum());
        }
        for (int i = 0; i < aware.size(); i++) {
            add(aware.get(i), Mode.INT8, Mode.INT8.weightBits().get(i), new Granularity.PerChannel().toString(),
                    Ends.of(ElementType.INT8), "learned", List.of("qat:" + settings.qatEpochs()));
        }
        if (settings.timed()) {
            List<Measurement.Latency> latencies = Latencies.of(models, SECONDS_EACH,
                    part -> progress.accept(share + TIMING_SHARE * part));
            for (int i = 0; i < rows.size(); i++) {
                rows.set(i, rows.get(i).withMilliseconds(latencies.get(i).p50()));
            }
        }
        return new Outcome(rows, leftOut.stream().distinct().toList());
    }

    /// What each variant takes, roughly: learning to round takes as long as many rows, and is done once for several.
    private static double[] costs(List<SweepVariant> variants) {
        Set<CorrectionKey> learned = new HashSet<>();
        return variants.stream().mapToDouble(variant -> variant.corrections().contains(Correction.ADAROUND)
                && learned.add(CorrectionKey.of(variant)) ? LEARNING_COST : 1).toArray();
    }

    private void add(Model model, Mode mode, int weightBits, @Nullable String granularity, Ends ends,
            @Nullable String calibration, List<String> corrections) {
        float[][] scores = judged(model).probabilities();
        Evaluation evaluation = Evaluation.of(images.classNames(), Judge.labels(images), scores);
        int changed = 0;
        double difference = 0;
        for (int i = 0; i < scores.length; i++) {
            changed += Evaluation.argMax(scores[i]) == Evaluation.argMax(expected[i]) ? 0 : 1;
            for (int label = 0; label < scores[i].length; label++) {
                difference += Math.abs(scores[i][label] - expected[i][label]);
            }
        }
        models.add(model);
        rows.add(new SweepRow(lower(mode), weightBits, granularity, lower(ends.input()), calibration, corrections,
                evaluation.accuracy(), evaluation.macro().f1(), evaluation.wrong(), changed,
                difference / scores.length / images.classNames().size(), ModelWriter.toBytes(model).length, null));
    }

    private Verdicts judged(Model model) {
        return Judge.run(List.of(model), images, 1, settings.threads()).getFirst();
    }

    private Model quantized(SweepVariant variant) {
        CorrectionKey key = CorrectionKey.of(variant);
        Model model = corrected.computeIfAbsent(key, this::correct);
        CalibrationMethod method = variant.calibration();
        if (method == null) {
            return Quantizer.quantize(model, variant.recipe());
        }
        Calibration calibration = calibrations.computeIfAbsent(new CalibrationKey(key, method),
                _ -> Calibrator.of(method).withThreads(settings.threads()).withInputRange(0, PIXELS)
                        .calibrate(model, samples.samples()));
        return CalibrationRecord.of(samples, method.text(), variant.inOrder().stream().map(Sweep::lower).toList())
                .attachTo(Quantizer.quantize(model, variant.recipe(), calibration, variant.ends()));
    }

    private Model correct(CorrectionKey key) {
        return key.corrections.isEmpty() ? prepared
                : Corrections.of(key.corrections, settings.seed(), settings.threads()).withWeightBits(key.weightBits)
                        .apply(prepared, Samples.toCorrectWith(samples), CorrectionListener.silent());
    }

    private Model aware(Network network, int bits, TrainingListener listener)
            throws IOException {
        int moving = Math.ceilDiv(2 * settings.qatEpochs(), 3);
        Schedule schedule = new Schedule(moving, settings.qatEpochs() - moving, settings.qatLearningRate(),
                settings.qatLearningRate() * LAST_RATE_SHARE);
        Network trained = QuantizationAwareTraining.fit(network, samples.samples(), bits, photographs.training(),
                photographs.validation(),
                TrainingSettings.ofEpochs(1).withSeed(settings.seed()).withThreads(settings.threads()), schedule,
                List.of(listener));
        return QuantizationAwareTraining.toInt8(trained, "qat_int" + bits + ".tflite", DESCRIPTION, ElementType.INT8,
                ElementType.INT8);
    }

    /// Under the dynamic range mode what is customary differs from operator to operator.
    private static @Nullable String granularity(SweepVariant variant) {
        Granularity granularity = variant.granularity();
        if (granularity != null) {
            return granularity.toString();
        }
        return variant.mode().hasIntegerWeights() ? "customary" : null;
    }

    private static String lower(Enum<?> name) {
        return name.name().toLowerCase(Locale.ROOT);
    }
}
