package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class SweepCommandTest {
    private static final int METHODS = 2;
    /// Without calibration 8, the float model among them, and 3 sets of corrections of one; with the first method only 3;
    /// uint8, int16x8, and int8 with weights of 8 and of 4 bits, each plain and with these sets.
    private static final int ROWS = 8 + 3 + 3 + METHODS * (2 + 2 * 4);

    @TempDir private static Path folder;
    private static Path plain = Path.of("");
    private static Path photos = Path.of("");

    private static final Object[] OPTIONS =
            {"--calibration", "min_max,mse", "--correct", "bias,equalize", "--samples", 4};
    private static Path json = Path.of("");
    private static Path markdown = Path.of("");
    private static Run swept = Run.failed("");

    @BeforeAll
    static void files() throws IOException {
        plain = TinyModel.write(folder.resolve("float.tflite"));
        photos = TinyModel.writePhotographs(folder.resolve("photos"), 8, 2);
        json = folder.resolve("one.json");
        markdown = folder.resolve("table.md");
        swept = sweep(plain, concat("--threads", 1, "--json", json, "--out", markdown));
        assertThat(swept.code()).as(swept.err()).isZero();
    }

    private static Run sweep(Path model, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("sweep", model, "--data", photos, "--no-timing"));
        arguments.addAll(Arrays.asList(options));
        return Run.of(arguments.toArray());
    }

    private static JsonNode read(Path json) throws IOException {
        return Json.tree("sweep", Files.readString(json));
    }

    private static Object[] concat(Object... others) {
        List<Object> all = new ArrayList<>(Arrays.asList(OPTIONS));
        all.addAll(Arrays.asList(others));
        return all.toArray();
    }

    @Test
    void everyModeMethodAndCorrectionIsARow() throws IOException {
        JsonNode rows = read(json).at("/rows");
        assertThat(rows.size()).isEqualTo(ROWS);
        assertThat(read(json).at("/images").asInt()).isEqualTo(2);
        Set<String> modes = new HashSet<>();
        Set<String> rest = new HashSet<>();
        rows.forEach(row -> {
            modes.add(row.at("/mode").asString());
            rest.add(row.at("/weightBits").asInt() + row.at("/calibration").asString() + row.at("/corrections"));
        });
        assertThat(modes).containsExactlyInAnyOrder("float", "float16", "dynamic_range", "weight_only", "int8", "uint8",
                "int16x8");
        assertThat(rest).contains("8mse[\"equalize\"]", "4min_max[\"bias\"]", "4mse[\"equalize\",\"bias\"]");
        assertThat(rows.at("/0/changed").asInt()).isZero();
        assertThat(rows.at("/0/scoreChange").asDouble()).isZero();
        assertThat(swept.out()).hasLineCount(ROWS + 1).startsWith("mode ");
        assertThat(Files.readAllLines(markdown)).hasSize(ROWS + 2)
                .allMatch(line -> line.startsWith("|") && line.endsWith("|"));
    }

    @Test
    void twoThreadsGiveTheSameTable() {
        Path two = folder.resolve("two.json");

        assertThat(sweep(plain, concat("--threads", 2, "--json", two)).code()).isZero();
        assertThat(two).hasSameTextualContentAs(json);
    }

    @Test
    void aRowIsWhatQuantizeAndEvaluateGive() throws IOException {
        Path file = folder.resolve("int4.tflite");
        assertThat(Run.of("quantize", plain, "--mode", "int8", "--bits", 4, "--granularity", "per_channel",
                "--calibration", "mse", "--correct", "bias,equalize", "--samples", 4, "--data", photos, "--out", file)
                .code()).isZero();
        JsonNode evaluated = Json.tree("evaluate", Run.of("evaluate", file, "--data", photos, "--json").out())
                .at("/results/0/result");
        JsonNode rows = read(json).at("/rows");
        JsonNode row = rows.get(rows.size() - 1);

        assertThat(row.at("/weightBits").asInt()).isEqualTo(4);
        assertThat(row.at("/corrections").toString()).isEqualTo("[\"equalize\",\"bias\"]");
        assertThat(row.at("/bytes").asLong()).isEqualTo(Files.size(file));
        assertThat(row.at("/accuracy").asDouble()).isEqualTo(evaluated.at("/evaluation/accuracy").asDouble());
        assertThat(row.at("/f1").asDouble()).isEqualTo(evaluated.at("/evaluation/macro/f1").asDouble());
    }

    @Test
    void aNetworkIsTrainedOnWithBothWidthsAndWhatCannotBeIsLeftOut() throws IOException {
        Path network = folder.resolve("network.whittle");
        // Blocks of 32 do not divide rows of 4.
        Network.create(NetworkJson.parse("""
                {"input": [16, 16, 3], "labels": ["def_front", "ok_front"], "layers": [
                  {"type": "Conv2D", "name": "conv", "filters": 4, "kernel": 3, "strides": 2},
                  {"type": "ReLU", "name": "relu"},
                  {"type": "GlobalAveragePool", "name": "pool"},
                  {"type": "Dense", "name": "dense", "units": 2},
                  {"type": "Softmax", "name": "softmax"}]}
                """), 1).write(network);
        Path trained = folder.resolve("trained.json");
        Run run = sweep(network, "--calibration", "min_max", "--correct", "bias", "--qat-epochs", 1, "--quiet",
                "--json", trained);

        assertThat(run.code()).as(run.err()).isZero();
        JsonNode rows = read(trained).at("/rows");
        assertThat(rows.get(rows.size() - 2).at("/weightBits").asInt()).isEqualTo(8);
        assertThat(rows.get(rows.size() - 1).at("/weightBits").asInt()).isEqualTo(4);
        assertThat(rows.get(rows.size() - 1).at("/calibration").asString()).isEqualTo("learned");
        assertThat(run.out()).contains("left out: weight_only, weights of 4 bits: ").containsPattern("\\+?qat:1 ");
    }

    @Test
    void wrongUsageIsRefusedInOneLineAndWritesNothing() {
        Path out = folder.resolve("never.md");

        assertThat(sweep(plain, "--qat-epochs", 2, "--out", out)).isEqualTo(Run.misused(
                "whittle sweep: --qat-epochs needs a network of whittle train (.whittle), " + plain
                        + " is none (see whittle sweep --help)"));
        assertThat(sweep(plain, "--calibration", "median", "--out", out).err()).startsWith(
                "whittle sweep: --calibration: calibration method \"median\", expected min_max, ").hasLineCount(1);
        Path quantized = folder.resolve("quantized.tflite");
        assertThat(Run.of("quantize", plain, "--mode", "int8", "--data", photos, "--out", quantized).code()).isZero();
        assertThat(sweep(quantized, "--out", out)).isEqualTo(
                Run.failed("whittle: [quantized.tflite] is quantized already, expected a float model"));
        assertThat(out).doesNotExist();
    }
}
