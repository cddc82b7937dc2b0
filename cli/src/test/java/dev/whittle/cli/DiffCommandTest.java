package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Quantizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class DiffCommandTest {
    @TempDir private Path folder;
    private Path plain;
    private Path half;

    @BeforeEach
    void writeModels() throws IOException {
        plain = TinyModel.write(folder.resolve("float32.tflite"));
        half = folder.resolve("float16.tflite");
        Model rewritten = Quantizer.quantize(ModelReader.read(plain), Recipe.of(Mode.FLOAT16));
        ModelWriter.write(rewritten, half);
    }

    @Test
    void fileEqualsItsCopy() throws IOException {
        Path copy = Files.copy(plain, folder.resolve("copy.tflite"));

        Run run = Run.of("diff", plain, copy, "--samples", 3);

        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("quantization: 0 tensors differ", "weights: 0 constants differ",
                "outputs on 3 random inputs, seed 7").endsWith("equal" + System.lineSeparator());
    }

    @Test
    void otherFileIsExitCodeThreeWithEverySectionThatDiffers() throws IOException {
        Run run = Run.of("diff", plain, half, "--samples", 3, "--json");

        assertThat(run.code()).isEqualTo(3);
        JsonNode tree = Json.tree("diff", run.out());
        assertThat(tree.path("equal").asBoolean()).isFalse();
        assertThat(tree.at("/first/bytes").asLong()).isEqualTo(Files.size(plain));
        assertThat(tree.at("/outputs/0/topAgreement").asDouble()).isEqualTo(1);
        assertThat(tree.at("/outputs/0/largestError").asDouble()).isGreaterThan(0).isLessThan(0.01);
        assertThat(tree.path("differing").toString()).contains("GRAPH", "FILE", "OUTPUTS");
        assertThat(tree.at("/model/operators").toString()).contains("\"ADDED\"", "DEQUANTIZE");
    }

    @Test
    void toleranceDecidesWhereOutputsAloneAreChecked() {
        Run within = Run.of("diff", plain, half, "--samples", 3, "--check", "outputs", "--min-sqnr", 20,
                "--min-agreement", 1);
        Run beyond = Run.of("diff", plain, half, "--samples", 3, "--check", "outputs", "--max-error", 0);

        assertThat(within.code()).isZero();
        assertThat(within.out()).contains("equal in what was checked; otherwise different: graph");
        assertThat(beyond.code()).isEqualTo(3);
    }

    @Test
    void inputsComeFromArraysAndFromImages() throws IOException {
        Path photos = TinyModel.writePhotographs(folder.resolve("photos"), 4, 4);
        int elements = TinyModel.SIZE * TinyModel.SIZE * 3;
        Path array = folder.resolve("inputs.npy");
        Npy.write(array, NpyArray.ofFloats(Shape.of(2, TinyModel.SIZE, TinyModel.SIZE, 3), new float[2 * elements]));

        assertThat(Run.of("diff", plain, half, "--npy", array).out()).contains("outputs on 2 inputs");
        assertThat(Run.of("diff", plain, half, "--data", photos).out()).contains("outputs on 4 inputs");
    }

    @Test
    void arrayOfAnotherSizeIsOneLine() throws IOException {
        Path array = folder.resolve("inputs.npy");
        Npy.write(array, NpyArray.ofFloats(Shape.of(1, 5), new float[5]));

        Run run = Run.of("diff", plain, half, "--npy", array);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).hasLineCount(1).contains("has 5 elements, input ", "takes 3072 or a multiple");
    }
}
