package dev.whittle.benchmarks;

import dev.whittle.cli.Output;
import dev.whittle.cli.pipeline.Samples;
import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.trainer.data.CastingGenerator;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Writes the models of `docs/PERFORMANCE.md` that are made rather than found: the image classifier of the main job with
/// its input at the size that the convolutions see, and models of one operator each.
///
/// The classifiers are trained for one epoch on a few generated castings, so that activations are neither all zero nor all
/// saturated; how well they classify does not matter here.
public final class BenchModels {
    private static final int[] SIZES = {75, 150, 300};
    private static final int TRAINING_IMAGES = 32;
    private static final int VALIDATION_IMAGES = 8;
    private static final int SAMPLES = 16;
    private static final long SEED = 7;
    private static final Range PIXELS = new Range(0, 255);

    private final Path folder;

    private BenchModels(Path folder) {
        this.folder = folder;
    }

    /// @param arguments the folder to write to
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            System.err.println("usage: benchmarks/models.sh DIR");
            System.exit(2);
        }
        BenchModels models = new BenchModels(Path.of(arguments[0]));
        for (int size : SIZES) {
            models.classifier(size);
        }
        for (OneOperatorModel operator : OneOperatorModel.values()) {
            models.write("ops/" + operator.fileName() + "_float.tflite", operator.plain(SEED));
            models.write("ops/" + operator.fileName() + "_int8.tflite", operator.int8(SEED));
        }
    }

    private void classifier(int size) throws IOException {
        String name = "cnn_" + size;
        CastingGenerator training = new CastingGenerator(SEED, 0, TRAINING_IMAGES, size);
        CastingGenerator validation = new CastingGenerator(SEED, TRAINING_IMAGES, VALIDATION_IMAGES, size);
        Network network = Network.create(withoutResizing(NetworkSpec.imageClassifier(Shape.of(size, size, 3), size,
                false, 0, CastingGenerator.CLASS_NAMES)), SEED);
        Trainer.fit(network, training, validation, TrainingSettings.ofEpochs(1).withBatchSize(8).withSeed(SEED),
                List.of());
        Model plain = Lowering.lower(network, name, "Image classifier, made by Whittle.").model();
        Calibration calibration = Calibrator.minMax().withInputRange(0, PIXELS).calibrate(plain,
                Samples.of(training, SAMPLES, network.inputShape(), 1));
        write(name + "_float.tflite", plain);
        write(name + "_int8.tflite",
                Quantizer.quantize(plain, Recipe.of(Mode.INT8), calibration, Ends.of(ElementType.INT8)));
        write(name + "_dynamic.tflite", Quantizer.quantize(plain, Recipe.of(Mode.DYNAMIC_RANGE)));
    }

    /// The images have the right size already.
    private static NetworkSpec withoutResizing(NetworkSpec spec) {
        return spec.withLayers(spec.layers().stream().filter(layer -> !(layer instanceof Resizing)).toList());
    }

    private void write(String name, Model model) throws IOException {
        Path file = folder.resolve(name);
        Output.folderOf(file);
        ModelWriter.write(model, file);
        System.out.println(file);
    }
}
