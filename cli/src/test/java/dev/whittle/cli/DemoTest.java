package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.cli.pipeline.Results;
import dev.whittle.cli.pipeline.VariantRow;
import dev.whittle.engine.kernel.KernelTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The main job on a handful of tiny images, and the commands on what it wrote.
class DemoTest {
    @TempDir private static Path folder;
    private static Path photos;
    private static Path out;
    private static Run demo;

    @BeforeAll
    static void runDemo() throws IOException {
        photos = TinyModel.writePhotographs(folder.resolve("photos"), 32, 8);
        out = folder.resolve("out");
        demo = demoTo(out);
    }

    private static Run demoTo(Path folder, String... more) {
        Object[] arguments = {"demo", "--data", photos, "--sizes", "32", "--epochs", "2", "--batch-size", "8",
            "--calibration-images", "4", "--explanations", "2", "--lime-samples", "20", "--threads", "2", "--quiet",
            "--out",
            folder};
        Object[] all = new Object[arguments.length + more.length];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return Run.of(all);
    }

    @Test
    void writesEveryVariantAndTheReport() {
        assertThat(demo.code()).as(demo.err()).isZero();
        assertThat(
                List.of("float32_32.tflite", "float16_32.tflite", "dynamic_range_32.tflite", "int8_float_io_32.tflite",
                        "int8_32.tflite", "int8_uint8_io_32.tflite", "qat_int8_32.tflite", "float32_tuned_32.tflite",
                        "network_32.whittle", "results.json", "report.html", "pictures/samples.png",
                        "pictures/augmented_32.png",
                        "pictures/lime_32_0.png", "pictures/lime_32_1.png"))
                .allSatisfy(name -> assertThat(out.resolve(name)).isNotEmptyFile());
        assertThat(demo.out()).contains("int8, quantization-aware", "report: " + out.resolve("report.html"),
                "models: " + out);
    }

    @Test
    void resultsCountEveryTestImageForEveryVariant() throws IOException {
        Results results = Json.read("results.json", Files.readString(out.resolve("results.json")), Results.class);

        assertThat(results.experiments()).hasSize(1);
        List<VariantRow> variants = results.experiments().getFirst().variants();
        assertThat(variants).hasSize(8).allSatisfy(variant -> {
            assertThat(variant.evaluation().images()).isEqualTo(8);
            assertThat(variant.wrongImages()).hasSize(variant.evaluation().wrong());
            assertThat(variant.bytes()).isEqualTo(Files.size(out.resolve(variant.file())));
        });
        assertThat(results.experiments().getFirst().fineTuning()).hasSize(3);
        assertThat(results.experiments().getFirst().floatFineTuning()).hasSize(3);
    }

    @Test
    void resumedRunEndsWithTheSameBytes() throws IOException {
        Path again = folder.resolve("again");
        Files.createDirectories(again.resolve("checkpoints"));
        Files.copy(out.resolve("checkpoints/float_32"), again.resolve("checkpoints/float_32"));

        Run resumed = demoTo(again, "--resume");

        assertThat(resumed.code()).as(resumed.err()).isZero();
        assertThat(resumed.err()).contains("resumed after epoch 2");
        for (String name : List.of("network_32.whittle", "float32_32.tflite", "int8_32.tflite", "qat_int8_32.tflite")) {
            assertThat(again.resolve(name)).hasSameBinaryContentAs(out.resolve(name));
        }
    }

    @Test
    void evaluateGivesTheSameFiguresInBatches() {
        Run single = Run.of("evaluate", out.resolve("int8_32.tflite"), "--data", photos, "--json");
        Run batched = Run.of("evaluate", out.resolve("int8_32.tflite"), "--data", photos, "--batch", "3", "--json");

        assertThat(single.code()).as(single.err()).isZero();
        assertThat(Json.tree("single", single.out()).at("/results/0/result/evaluation").isMissingNode()).isFalse();
        assertThat(Json.tree("single", single.out()).at("/results/0/result/evaluation"))
                .isEqualTo(Json.tree("batched", batched.out()).at("/results/0/result/evaluation"));
    }

    @Test
    void convertAndQuantizeGiveTheDemosFiles() throws IOException {
        Path plain = folder.resolve("float32_32.tflite");
        Path half = folder.resolve("float16_32.tflite");

        assertThat(Run.of("convert", out.resolve("network_32.whittle"), "--out", plain).code()).isZero();
        assertThat(plain).hasSameBinaryContentAs(out.resolve("float32_32.tflite"));
        assertThat(Run.of("quantize", plain, "--mode", "float16", "--out", half).code()).isZero();
        assertThat(half).hasSameBinaryContentAs(out.resolve("float16_32.tflite"));
    }

    @Test
    void runTakesAnImageAndWritesItsScores() {
        Path scores = folder.resolve("scores");
        Run run = Run.of("run", out.resolve("int8_32.tflite"), "--input",
                photos.resolve("test/ok_front/casting_001.png"), "--output-dir", scores, "--signature",
                "serving_default");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(scores.resolve("probabilities.npy")).isNotEmptyFile();
    }

    @Test
    void inspectBenchAndExplainGiveJson() {
        Path model = out.resolve("int8_32.tflite");

        assertThat(Json.tree("inspect", Run.of("inspect", model, "--json").out()).path("operators").size())
                .isEqualTo(12);
        // With vectors the three convolutions take over the pooling after them.
        assertThat(Json.tree("bench", Run.of("bench", model, "--runs", "2", "--seconds", "0", "--json").out())
                .at("/measurement/operators").size()).isEqualTo(KernelTier.isVectorAvailable() ? 9 : 12);
        Run explain = Run.of("explain", model, "--data", photos, "--count", "1", "--samples", "10", "--out",
                folder.resolve("explained"), "--json");
        assertThat(explain.code()).as(explain.err()).isZero();
        assertThat(folder.resolve("explained/lime_0.png")).isNotEmptyFile();
    }
}
