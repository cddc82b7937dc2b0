package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizeCommandTest {
    @TempDir private static Path folder;
    private static Path plain = Path.of("");
    private static Path photos = Path.of("");

    @BeforeAll
    static void files() throws IOException {
        plain = TinyModel.write(folder.resolve("float.tflite"));
        photos = TinyModel.writePhotographs(folder.resolve("photos"), 8, 2);
    }

    private static ElementType inputType(Path file) throws IOException {
        Model model = ModelReader.read(file);
        return model.primary().tensor(model.primary().inputs().getFirst()).type();
    }

    @ParameterizedTest
    @CsvSource({"float16, FLOAT32", "dynamic_range, FLOAT32", "weight_only, FLOAT32", "int8, INT8", "int16x8, INT16",
        "uint8, UINT8"})
    void everyModeWritesAFileWithItsOwnEndsAndItsRecipe(String mode, ElementType type) throws IOException {
        Path file = folder.resolve(mode + ".tflite");
        Run run = mode.contains("int")
                ? Run.of("quantize", plain, "--mode", mode, "--data", photos, "--out", file)
                : Run.of("quantize", plain, "--mode", mode, "--out", file);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Files.size(file)).isLessThan(Files.size(plain));
        assertThat(inputType(file)).isEqualTo(type);
        assertThat(Run.of("quantize", file, "--print-recipe").out()).contains("\"mode\" : \"" + mode + "\"");
    }

    @Test
    void aPrintedRecipeGivesTheSameFileForOneThreadAndForTwo() throws IOException {
        Path recipe = Files.writeString(folder.resolve("recipe.json"), """
                {"rules": [
                    {"operator": "SOFTMAX", "mode": "float"},
                    {"operator": "FULLY_CONNECTED", "mode": "weight_only", "weightBits": 4},
                    {"name": "conv2d_1", "mode": "int16x8"},
                    {"mode": "int8", "granularity": "per_tensor"}
                ]}""");
        Path mixed = folder.resolve("mixed.tflite");
        Run first = Run.of("quantize", plain, "--recipe", recipe, "--data", photos, "--threads", "1", "--out", mixed);
        assertThat(first.code()).as(first.err()).isZero();
        Path printed = Files.writeString(folder.resolve("printed.json"),
                Run.of("quantize", mixed, "--print-recipe").out());
        Path again = folder.resolve("again.tflite");

        assertThat(Run.of("quantize", plain, "--recipe", printed, "--data", photos, "--threads", "2", "--out", again)
                .code()).isZero();
        assertThat(again).hasSameBinaryContentAs(mixed);
        assertThat(inputType(mixed)).isEqualTo(ElementType.FLOAT32);
    }

    @Test
    void weightsAndEndsAreAsAskedFor() throws IOException {
        Path file = folder.resolve("four.tflite");
        Run run = Run.of("quantize", plain, "--mode", "int8", "--bits", "4", "--granularity", "per_channel",
                "--input-type", "uint8", "--output-type", "float32", "--data", photos, "--out", file);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(inputType(file)).isEqualTo(ElementType.UINT8);
        assertThat(Run.of("quantize", file, "--print-recipe").out()).contains("\"weightBits\" : 4",
                "\"granularity\" : \"per_channel\"");
    }

    @Test
    void aTrainedNetworkGivesTheFileOfItsFloatModel() throws IOException {
        Network network =
                Network.create(NetworkSpec.imageClassifier(Shape.of(32, 32, 3), 32, true, 0, List.of("a", "b")),
                        1);
        Path trained = folder.resolve("network.whittle");
        network.write(trained);
        Path lowered = folder.resolve("lowered.tflite");
        Path direct = folder.resolve("direct.tflite");
        Path converted = folder.resolve("converted.tflite");
        assertThat(Run.of("convert", trained, "--out", lowered).code()).isZero();

        assertThat(Run.of("quantize", trained, "--mode", "weight_only", "--bits", "4", "--out", direct).code())
                .isZero();
        assertThat(Run.of("quantize", lowered, "--mode", "weight_only", "--bits", "4", "--out", converted).code())
                .isZero();
        assertThat(direct).hasSameBinaryContentAs(converted);
    }

    @Test
    void aFileWithoutARecipeSaysSo() {
        assertThat(Run.of("quantize", plain, "--print-recipe")).isEqualTo(Run.failed(
                "whittle: [float.tflite] carries no recipe, expected the metadata entry whittle.recipe"));
    }

    @Test
    void wrongUsageIsRefusedInOneLine() throws IOException {
        Path recipe = Files.writeString(folder.resolve("bad.json"), "{\"rules\": [{\"mode\": \"int9\"}]}");

        assertThat(Run.of("quantize", plain, "--mode", "int8").err())
                .startsWith(
                        "whittle quantize: Missing required option: '--out=FILE'");
        assertThat(Run.of("quantize", plain, "--recipe", recipe, "--out", "x.tflite")).isEqualTo(Run.failed(
                "whittle: [bad.json] rules[0].mode: \"int9\", expected one of float, float16, dynamic_range, weight_only, int8, "
                        + "int16x8, uint8"));
        assertThat(Run.of("quantize", plain, "--mode", "uint8", "--bits", "4", "--out", "x.tflite")).isEqualTo(
                Run.failed("whittle: weight bits of UINT8 are 4, supported are [8]"));
        assertThat(Run.of("quantize", plain, "--mode", "int8", "--granularity", "row", "--out", "x.tflite").code())
                .isEqualTo(2);
    }
}
