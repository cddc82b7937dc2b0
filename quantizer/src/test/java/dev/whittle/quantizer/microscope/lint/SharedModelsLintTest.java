package dev.whittle.quantizer.microscope.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What models by others give: no false alarm.
class SharedModelsLintTest {
    private static Model model(String name) throws IOException {
        Path file = Path.of(System.getProperty("whittle.shared", "../../shared"), "models", name, "model.tflite");
        assumeTrue(Files.exists(file), "../shared/models/" + name + " is missing");
        return ModelReader.read(file);
    }

    private static List<String> ids(String name) throws IOException {
        return Lint.check(model(name), Evidence.ofName("model.tflite")).stream().map(Finding::id).distinct().toList();
    }

    @Test
    void annotationThatWasNeverAppliedIsFound() throws IOException {
        Finding worst = Lint.check(model("seed_cnn_model_vs_quant_aware"), Evidence.ofName("model.tflite")).getFirst();

        assertThat(worst.id()).isEqualTo("qat-not-applied");
        assertThat(worst.severity()).isEqualTo(Severity.ERROR);
        assertThat(worst.where()).isEqualTo("signature output \"quantize_annotate_14\"");
        assertThat(worst.found()).isEqualTo("all activations are float, 3 weight tensors are integers");
    }

    @ParameterizedTest
    @ValueSource(strings = {"seed_cnn_model_s_quant", "seed_cnn_model_vs", "seed_cnn_model_vs_quant_aware"})
    void noSeedHasWhatTrainingWithFakeQuantizationLeaves(String name) throws IOException {
        assertThat(Lint.check(model(name), Evidence.ofName("model.tflite").calledQat()).getFirst().id())
                .isEqualTo("qat-not-applied");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mlperf_kws_ref_model", "mlperf_pretrainedResnet", "mlperf_pretrainedResnet_quant",
        "seed_cnn_model_vs", "tflm_hello_world_float", "tflm_hello_world_int8"})
    void soundModelsHaveNoFindings(String name) throws IOException {
        assertThat(ids(name)).isEmpty();
    }

    /// A dynamic-range file, which TFLite Micro does not run.
    @Test
    void dynamicRangeFileHasNotes() throws IOException {
        assertThat(ids("seed_cnn_model_s_quant")).containsExactly("float-activations", "micro-unsupported");
    }

    /// One scale for each depthwise filter, 8-bit codes without a sign, and a batch of 1 in its last RESHAPE.
    @Test
    void legacyPerTensorModelHasThePerTensorWeakness() throws IOException {
        assertThat(ids("coral_mobilenet_v1_0.25_128_quant")).containsExactly("skewed-channels-per-tensor",
                "reshape-fixes-batch", "micro-unsupported");
    }
}
