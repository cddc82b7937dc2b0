package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.cli.pipeline.RunRecords;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.CalibrationRecord;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.calibrate.RepresentativeSet;
import dev.whittle.quantizer.microscope.lint.LintRule;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.trainer.data.ImageFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LintCommandTest {
    @TempDir private Path folder;
    private Path photos;
    private Path int8;

    @BeforeEach
    void writeModelAndImages() throws IOException {
        photos = TinyModel.writePhotographs(folder.resolve("photos"), 6, 6);
        Model plain = ModelReader.read(TinyModel.write(folder.resolve("float32.tflite")));
        int8 = folder.resolve("int8.tflite");
        ModelWriter.write(quantized(plain), int8);
    }

    private static Model quantized(Model plain) {
        float[] ramp = new float[TinyModel.SIZE * TinyModel.SIZE * 3];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = i * 7 % 256;
        }
        Calibration calibration = Calibrator.minMax().withInputRange(0, new Range(0, 255)).calibrate(plain,
                List.of(List.of(ramp)));
        return Quantizer.quantize(plain, Recipe.of(Mode.INT8), calibration,
                new Ends(ElementType.INT8, ElementType.INT8));
    }

    private static List<Path> images(Path set) throws IOException {
        try (Stream<Path> files = Files.walk(set)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /// `int8.tflite` with the record of a calibration on these files.
    private Path calibratedOn(List<Path> files, boolean byPixels) throws IOException {
        List<String> hashes = new ArrayList<>();
        for (Path file : files) {
            hashes.add(byPixels ? RunRecords.pixelHash(ImageFile.read(file)) : Sha256.of(file));
        }
        CalibrationRecord record = CalibrationRecord.of(
                new RepresentativeSet("images", files.size(), hashes, List.of()), "min_max", List.of());
        Path file = folder.resolve("calibrated.tflite");
        ModelWriter.write(record.attachTo(ModelReader.read(int8)), file);
        return file;
    }

    @Test
    void fileCalibratedOnTestImagesIsFoundByTheRecordThatQuantizeLeaves() {
        Path onTest = folder.resolve("on_test.tflite");
        Path onTraining = folder.resolve("on_training.tflite");
        Path plain = folder.resolve("float32.tflite");
        Run.of("quantize", plain, "--mode", "int8", "--data", photos.resolve("test"), "--out", onTest);
        Run.of("quantize", plain, "--mode", "int8", "--data", photos, "--out", onTraining);

        assertThat(Run.of("lint", onTest, "--data", photos).out())
                .contains("error calibrated-on-test-images: calibration: ", " calibration images are test images");
        assertThat(Run.of("lint", onTraining, "--data", photos).out())
                .doesNotContain("calibrated-on-test-images")
                .contains("warning few-calibration-samples: calibration: ranges are those of ");
    }

    @Test
    void calibrationOnTestImagesIsFoundByFilesAndByPixels() throws IOException {
        List<Path> test = images(photos.resolve("test")).subList(0, 2);
        for (boolean byPixels : new boolean[]{false, true}) {
            Run run = Run.of("lint", calibratedOn(test, byPixels), "--data", photos);

            assertThat(run.code()).isEqualTo(3);
            assertThat(run.out()).contains("error calibrated-on-test-images: calibration:"
                    + " 2 of 2 calibration images are test images", "cure: calibrate on training images");
        }
    }

    @Test
    void calibrationOnTrainingImagesIsNot() throws IOException {
        Run run = Run.of("lint", calibratedOn(images(photos.resolve("train")), false), "--data", photos);

        assertThat(run.out()).doesNotContain("calibrated-on-test-images");
    }

    @Test
    void runFolderTellsWhichImagesCalibratedAndWhichTested() throws IOException {
        Path run = Files.createDirectory(folder.resolve("run"));
        Files.writeString(run.resolve("calibration.json"),
                "{\"method\": \"min-max\", \"samples\": 2, \"sha256\": [\"aa\", \"bb\"]}");
        predictions(run, "{\"image\": \"1.png\", \"sha256\": \"bb\", \"scores\": [0.5, 0.5]}");

        assertThat(Run.of("lint", int8, "--run", run).out())
                .contains("1 of 2 calibration images are test images");
    }

    private static void predictions(Path run, String... predictions) throws IOException {
        Files.writeString(run.resolve("predictions.json"),
                "{\"format\": 1, \"model\": \"int8.tflite\", \"predictions\": [%s]}".formatted(
                        String.join(", ", predictions)));
    }

    /// A run's record of the scores that codes of the output were taken for.
    private static String prediction(QuantizationParameters parameters, int... codes) {
        List<String> read = new ArrayList<>();
        List<String> scores = new ArrayList<>();
        for (int code : codes) {
            read.add(Integer.toString(code));
            scores.add(String.format(Locale.ROOT, "%.6f",
                    parameters.scale(0) * (double) (code - parameters.zeroPoint(0))));
        }
        return "{\"codes\": %s, \"scores\": %s}".formatted(read, scores);
    }

    @Test
    void outputReadWithTheInputsScaleIsFoundAndTheRightScaleIsNot() throws IOException {
        Subgraph graph = ModelReader.read(int8).primary();
        Tensor input = graph.tensor(graph.inputs().getFirst());
        Tensor output = graph.tensor(graph.outputs().getFirst());
        Path run = Files.createDirectory(folder.resolve("run"));

        predictions(run, prediction(Objects.requireNonNull(input.quantization()), -120, 119),
                prediction(Objects.requireNonNull(input.quantization()), 3, -4));
        Run wrong = Run.of("lint", int8, "--run", run);
        predictions(run, prediction(Objects.requireNonNull(output.quantization()), -120, 119),
                prediction(Objects.requireNonNull(output.quantization()), 3, -4));
        Run right = Run.of("lint", int8, "--run", run);

        assertThat(wrong.code()).isEqualTo(3);
        assertThat(wrong.out()).contains("error output-read-with-input-scale: output ",
                "all 2 recorded predictions fit the input's scale");
        assertThat(right.code()).isZero();
        assertThat(right.out()).endsWith(": 0 errors, 0 warnings, 0 notes" + System.lineSeparator());
    }

    @Test
    void recordOfAnEvaluationNamesTheTestImagesAndIsReadWithTheRightScale() throws IOException {
        Path run = folder.resolve("run");
        Path calibrated = calibratedOn(images(photos.resolve("test")), false);

        assertThat(Run.of("evaluate", calibrated, "--data", photos, "--record", run).err()).isEmpty();

        Run lint = Run.of("lint", calibrated, "--run", run, "--json");
        assertThat(Json.tree("lint", lint.out()).path("findings").size()).isEqualTo(2);
        assertThat(Json.tree("lint", lint.out()).at("/findings/0/found").asString())
                .isEqualTo("6 of 6 calibration images are test images");
        assertThat(Json.tree("lint", lint.out()).at("/findings/1/found").asString())
                .isEqualTo("ranges are those of 6 samples (min_max)");
    }

    @Test
    void expectedQatIsHeldAgainstAFloatModel() {
        Run run = Run.of("lint", folder.resolve("float32.tflite"), "--expect-qat", "--json");

        assertThat(run.code()).isEqualTo(3);
        assertThat(Json.tree("lint", run.out()).at("/findings/0/id").asString()).isEqualTo("qat-not-applied");
        assertThat(Run.of("lint", folder.resolve("float32.tflite")).code()).isZero();
    }

    @Test
    void rulesAreListedWithTheirCures() {
        String listed = Run.of("lint", "--rules").out();

        for (LintRule rule : LintRule.values()) {
            assertThat(listed).contains(rule.id(), rule.cure());
        }
    }

    @Test
    void documentationHasARowForEveryRule() throws IOException {
        String page = Files.readString(Path.of(System.getProperty("whittle.root"), "docs", "CHECKS.md"));

        for (LintRule rule : LintRule.values()) {
            assertThat(page).contains("| `" + rule.id() + "` |");
        }
    }

    @Test
    void wrongUseIsOneLine() {
        assertThat(Run.of("lint")).isEqualTo(
                Run.misused("whittle lint: Missing required parameter: 'MODEL' (see whittle lint --help)"));
        assertThat(Run.of("lint", int8, "--random", 3))
                .isEqualTo(Run.misused("whittle lint: --random: ranges are judged"
                        + " by data like those that will come, expected --npy or images (see whittle lint --help)"));
        Path missing = folder.resolve("missing");
        assertThat(Run.of("lint", int8, "--run", missing))
                .isEqualTo(Run.failed("whittle: " + missing + ": no such file or folder"));
    }

    @Test
    void recordThatIsNoJsonIsNamed() throws IOException {
        Path run = Files.createDirectory(folder.resolve("run"));
        Files.writeString(run.resolve("predictions.json"), "scores: 1");

        Run result = Run.of("lint", int8, "--run", run);

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).hasLineCount(1).contains("predictions.json] cannot be read: ");
    }
}
