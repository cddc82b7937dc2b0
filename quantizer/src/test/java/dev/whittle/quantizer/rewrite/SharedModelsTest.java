package dev.whittle.quantizer.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.prepare.GraphPreparation;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.recipe.Rule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Float models by other writers, through the writer and each rewriter.
class SharedModelsTest {
    private static Path folder(String name) {
        Path folder = Path.of(System.getProperty("whittle.shared", "../../shared")).resolve("models").resolve(name);
        assumeTrue(Files.isDirectory(folder), "../shared/models/" + name + " is missing");
        return folder;
    }

    /// The inputs of all cases, batches taken apart.
    private static List<float[]> inputs(Path folder, Model model) throws IOException {
        int elements = model.primary().tensor(model.primary().inputs().getFirst()).shape().elementCount();
        List<float[]> inputs = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
            NpyArray array = Npy.read(folder.resolve("in_" + number + "_0.npy"));
            var values = array.data().asFloatBuffer();
            while (values.hasRemaining()) {
                float[] input = new float[elements];
                values.get(input);
                inputs.add(input);
            }
        }
        return inputs;
    }

    @ParameterizedTest
    @ValueSource(strings = {"coral_mobilenet_v1_0.25_128_quant", "mlperf_kws_ref_model", "mlperf_pretrainedResnet",
        "mlperf_pretrainedResnet_quant", "seed_cnn_model_s_quant", "seed_cnn_model_vs",
        "seed_cnn_model_vs_quant_aware", "tflm_hello_world_float", "tflm_hello_world_int8"})
    void aModelReadAndWrittenAndReadAgainIsTheSame(String name) throws IOException {
        Model model = ModelReader.read(folder(name).resolve("model.tflite"));

        assertThat(ModelReader.read(model.source(), ByteBuffer.wrap(ModelWriter.toBytes(model)))).isEqualTo(model);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mlperf_pretrainedResnet", "seed_cnn_model_vs", "tflm_hello_world_float"})
    void quantizedFormsAgreeWithTheReferenceRuntime(String name) throws IOException {
        Path folder = folder(name);
        Model model = GraphPreparation.prepare(ModelReader.read(folder.resolve("model.tflite")));
        List<float[]> inputs = inputs(folder, model);
        List<List<float[]>> samples = inputs.stream().map(List::of).toList();
        Calibration calibration = Calibrator.minMax().calibrate(model, samples);
        Model int8 = Quantizer.quantize(model, Recipe.of(Mode.INT8), calibration, Ends.of(ElementType.FLOAT32));

        agree(model, inputs, 1e-5f);
        agree(Quantizer.quantize(model, Recipe.of(Mode.FLOAT16)), inputs, 1e-5f);
        agree(Quantizer.quantize(model, Recipe.of(Mode.DYNAMIC_RANGE)), inputs, 1e-3f);
        agree(int8, inputs, twoSteps(int8));
        agree(Quantizer.quantize(model, Recipe.of(Mode.WEIGHT_ONLY)), inputs, 1e-5f);
        agree(Quantizer.quantize(model, Recipe.of(Rule.of(Mode.WEIGHT_ONLY).withWeights(4, null))), inputs, 1e-5f);
        Model uint8 = Quantizer.quantize(model, Recipe.of(Mode.UINT8), calibration, Ends.of(ElementType.FLOAT32));
        agree(uint8, inputs, twoSteps(uint8));
        Model wide = Quantizer.quantize(model, Recipe.of(Mode.INT16X8), calibration, Ends.of(ElementType.FLOAT32));
        agree(wide, inputs, twoSteps(wide));
    }

    /// Two steps of the output; where it is a softmax, two steps of each score before it as well, which move a
    /// probability by at most a quarter of what they move two scores apart: `4 · scale / 4`.
    private static float twoSteps(Model int8) {
        var operators = int8.primary().operators();
        var last = operators.get(operators.size() - 2);
        float output = scale(int8, last.outputs().getFirst());
        float scores = last.options() instanceof Options.Softmax ? scale(int8, last.inputs().getFirst()) : 0;
        return 2.01f * output + scores;
    }

    private static float scale(Model model, int tensor) {
        return Objects.requireNonNull(model.primary().tensor(tensor).quantization()).scale(0);
    }

    private static void agree(Model model, List<float[]> inputs, float tolerance) {
        try (ReferenceInterpreter reference = ReferenceInterpreter.of(model)) {
            for (float[] input : inputs) {
                assertThat(Rewrites.run(model, input)).containsExactly(reference.run(input), within(tolerance));
            }
        }
    }
}
