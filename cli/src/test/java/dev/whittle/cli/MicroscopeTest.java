package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `trace`, `sensitivity` and `what-if` on a tiny model.
class MicroscopeTest {
    @TempDir private static Path folder;

    private static Path plain = Path.of("");
    private static Path int8 = Path.of("");
    private static Path photographs = Path.of("");

    @BeforeAll
    static void write() throws IOException {
        plain = TinyModel.write(folder.resolve("float32.tflite"));
        photographs = TinyModel.writePhotographs(folder.resolve("photographs"), 16, 8);
        int8 = folder.resolve("int8.tflite");
        Run run = Run.of("quantize", plain, "--mode", "int8", "--data", photographs, "--samples", 8, "--out", int8);
        assertThat(run.code()).as(run.err()).isZero();
    }

    @Test
    void traceHasARowForEachOperatorAndNamesSuspects() {
        Run run = Run.of("trace", int8, "--float", plain, "--data", photographs);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("int8.tflite beside float32.tflite, 8 samples", "CONV_2D", "FULLY_CONNECTED",
                "saturation %").containsAnyOf("first suspect: ", "no suspect: ");
    }

    @Test
    void traceAsJsonHasPartsForEachOperator() {
        Run run = Run.of("trace", int8, "--random", 2, "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Json.tree("out", run.out()).at("/format").asInt()).isEqualTo(1);
        assertThat(Json.tree("out", run.out()).at("/trace/operators/1/parts").size()).isEqualTo(6);
    }

    @Test
    void oneElementIsShownNumberByNumber() {
        Run table = Run.of("trace", int8, "--random", 1, "--operator", 2, "--element", 0);
        Run json = Run.of("trace", int8, "--random", 1, "--operator", 2, "--element", 0, "--json");

        assertThat(table.code()).as(table.err()).isZero();
        assertThat(table.out()).contains("CONV_2D #2, element 0 at [0, 0, 0, 0]", "= accumulator", "the kernel gave");
        assertThat(Json.tree("out", json.out()).at("/arithmetic/result").asInt())
                .isEqualTo(Json.tree("out", json.out()).at("/arithmetic/kernel").asInt());
    }

    @Test
    void sensitivityWritesARecipeThatQuantizeTakesForEachPoint() {
        Path recipes = folder.resolve("recipes");
        Run run = Run.of("sensitivity", plain, "--data", photographs, "--recipes", recipes, "--json");

        assertThat(run.code()).as(run.err()).isZero();
        int points = Json.tree("out", run.out()).at("/front").size();
        assertThat(points).isPositive();
        assertThat(recipes.resolve("point_" + points + ".json")).exists();
        Path mixed = folder.resolve("mixed.tflite");
        Run quantized = Run.of("quantize", plain, "--recipe", recipes.resolve("point_1.json"), "--data", photographs,
                "--out", mixed);
        assertThat(quantized.code()).as(quantized.err()).isZero();
        assertThat(Files.exists(mixed)).isTrue();
    }

    @Test
    void whatIfShowsBothStates() {
        Run run = Run.of("what-if", int8, "--float", plain, "--tensor", "conv_1", "--bits", 4, "--data", photographs);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("operators run again", "before", "after", "accuracy");
    }

    @Test
    void whatToChangeHasToBeSaid() {
        assertThat(Run.of("what-if", int8, "--tensor", "softmax", "--random", 1)).isEqualTo(Run.misused(
                "whittle what-if: Missing required option: --range, --bits or --granularity says what to change (see whittle what-if --help)"));
    }

    @Test
    void samplesHaveToBeChosen() {
        assertThat(Run.of("trace", int8)).isEqualTo(Run.misused(
                "whittle trace: Missing required option: --data=PATH, --generate, --npy=PATH or --random=N (see whittle trace --help)"));
    }

    @Test
    void aTensorThatIsNotThereFailsInOneLine() {
        assertThat(Run.of("what-if", int8, "--tensor", "nowhere", "--bits", 4, "--random", 1)).isEqualTo(Run.failed(
                "whittle: [int8.tflite] no tensor \"nowhere\", whittle inspect lists the names"));
    }

    @Test
    void samplesAreOfOneKind() {
        assertThat(Run.of("sensitivity", plain, "--random", 1, "--data", photographs)).isEqualTo(Run.misused(
                "whittle sensitivity: --npy, --random and images are samples each, expected one of them (see whittle sensitivity --help)"));
    }

    @Test
    void optionsOfSamplesStandBelowTheirHeading() {
        assertThat(Run.of("sensitivity", "--help").out()).containsSubsequence("Samples:", "--npy", "Images:", "--data",
                "Other:", "--json");
    }
}
