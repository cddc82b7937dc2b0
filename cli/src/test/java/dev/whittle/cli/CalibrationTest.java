package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.calibrate.CalibrationRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `whittle quantize` with each kind of samples.
class CalibrationTest {
    @TempDir private static Path folder;
    private static Path model;

    @BeforeAll
    static void writeModel() throws IOException {
        model = TinyModel.write(folder.resolve("float.tflite"));
    }

    private static CalibrationRecord quantized(Path out, Object... further) throws IOException {
        Object[] arguments = new Object[further.length + 6];
        System.arraycopy(new Object[]{"quantize", model, "--mode", "int8", "--out", out}, 0, arguments, 0, 6);
        System.arraycopy(further, 0, arguments, 6, further.length);
        Run run = Run.of(arguments);
        assertThat(run.code()).as(run.err()).isZero();
        return CalibrationRecord.of(ModelReader.read(out)).orElseThrow();
    }

    @Test
    void arraysAreRecorded() throws IOException {
        Shape shape = ModelReader.read(model).primary().tensor(ModelReader.read(model).primary().inputs().getFirst())
                .shape();
        Random random = new Random(1);
        float[] values = new float[3 * shape.elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(256);
        }
        Path array = folder.resolve("three.npy");
        Npy.write(array, NpyArray.ofFloats(
                Shape.of(3, shape.dimension(1), shape.dimension(2), shape.dimension(3)), values));

        CalibrationRecord record = quantized(folder.resolve("npy.tflite"), "--npy", array, "--calibration",
                "percentile:99.5");

        assertThat(record.sampleCount()).isEqualTo(3);
        assertThat(record.source()).isEqualTo("3 samples of three.npy");
        assertThat(record.method()).isEqualTo("percentile:99.5");
        assertThat(record.holds(Sha256.of(array))).isTrue();
    }

    @Test
    void photographsAreRecordedByTheirFiles() throws IOException {
        Path photos = TinyModel.writePhotographs(folder.resolve("photos"), 20, 4);

        CalibrationRecord record = quantized(folder.resolve("photos.tflite"), "--data", photos, "--samples", 5,
                "--calibration", "mse");

        assertThat(record.hashes()).hasSize(5);
        try (var files = Files.walk(photos)) {
            assertThat(files.filter(Files::isRegularFile).filter(file -> {
                try {
                    return record.holds(Sha256.of(file));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            })).hasSize(5);
        }
    }

    @Test
    void correctionsAreMadeInTheirOrderWhateverTheNumberOfThreads() throws IOException {
        Path one = folder.resolve("one.tflite");
        Path two = folder.resolve("two.tflite");

        CalibrationRecord record = quantized(one, "--random", 6, "--distribution", "uniform:0:255", "--correct",
                "bias,equalize", "--threads", 1);
        quantized(two, "--random", 6, "--distribution", "uniform:0:255", "--correct", "bias,equalize",
                "--threads", 2);

        assertThat(record.corrections()).containsExactly("equalize", "bias");
        assertThat(Files.readAllBytes(two)).isEqualTo(Files.readAllBytes(one));
    }

    @Test
    void weightsAloneAreCorrectedToo() throws IOException {
        Path uncorrected = folder.resolve("uncorrected.tflite");
        Path corrected = folder.resolve("corrected.tflite");
        assertThat(Run.of("quantize", model, "--mode", "weight_only", "--bits", 4, "--out", uncorrected).code())
                .isZero();
        Run run = Run.of("quantize", model, "--mode", "weight_only", "--bits", 4, "--correct", "bias", "--random", 4,
                "--distribution", "uniform:0:255", "--out", corrected);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Files.readAllBytes(corrected)).isNotEqualTo(Files.readAllBytes(uncorrected));
    }

    @Test
    void correctionsRoundToTheWidthOfTheWeightsAndNotToTwo() throws IOException {
        Path out = folder.resolve("mixed.tflite");
        Path recipe = Files.writeString(folder.resolve("mixed.json"),
                "{\"rules\": [{\"operator\": \"FULLY_CONNECTED\", \"mode\": \"int8\", \"weightBits\": 4}, {\"mode\": \"int8\"}]}");

        assertThat(Run.of("quantize", model, "--recipe", recipe, "--random", 2, "--correct", "bias", "--out", out))
                .isEqualTo(Run.misused("whittle quantize: --correct rounds all weights alike, the recipe gives them "
                        + "[4, 8] bits (see whittle quantize --help)"));
    }

    @Test
    void wrongUsageFailsInOneLine() {
        Path out = folder.resolve("never.tflite");

        assertThat(Run.of("quantize", model, "--mode", "int8", "--out", out, "--random", 3, "--calibration", "median"))
                .isEqualTo(
                        Run.misused("whittle quantize: --calibration: calibration method \"median\", expected min_max, "
                                + "moving_average[:MOMENTUM], percentile[:PERCENT], entropy or mse (see whittle quantize --help)"));
        assertThat(Run.of("quantize", model, "--mode", "int8", "--out", out, "--random", 3, "--generate"))
                .isEqualTo(Run
                        .misused("whittle quantize: --npy, --random and images are samples each, expected one of them "
                                + "(see whittle quantize --help)"));
        assertThat(out).doesNotExist();
    }
}
