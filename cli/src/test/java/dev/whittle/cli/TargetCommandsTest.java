package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.microscope.device.Micro;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TargetCommandsTest {
    @TempDir private Path folder;

    /// Mean of a LEAKY_RELU of a convolution of two channels, for classes of castings, int8.
    private Path leaky() throws IOException {
        SubgraphBuilder builder = new SubgraphBuilder();
        int image = builder.input("image", Shape.of(-1, 8, 8, 3));
        int first = builder.operator(new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, Activation.NONE), "conv",
                Shape.of(-1, 8, 8, 2), image,
                builder.constant("conv/filter", Shape.of(2, 1, 1, 3), 1, 0, -1, -1, 0, 1),
                builder.constant("conv/bias", Shape.of(2), 0, 0));
        int leaky = builder.operator(new Options.LeakyRelu(0.5f), "leaky", Shape.of(-1, 8, 8, 2), first);
        int pooled = builder.operator(new Options.AveragePool2d(
                new Options.Pool2d(Padding.VALID, 8, 8, 8, 8, Activation.NONE)), "pool", Shape.of(-1, 1, 1, 2), leaky);
        int flat = builder.operator(new Options.Reshape(null), "flat", Shape.of(-1, 2), pooled,
                builder.sizes("shape", -1, 2));
        int scores = builder.operator(new Options.Softmax(0.1f), "scores", Shape.of(-1, 2), flat);
        Model plain = new Model("leaky.tflite", Model.SCHEMA_VERSION, "", List.of(builder.build("main", scores)),
                List.of(), List.of());
        float[] ramp = new float[8 * 8 * 3];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = i;
        }
        Path file = folder.resolve("leaky.tflite");
        ModelWriter.write(Quantizer.quantize(plain, Recipe.of(Mode.INT8),
                Calibrator.minMax().withInputRange(0, new Range(0, 255)).calibrate(plain, List.of(List.of(ramp))),
                new Ends(ElementType.INT8, ElementType.INT8)), file);
        return file;
    }

    @Test
    void mappingIsReportedByOperatorWithWhatTheRewriteWouldChange() throws IOException {
        Run run = Run.of("edgetpu", leaky());

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("""
                operator         count  runs on   reason
                CONV_2D              1  Edge TPU
                LEAKY_RELU           1  CPU       is not in the table of supported operations; RELU is
                AVERAGE_POOL_2D      1  CPU       is supported, but comes after an operator on the CPU""")
                .contains("1 of 5 operators mapped to the Edge TPU, by https://coral.ai/docs/edgetpu/models-intro/")
                .contains("rewriting 1 LEAKY_RELU to RELU: 5 of 5 mapped, accuracy not measured (--data measures it)");
    }

    @Test
    void rewriteIsMeasuredOnImagesAndWritten() throws IOException {
        Path photos = TinyModel.writePhotographs(folder.resolve("photos"), 4, 6);
        Path out = folder.resolve("relu.tflite");

        Run run = Run.of("edgetpu", leaky(), "--data", photos, "--out", out, "--json");

        assertThat(run.err()).isEmpty();
        JsonNode rewrite = Json.tree("edgetpu", run.out()).at("/rewrites/0");
        assertThat(rewrite.path("mapped").asInt()).isEqualTo(5);
        assertThat(rewrite.at("/accuracy/images").asInt()).isEqualTo(6);
        assertThat(rewrite.at("/accuracy/before").asDouble()).isBetween(0.0, 1.0);
        assertThat(rewrite.at("/accuracy/after").asDouble()).isBetween(0.0, 1.0);
        assertThat(ModelReader.read(out).primary().operators().get(1).code()).isEqualTo(OperatorCode.RELU);
    }

    @Test
    void outWithoutARewriteIsAnError() throws IOException {
        Path model = TinyModel.write(folder.resolve("m.tflite"));

        assertThat(Run.of("edgetpu", model, "--out", folder.resolve("o.tflite"))).isEqualTo(Run.failed(
                "whittle: [m.tflite] has no operator to rewrite, --out has nothing to write"));
    }

    @Test
    void microReportHasKernelsArenaAndFlash() throws IOException {
        Run run = Run.of("micro", leaky());

        assertThat(run.code()).isZero();
        // The image has 8 · 8 · 3 bytes, what comes of it 8 · 8 · 2.
        assertThat(run.out()).contains("5 of 5 operators have a kernel, by ",
                "arena 320 bytes for 6 tensors; the busiest operator (CONV_2D #0) needs 320",
                "not counted: descriptions of tensors and operators, channels' multipliers, kernels' scratch",
                "flash ");
        assertThat(Json.tree("micro", Run.of("micro", leaky(), "--json").out()).at("/arena/bytes").asInt())
                .isEqualTo(320);
    }

    @Test
    void bothTablesOfMicrosOperatorsAgree() {
        JsonNode rows = Json.tree("operators", Run.of("operators", "--json").out()).path("operators");

        assertThat(rows.size()).isGreaterThan(200);
        for (JsonNode row : rows) {
            assertThat(Micro.has(OperatorCode.valueOf(row.path("operator").asString())))
                    .as(row.path("operator").asString()).isEqualTo(row.path("micro").asBoolean());
        }
    }
}
