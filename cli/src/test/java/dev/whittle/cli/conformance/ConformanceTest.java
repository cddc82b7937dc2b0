package dev.whittle.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.cli.Json;
import dev.whittle.cli.Run;
import dev.whittle.cli.TinyModel;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ConformanceTest {
    private static final String OPERATOR_META = """
            {"op": "CHAIN", "dtype": "float32", "cases": 1, "state_carries_over": false, "authority": "either"}""";
    private static final String MODEL_META = """
            {"id": "tiny", "inputs": [{"dtype": "float32"}], "stateful": false,
             "aliases": {"out_builtin_0_0.npy": "out_ref_0_0.npy"}, "cases": [{"case": "0", "signature": null}]}""";

    @TempDir private Path folder;
    private Path variant;
    private NpyArray output;

    @BeforeEach
    void recordOutputs() throws IOException {
        variant = Files.createDirectories(folder.resolve("models/CHAIN/tiny"));
        TinyModel.write(variant.resolve("model.tflite"));
        Npy.write(variant.resolve("in_0_0.npy"), NpyArray.ofFloats(Shape.of(2, 32, 32, 3), new float[2 * 32 * 32 * 3]));
        Files.writeString(variant.resolve("meta.json"), OPERATOR_META);
        Path outputs = folder.resolve("outputs");
        Run.of("conformance", folder.resolve("models"), "--write", outputs);
        output = Npy.read(outputs.resolve("CHAIN/tiny/out_whittle_0_0.npy"));
    }

    @Test
    void outputEqualToOneKernelPassesAndResizesTheInput() throws IOException {
        Npy.write(variant.resolve("out_builtin_0_0.npy"), output);

        Run run = Run.of("conformance", folder.resolve("models"));

        assertThat(output.shape()).isEqualTo(Shape.of(2, 2));
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).startsWith("""
                operator  type     models  passed  failed  refused  = ref  = builtin  within
                CHAIN     float32       1       1       0        0      0          1       0

                1 of 1 passed, 0 failed, 0 refused
                0 equal to ref, 1 to builtin, 0 within tolerance of one
                kernels """);
    }

    @Test
    void outputTooFarOffFailsSayingHowFar() throws IOException {
        float[] values = floats(output);
        values[0] += 0.25f;
        Npy.write(variant.resolve("out_ref_0_0.npy"), NpyArray.ofFloats(output.shape(), values));

        Run run = Run.of("conformance", folder.resolve("models"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).containsPattern(
                "FAILED CHAIN/tiny: case 0 output 0: 1 of 4 elements differ from ref, the largest by 0\\.250 \\(0\\.\\d+ of the largest magnitude\\)")
                .contains("0 of 1 passed, 1 failed, 0 refused" + System.lineSeparator());
    }

    @Test
    void oneCaseLikeEachKernelIsLikeNoKernel() throws IOException {
        Files.writeString(variant.resolve("meta.json"), OPERATOR_META.replace("\"cases\": 1", "\"cases\": 2"));
        Files.copy(variant.resolve("in_0_0.npy"), variant.resolve("in_1_0.npy"));
        float[] values = floats(output);
        values[0] += 0.25f;
        NpyArray other = NpyArray.ofFloats(output.shape(), values);
        Npy.write(variant.resolve("out_ref_0_0.npy"), output);
        Npy.write(variant.resolve("out_ref_1_0.npy"), other);
        Npy.write(variant.resolve("out_builtin_0_0.npy"), other);
        Npy.write(variant.resolve("out_builtin_1_0.npy"), output);

        Run run = Run.of("conformance", folder.resolve("models"), "--json");

        assertThat(run.code()).isEqualTo(1);
        assertThat(Json.tree("results", run.out()).at("/results/0/problems").values()).hasSize(2)
                .first().asString()
                .startsWith("\"case 0 output 0: 1 of 4 elements differ from builtin, the largest by");
    }

    @Test
    void digestIsThatOfTheOutputBytes() throws Exception {
        Npy.write(variant.resolve("out_ref_0_0.npy"), output);
        byte[] bytes = new byte[output.data().remaining()];
        output.data().get(bytes);
        String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));

        Run run = Run.of("conformance", folder.resolve("models"), "--json", "--reference", "optimized");

        JsonNode tree = Json.tree("results", run.out());
        assertThat(tree.at("/kernels/sha256").asString()).isEqualTo(sha256);
        assertThat(tree.at("/kernels/reference").asString()).isEqualTo("optimized");
        assertThat(tree.at("/results/0/sha256").asString()).isEqualTo(sha256);
        assertThat(Run.of("conformance", folder.resolve("models")).out())
                .endsWith("sha256 of all outputs " + sha256 + System.lineSeparator());
    }

    @Test
    void wholeModelsFollowAliasesAndHaveATableOfTheirOwn() throws IOException {
        Files.writeString(variant.resolve("meta.json"), MODEL_META);
        Npy.write(variant.resolve("out_ref_0_0.npy"), output);

        Run run = Run.of("conformance", folder.resolve("models"));

        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("""
                model  type     verdict  ref    builtin  xnnpack
                tiny   float32  passed   equal  equal          -

                1 of 1 passed, 0 failed, 0 refused
                """);
    }

    @Test
    void missingGoldenFails() {
        Run run = Run.of("conformance", folder.resolve("models"), "--json");

        assertThat(run.code()).isEqualTo(1);
        assertThat(Json.tree("results", run.out()).at("/results/0/problems/0").asString())
                .isEqualTo("case 0 output 0: no recorded output to compare with");
    }

    @Test
    void modelThatDoesNotLoadLeavesItsMessage() throws IOException {
        Files.writeString(variant.resolve("model.tflite"), "This is no model.");
        Path outputs = folder.resolve("outputs");

        Run run = Run.of("conformance", folder.resolve("models"), "--write", outputs);

        assertThat(run.code()).isEqualTo(1);
        assertThat(outputs.resolve("CHAIN/tiny/error.txt")).hasContent(
                "[model.tflite] byte 4: file identifier is \" is \", expected \"TFL3\": not a .tflite file");
        assertThat(outputs.resolve("CHAIN/tiny/out_whittle_0_0.npy")).doesNotExist();
    }

    @Test
    void emptyRunIsAnError() {
        assertThat(Run.of("conformance", folder.resolve("models"), "--only", "^ADD/")).isEqualTo(Run.failed("whittle: ["
                + folder.resolve("models")
                + "] no folder with a meta.json and a model.tflite below it whose path matches \"^ADD/\""));
    }

    @Test
    void theNineModelsOfOthersPass() {
        Path models = Path.of(System.getProperty("whittle.shared", "../../shared"), "models");
        assumeTrue(Files.isDirectory(models), "needs ../shared/models");

        Run run = Run.of("conformance", models);

        assertThat(run.out()).contains("9 of 9 passed, 0 failed, 0 refused" + System.lineSeparator());
        assertThat(run.code()).isZero();
    }

    private static float[] floats(NpyArray array) {
        float[] values = new float[array.shape().elementCount()];
        array.data().asFloatBuffer().get(values);
        return values;
    }
}
