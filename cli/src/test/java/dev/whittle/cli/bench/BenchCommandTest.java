package dev.whittle.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.whittle.cli.Json;
import dev.whittle.cli.Run;
import dev.whittle.cli.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class BenchCommandTest {
    private static final Path SCHEMA = Path.of(System.getProperty("whittle.root"), "docs", "bench-schema.json");

    @TempDir private Path folder;
    private Path model;

    @BeforeEach
    void writeModel() throws IOException {
        Files.createDirectories(folder.resolve("models/other"));
        model = TinyModel.write(folder.resolve("models/tiny.tflite"));
    }

    private Run bench(Object... arguments) {
        List<Object> all = new ArrayList<>(List.of("bench", "--seconds", "0", "--runs", "1"));
        all.addAll(List.of(arguments));
        return Run.of(all.toArray());
    }

    private static void assertValid(String json) throws IOException {
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(Files.readString(SCHEMA), InputFormat.JSON);
        assertThat(schema.validate(json, InputFormat.JSON)).isEmpty();
    }

    @Test
    void jsonFollowsTheSchema() throws IOException {
        Run run = bench(model, "--json");

        assertThat(run.err()).isEmpty();
        assertValid(run.out());
        assertThat(Json.tree("bench", run.out()).get("comparison").isNull()).isTrue();
    }

    @Test
    void jsonOfAComparisonFollowsTheSchema() throws IOException {
        Run run = bench(model, "--json", "--against", "fake", "--threads", "2");

        assertThat(run.err()).isEmpty();
        assertValid(run.out());
        JsonNode comparison = Json.tree("bench", run.out()).get("comparison");
        assertThat(comparison.get("rivals").get(0).get("side").get("runtime").asString()).isEqualTo("fake");
        assertThat(comparison.get("whittle").get("threads").asInt()).isEqualTo(2);
        assertThat(comparison.get("rivals").get(0).get("difference").get("observed").asDouble()).isZero();
    }

    @Test
    void schemaRefusesAnotherFormatAndUnknownFields() throws IOException {
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(Files.readString(SCHEMA), InputFormat.JSON);
        String json = bench(model, "--json").out();

        assertThat(schema.validate(json.replaceFirst("\"format\" : 2", "\"format\" : 3"), InputFormat.JSON)).hasSize(1);
        assertThat(schema.validate(json.replaceFirst("\"cores\"", "\"kernes\""), InputFormat.JSON)).isNotEmpty();
    }

    @Test
    void comparisonIsPrintedWithItsDifference() {
        Run run = bench(model, "--against", "fake");

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("fake 1.0", "fake kernels", "0 of the largest magnitude, 0.00010 allowed",
                "10 blocks of each in turns");
    }

    @Test
    void otherOutputsAreRefusedBeforeAnythingIsTimed() {
        assertThat(bench(model, "--against", "fake,wrong")).matches(run -> run.code() == 1 && run.out().isEmpty())
                .extracting(Run::err).asString().hasLineCount(1).matches(
                        "whittle: \\[tiny\\.tflite] the outputs differ from those of wrong 1\\.0 by 0\\.\\d+ of the largest"
                                + " magnitude, 0\\.00010 allowed; no time is compared\\R");
    }

    @Test
    void unknownRuntimeIsRefusedNamingThoseThatAreThere() {
        assertThat(bench(model, "--against", "tensorrt")).isEqualTo(Run.failed(
                "whittle: no reference runtime is named \"tensorrt\", there are [fake, wrong, elsewhere]"));
    }

    @Test
    void runtimeThatCannotRunHereSaysWhy() {
        assertThat(bench(model, "--against", "elsewhere")).isEqualTo(
                Run.failed("whittle: the reference runtime elsewhere cannot run here: it is not here"));
    }

    @Test
    void traceHoldsASpanForEveryOperator() throws IOException {
        Path trace = folder.resolve("out/trace.json");

        assertThat(bench(model, "--trace", trace).code()).isZero();

        JsonNode events = Json.tree("trace", Files.readString(trace)).get("traceEvents");
        assertThat(events.valueStream().map(event -> event.get("name").asString())).contains("inference", "CONV_2D",
                "SOFTMAX");
        assertThat(events.valueStream()).allMatch(
                event -> event.get("ph").asString().equals("X") && event.get("dur").asDouble() >= 0);
    }

    @Test
    void suiteIsOneTableWithMeans() throws IOException {
        TinyModel.write(folder.resolve("models/other/model.tflite"));
        Path table = folder.resolve("table.md");

        Run run = bench("--suite", folder.resolve("models"), "--against", "fake", "--threads", "1,2", "--out", table);

        assertThat(run).isEqualTo(new Run(0, "", ""));
        assertThat(Files.readString(table)).contains("./whittle bench --seconds 0", "| other | f32 | 1 |",
                "| tiny | f32 | 2 |", "fake 1.0: fake kernels", "(of 2) | - | - |");
    }

    @Test
    void suiteNamesWhatItCouldNotCompareAndFails() {
        Run run = bench("--suite", folder.resolve("models"), "--against", "wrong");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("whittle: 1 of 1 runs failed; the table says why" + System.lineSeparator());
        assertThat(run.out()).contains("| tiny | - | 1 |", "- tiny, 1 thread: [tiny.tflite] the outputs differ");
    }

    @Test
    void emptySuiteIsRefused() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));

        assertThat(bench("--suite", empty))
                .isEqualTo(Run.failed("whittle: [" + empty + "] holds no .tflite files"));
    }

    @Test
    void wrongUsageIsNamed() {
        String see = " (see whittle bench --help)";
        assertThat(bench()).isEqualTo(
                Run.misused("whittle bench: Missing required parameter: MODEL, or --suite=DIR" + see));
        assertThat(bench(model, "--suite", folder)).isEqualTo(
                Run.misused("whittle bench: MODEL and --suite exclude each other" + see));
        assertThat(bench(model, "--threads", "0")).isEqualTo(
                Run.misused("whittle bench: --threads is 0, must be 1 to 256" + see));
        assertThat(bench(model, "--threads", "1,2")).isEqualTo(
                Run.misused("whittle bench: --threads [1, 2] are several numbers, which need --suite" + see));
        assertThat(bench("--suite", folder, "--json")).isEqualTo(
                Run.misused("whittle bench: --json and --trace need a single MODEL, not --suite" + see));
    }
}
