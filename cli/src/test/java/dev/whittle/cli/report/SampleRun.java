package dev.whittle.cli.report;

import dev.whittle.cli.Json;
import dev.whittle.cli.pipeline.Experiment;
import dev.whittle.cli.pipeline.Experiment.Explained;
import dev.whittle.cli.pipeline.Experiment.LayerRow;
import dev.whittle.cli.pipeline.Results;
import dev.whittle.cli.pipeline.Results.SplitCounts;
import dev.whittle.cli.pipeline.VariantRow;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.metrics.ConfusionMatrix;
import dev.whittle.trainer.metrics.Evaluation;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/// The output folder of a made-up run, with names long enough to strain the page.
final class SampleRun {
    private static final List<String> CLASSES = List.of("def_front", "ok_front");

    private SampleRun() {}

    static Path write(Path folder) throws IOException {
        Path pictures = Files.createDirectories(folder.resolve(Report.PICTURES));
        picture(pictures.resolve("samples.png"), 1272, 384);
        picture(pictures.resolve("augmented_75.png"), 1272, 384);
        List<Explained> explanations = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            picture(pictures.resolve("lime_75_" + i + ".png"), 300, 300);
            explanations.add(new Explained("lime_75_" + i + ".png", "test/def_front/cast_def_0_105" + i + ".jpeg",
                    "def_front", i == 0 ? "ok_front" : "def_front", 0.51 + 0.04 * i));
        }
        Experiment experiment = new Experiment(75, layers(), "augmented_75.png", epochs(15), epochs(3), epochs(3), 13,
                List.of(variant("float32", "float.tflite", 902_552, 2),
                        variant("float32, 3 further epochs", "tuned.tflite", 902_552, 1),
                        variant("float16", "float16.tflite", 456_352, 2),
                        variant("dynamic range", "dynamic_range.tflite", 232_968, 3),
                        variant("int8, float in and out", "int8_float_io.tflite", 235_544, 2),
                        variant("int8", "int8.tflite", 235_544, 2),
                        variant("int8, uint8 in and out", "int8_uint8_io.tflite", 235_904, 2),
                        variant("int8, quantization-aware", "qat_int8.tflite", 235_544, 1)),
                explanations);
        Results results = new Results(Results.FORMAT, "whittle 0.1.0",
                "whittle demo --data castings --sizes 75 --seed 7 --epochs 15 --out demo", "castings", 7, 2, CLASSES,
                List.of(new SplitCounts("train", List.of(3194, 2444)), new SplitCounts("validation", List.of(564, 431)),
                        new SplitCounts("test", List.of(227, 131))),
                "Validation holds 15 % of the training images, in whole groups of near-duplicates.",
                List.of("train/ok_front/broken_file_with_a_rather_long_name.jpeg (cut off: premature end of data)"),
                1290, 12,
                "samples.png", List.of(experiment));
        Files.writeString(folder.resolve(Report.RESULTS), Json.text(results));
        return folder;
    }

    private static List<LayerRow> layers() {
        return List.of(new LayerRow("Resizing", "75 × 75", "75 × 75 × 3", 0),
                new LayerRow("Rescaling", "× 0.0039", "75 × 75 × 3", 0),
                new LayerRow("RandomFlip", "while training", "75 × 75 × 3", 0),
                new LayerRow("RandomRotation", "while training", "75 × 75 × 3", 0),
                new LayerRow("Conv2D", "16 of 3 × 3", "73 × 73 × 16", 448), new LayerRow("ReLU", "", "73 × 73 × 16", 0),
                new LayerRow("MaxPool2D", "2 × 2", "36 × 36 × 16", 0),
                new LayerRow("Conv2D", "32 of 3 × 3", "34 × 34 × 32", 4_640),
                new LayerRow("Flatten", "", "3136", 0), new LayerRow("Dense", "64 units", "64", 200_768),
                new LayerRow("Dense", "2 units", "2", 130), new LayerRow("Softmax", "", "2", 0));
    }

    private static List<EpochReport> epochs(int count) {
        List<EpochReport> epochs = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            epochs.add(new EpochReport(i - 1, 0.7 / i, 1 - 0.4 / i, 0.75 / i, 1 - 0.42 / i, 1e-3f / i, 7.5, 752, 14.5));
        }
        return epochs;
    }

    private static VariantRow variant(String name, String file, long bytes, int wrong) {
        List<String> images = new ArrayList<>();
        for (int i = 0; i < wrong; i++) {
            images.add("test/def_front/cast_def_0_105" + i + ".jpeg (ok_front at 53.10 %)");
        }
        Evaluation evaluation = Evaluation.of(
                new ConfusionMatrix(CLASSES, List.of(List.of(227 - wrong, wrong), List.of(0, 131))));
        return new VariantRow(name, file, bytes, evaluation, 0.4123, images);
    }

    private static void picture(Path file, int width, int height) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        for (int x = 0; x < width; x += 20) {
            graphics.setColor(new Color(120 + x * 100 / width, 140, 160));
            graphics.fillRect(x, 0, 20, height);
        }
        graphics.dispose();
        ImageIO.write(image, "png", file.toFile());
    }
}
