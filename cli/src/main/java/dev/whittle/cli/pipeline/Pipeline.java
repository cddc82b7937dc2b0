package dev.whittle.cli.pipeline;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.pipeline.Experiment.Explained;
import dev.whittle.cli.pipeline.Judge.Verdicts;
import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.qat.QuantizationAwareTraining;
import dev.whittle.quantizer.qat.Schedule;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.data.ContactSheet;
import dev.whittle.trainer.explain.Lime;
import dev.whittle.trainer.layer.RandomTransform;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The main job: look at the images, train, convert, quantize in every mode, train quantization-aware, judge every file
/// with the engine, explain the mistakes. Everything is written to one folder; a run that was killed can be resumed and
/// ends with the same bytes.
public final class Pipeline {
    /// The folder of PNG files in the output folder.
    public static final String PICTURES = "pictures";
    /// The file with the [Results] in the output folder.
    public static final String RESULTS = "results.json";

    /// Decoded images may take one part in so many; prepared ones take up to half in each training.
    private static final int KEPT_SHARE_OF_HEAP = 4;
    private static final int SHEET_COLUMNS = 8;
    private static final int SHEET_CELL = 120;
    private static final String DESCRIPTION = "Image classifier, made by Whittle.";
    private static final Range PIXELS = new Range(0, 255);

    private final Photographs photographs;
    private final PipelineSettings settings;
    private final TrainingListener progress;
    private final Consumer<String> steps;
    private final Path pictures;
    private final Path checkpoints;

    private Pipeline(Photographs photographs, PipelineSettings settings, TrainingListener progress,
            Consumer<String> steps)
            throws IOException {
        this.photographs = photographs;
        this.settings = settings;
        this.progress = progress;
        this.steps = steps;
        pictures = Output.folder(settings.out().resolve(PICTURES));
        checkpoints = Output.folder(settings.out().resolve("checkpoints"));
    }

    /// Runs the job and writes models, pictures and `results.json` to the output folder.
    ///
    /// @param progress told about every training
    /// @param steps told in one line what begins
    public static Results run(Photographs photographs, PipelineSettings settings, TrainingListener progress,
            Consumer<String> steps) throws IOException {
        return new Pipeline(photographs.kept(Runtime.getRuntime().maxMemory() / KEPT_SHARE_OF_HEAP), settings, progress,
                steps).run();
    }

    private Results run() throws IOException {
        ContactSheet.write(photographs.training(), SHEET_COLUMNS, SHEET_CELL, pictures.resolve("samples.png"));
        List<Experiment> experiments = new ArrayList<>();
        for (int size : settings.sizes()) {
            experiments.add(experiment(size));
        }
        Results results = new Results(Results.FORMAT, settings.whittle(), settings.command(), photographs.name(),
                settings.training().seed(), settings.training().threads(), photographs.classNames(),
                photographs.counts(),
                photographs.rule(),
                photographs.broken().stream().map(image -> image.name() + " (" + image.reason() + ")").toList(),
                photographs.groups(), photographs.seenTestImages(), "samples.png", experiments);
        Output.write(settings.out().resolve(RESULTS), Json.text(results));
        return results;
    }

    private Experiment experiment(int size) throws IOException {
        TrainingSettings training = settings.training();
        Network network = Network.create(NetworkSpec.imageClassifier(photographs.inputShape(size), size, true,
                settings.dropout(), photographs.classNames()), training.seed());
        String augmented = "augmented_" + size + ".png";
        List<RandomTransform> transforms = network.layers().stream()
                .filter(RandomTransform.class::isInstance).map(RandomTransform.class::cast).toList();
        ContactSheet.write(new AugmentedImages(photographs.training(), transforms, size), SHEET_COLUMNS, SHEET_CELL,
                pictures.resolve(augmented));

        steps.accept("training at %d x %d pixels".formatted(size, size));
        EpochLog trainingLog = new EpochLog();
        History history = Trainer.fit(network, photographs.training(), photographs.validation(),
                training.withCheckpoint(checkpoints.resolve("float_" + size), settings.resume()),
                List.of(trainingLog, progress));
        network.write(settings.out().resolve("network_" + size + ".whittle"));

        steps.accept("calibrating");
        Iterable<List<float[]>> samples = Samples.of(photographs.training(), settings.calibrationImages(),
                network.inputShape(), training.threads());
        Network tuned = network.withLayers(network.layers());
        Network prepared = QuantizationAwareTraining.prepare(network, samples);

        steps.accept("fine-tuning with fake quantization");
        Schedule schedule = Schedule.standard();
        EpochLog awareLog = new EpochLog();
        Network aware = QuantizationAwareTraining.fit(prepared, photographs.training(), photographs.validation(),
                training.withCheckpoint(checkpoints.resolve("aware_" + size), settings.resume()), schedule,
                List.of(awareLog, progress));

        steps.accept("training the float network for as many further epochs, to compare");
        EpochLog tunedLog = new EpochLog();
        int furtherEpochs = schedule.epochs();
        Trainer.fit(tuned, photographs.training(), photographs.validation(),
                furtherTraining(training, schedule).withCheckpoint(checkpoints.resolve("tuned_" + size),
                        settings.resume()),
                List.of(tunedLog, progress));

        steps.accept("quantizing");
        List<Export> exports = exports(network, tuned, furtherEpochs, aware, samples, size);
        for (Export export : exports) {
            ModelWriter.write(export.model(), settings.out().resolve(export.file()));
        }

        steps.accept("judging every file on %d test images".formatted(photographs.test().size()));
        List<Verdicts> verdicts = Judge.run(exports.stream().map(Export::model).toList(), photographs.test(), 1,
                training.threads());
        List<VariantRow> variants = new ArrayList<>();
        for (int i = 0; i < exports.size(); i++) {
            Export export = exports.get(i);
            variants.add(new VariantRow(export.name(), export.file(), Files.size(settings.out().resolve(export.file())),
                    verdicts.get(i).evaluation(photographs.test()), verdicts.get(i).millisecondsPerImage(),
                    verdicts.get(i).wrongImages(photographs.test())));
        }

        steps.accept("explaining wrong and uncertain predictions");
        Lime lime = Lime.withSeed(training.seed()).withSamples(settings.limeSamples());
        List<Explained> explanations = Explainer.explain(exports.getFirst().model(), photographs.test(),
                verdicts.getFirst().probabilities(), lime, settings.explanations(), pictures, "lime_" + size + "_",
                training.threads());
        return new Experiment(size, LayerRows.of(network), augmented, trainingLog.reports(), awareLog.reports(),
                tunedLog.reports(), history.bestEpoch(), variants, explanations);
    }

    /// The learning rates that the schedule gives quantization-aware training, without fake quantization.
    private static TrainingSettings furtherTraining(TrainingSettings training, Schedule schedule) {
        return training.withEpochs(schedule.epochs()).withLearningRate(schedule.learningRateFrom(0))
                .withCheckpoint(null, false);
    }

    /// One file to be.
    private record Export(String name, String file, Model model) {
    }

    private static List<Export> exports(Network network, Network tuned, int furtherEpochs, Network aware,
            Iterable<List<float[]>> samples, int size) {
        Model plain = lowered(network, "float32_" + size + ".tflite");
        Calibration calibration = Calibrator.minMax().withInputRange(0, PIXELS).calibrate(plain, samples);
        return List.of(
                export("float32", plain, "float32", size),
                export("float16", Quantizer.quantize(plain, Recipe.of(Mode.FLOAT16)), "float16", size),
                export("dynamic range", Quantizer.quantize(plain, Recipe.of(Mode.DYNAMIC_RANGE)), "dynamic_range",
                        size),
                export("int8, float in and out",
                        Quantizer.quantize(plain, Recipe.of(Mode.INT8), calibration, Ends.of(ElementType.FLOAT32)),
                        "int8_float_io", size),
                export("int8", Quantizer.quantize(plain, Recipe.of(Mode.INT8), calibration, Ends.of(ElementType.INT8)),
                        "int8",
                        size),
                export("int8, uint8 in and out",
                        Quantizer.quantize(plain, Recipe.of(Mode.INT8), calibration, Ends.of(ElementType.UINT8)),
                        "int8_uint8_io",
                        size),
                export("int8, quantization-aware",
                        QuantizationAwareTraining.toInt8(aware, "qat_int8_" + size + ".tflite",
                                DESCRIPTION, ElementType.INT8, ElementType.INT8),
                        "qat_int8", size),
                export("float32, " + furtherEpochs + " further epochs",
                        lowered(tuned, "float32_tuned_" + size + ".tflite"),
                        "float32_tuned", size));
    }

    private static Model lowered(Network network, String name) {
        return Lowering.lower(network, name, DESCRIPTION).model();
    }

    private static Export export(String name, Model model, String file, int size) {
        return new Export(name, file + "_" + size + ".tflite", model);
    }
}
