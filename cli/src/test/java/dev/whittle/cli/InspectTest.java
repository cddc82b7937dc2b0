package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.model.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class InspectTest {
    @TempDir private Path folder;

    @Test
    void everySubgraphHasItsTables() throws IOException {
        Path model = SmallModels.twoSignatures(folder.resolve("m.tflite"));

        Run run = Run.of("inspect", model);

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("""
                signature "sum" [b, a] to [sum] on subgraph 1

                #  operator  version  inputs  outputs  options
                0  ADD             1     0 0        1  activation=NONE, potScaleInt16=false

                #  type     shape  bytes  quantization  tensor
                0  FLOAT32  [2]        -                x
                1  FLOAT32  [2]        -                y

                subgraph 1 "sum"
                input   first FLOAT32 [1, 2]
                input   second FLOAT32 [1, 2]
                output  sum FLOAT32 [1, 2]

                #  operator  version  inputs  outputs  options
                0  ADD             1     0 1        2  activation=NONE, potScaleInt16=false

                #  type     shape   bytes  quantization  tensor
                0  FLOAT32  [1, 2]      -                first
                1  FLOAT32  [1, 2]      -                second
                2  FLOAT32  [1, 2]      -                sum

                2 operators: 2 ADD
                arena 72 bytes for activations; the busiest operator alone needs 16, and 72 with an array for each type and \
                tensors at cache lines
                weights 0 bytes, packed and shared by all interpreters
                """);
        JsonNode tree = Json.tree("inspect", Run.of("inspect", model, "--json").out());
        assertThat(tree.at("/subgraphs/0/operators/0/name").asString()).isEqualTo("ADD");
        assertThat(tree.at("/signatures/0/subgraph").asInt()).isEqualTo(1);
    }

    @Test
    void customOperatorsShowTheirOptionsAndThatTheyDoNotRun() throws IOException {
        Path model = SmallModels.customOperators(folder.resolve("m.tflite"));

        Run run = Run.of("inspect", model);

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("\"Mystery\" (not run here)", "{classes=3, threshold=0.25}", "2 bytes",
                "does not run here: [m.tflite] model: needs operators that are not supported: CUSTOM \"Mystery\","
                        + " CUSTOM \"Opaque.[31m\"")
                .doesNotContain("\u001b");
    }

    @Test
    void variablesAndBlocksAreNamed() throws IOException {
        assertThat(Run.of("inspect", SmallModels.variable(folder.resolve("v.tflite"))).out())
                .contains("FLOAT32  [2]    variable  ");
        assertThat(Run.of("inspect", SmallModels.blockwise(folder.resolve("b.tflite"))).out())
                .contains("2 scales of blocks of 2, 0.500 to 2.00");
    }

    @Test
    void verifiedFilePassesEveryStageOfEverySubgraph() throws IOException {
        Path model = SmallModels.twoSignatures(folder.resolve("m.tflite"));

        Run run = Run.of("inspect", "--verify", "--max-bytes", "1MB", "--max-time", "30s", model);

        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines()).satisfiesExactly(
                file -> assertThat(file)
                        .matches("file          [\\d,]+ bytes, sound: 2 subgraphs, 2 operators, 5 tensors,"
                                + " 0 bytes of constants"),
                plan -> assertThat(plan)
                        .matches("plan          1 operators bound to kernels, \\d+ bytes of activations"),
                invoke -> assertThat(invoke).matches("invoke        ran on zeros in [\\d.]+ ms, \"y\" FLOAT32 \\[2]"),
                plan -> assertThat(plan)
                        .matches("plan \"sum\"    1 operators bound to kernels, \\d+ bytes of activations"),
                invoke -> assertThat(invoke)
                        .matches("invoke \"sum\"  ran on zeros in [\\d.]+ ms, \"sum\" FLOAT32 \\[1, 2]"));
    }

    @Test
    void loopThatNeverEndsIsStoppedByItsLimit() throws IOException {
        Path model = SmallModels.endlessLoop(folder.resolve("m.tflite"));

        Run run = Run.of("inspect", "--verify", "--max-loops", "1000", model);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).hasLineCount(2).startsWith("file  ").contains("plan  ");
        assertThat(run.err()).isEqualTo("whittle: [m.tflite] WHILE #0 \"y\": still running after 1000 loop iterations,"
                + " the limit; does the loop end?" + System.lineSeparator());
    }

    @Test
    void unsoundFileHasNoStage() throws IOException {
        Path model = SmallModels.variable(folder.resolve("m.tflite"));
        Files.write(model, Arrays.copyOf(Files.readAllBytes(model), 100));

        Run run = Run.of("inspect", "--verify", "--json", model);

        JsonNode tree = Json.tree("verify", run.out());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).hasLineCount(1).startsWith("whittle: [m.tflite] byte ");
        assertThat(tree.path("stages").size()).isZero();
        assertThat("whittle: " + tree.path("error").asString() + System.lineSeparator()).isEqualTo(run.err());
    }

    @Test
    void tensorBeyondTheLimitIsRefused() throws IOException {
        Path model = SmallModels.echo(folder.resolve("m.tflite"), ElementType.FLOAT32, 1000, 1000);

        assertThat(Run.of("inspect", "--verify", "--max-bytes", "1MB", model).err()).isEqualTo(
                "whittle: [m.tflite] needs 4000048 bytes for its tensors, the limit is 1000000; raise the limit or the"
                        + " heap (java -Xmx), or run smaller batches" + System.lineSeparator());
    }

    @Test
    void limitsAreReadWithTheirUnits() throws IOException {
        Path model = SmallModels.echo(folder.resolve("m.tflite"), ElementType.INT8, 1);

        JsonNode limits = Json.tree("verify", Run.of("inspect", "--verify", "--json", "--max-bytes", "2MiB",
                "--max-time", "500ms", "--max-elements", "7", "--max-operators", "5", model).out()).path("limits");

        assertThat(limits.path("maxBytes").asLong()).isEqualTo(2 << 20);
        assertThat(limits.path("maxSeconds").asDouble()).isEqualTo(0.5);
        assertThat(limits.path("maxElements").asLong()).isEqualTo(7);
        assertThat(limits.path("maxOperators").asInt()).isEqualTo(5);
        assertThat(limits.path("maxMultiplications").asLong()).isEqualTo(1L << 38);
    }

    @Test
    void limitThatIsNoneIsWrongUsage() {
        assertThat(Run.of("inspect", "m.tflite", "--max-time", "soon")).isEqualTo(Run.misused(
                "whittle inspect: Invalid value for option '--max-time': 'soon' is no time, expected one such as 500ms,"
                        + " 30s, 5min or 1h (see whittle inspect --help)"));
        assertThat(Run.of("inspect", "m.tflite", "--max-loops", "0")).isEqualTo(Run.misused(
                "whittle inspect: maxLoopIterations is 0, must be positive (see whittle inspect --help)"));
    }
}
