package dev.whittle.quantizer.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.recipe.Granularity;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.recipe.RecipeJson;
import dev.whittle.quantizer.recipe.Rule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every mode, alone and mixed, beside the float model and the reference runtime.
class ModesTest {
    private static final Model CNN = SampleModels.cnn(1);
    private static final Model RESIDUAL = SampleModels.residual(1);
    private static final int INPUTS = 5;

    /// INT16 activations in the middle, UINT8 behind, and float probabilities.
    private static final Recipe MIXED = Recipe.of(Rule.of(Mode.FLOAT).forOperator(OperatorCode.SOFTMAX),
            Rule.of(Mode.INT16X8).forName("^(conv2d_1|add)$"),
            Rule.of(Mode.UINT8).forName("dense|flatten|max_pooling2d_1"),
            Rule.of(Mode.INT8));

    private static float[] input(Model model, int seed) {
        return model == CNN ? Rewrites.image(seed) : SampleModels.centered(seed, 9 * 11 * 5);
    }

    /// Ranges of the very inputs that are run, so that nothing saturates.
    private static Calibration calibration(Model model) {
        List<List<float[]>> samples = new ArrayList<>();
        for (int seed = 0; seed < INPUTS; seed++) {
            samples.add(List.of(input(model, seed)));
        }
        return Calibrator.minMax().calibrate(model, samples);
    }

    private static Model quantize(Model model, Recipe recipe, ElementType ends) {
        return Quantizer.quantize(model, recipe, calibration(model), Ends.of(ends));
    }

    private static Recipe weights(Mode mode, int bits, Granularity granularity) {
        return Recipe.of(Rule.of(mode).withWeights(bits, granularity));
    }

    private static Recipe blocks(Mode mode, int size) {
        return Recipe.of(
                Rule.of(mode).withWeights(4, new Granularity.Blockwise(size))
                        .forOperator(OperatorCode.FULLY_CONNECTED));
    }

    /// A recipe, the largest distance of a probability from the float model's, and from the reference runtime's. Codes are
    /// the same there; where LiteRT's kernels for 4 bits add in another order, a code more or less is allowed for.
    static Stream<Arguments> recipes() {
        Granularity tensor = new Granularity.PerTensor();
        Granularity channel = new Granularity.PerChannel();
        return Stream.of(
                Arguments.of(Recipe.of(Mode.FLOAT), 0, 1e-6f),
                Arguments.of(Recipe.of(Mode.FLOAT16), 0.001f, 1e-6f),
                Arguments.of(Recipe.of(Mode.DYNAMIC_RANGE), 0.02f, 1e-6f),
                Arguments.of(weights(Mode.DYNAMIC_RANGE, 8, channel), 0.02f, 1e-6f),
                Arguments.of(weights(Mode.DYNAMIC_RANGE, 4, channel), 0.2f, 0.005f),
                Arguments.of(blocks(Mode.DYNAMIC_RANGE, 24), 0.05f, 1e-6f),
                Arguments.of(Recipe.of(Mode.WEIGHT_ONLY), 0.02f, 1e-6f),
                Arguments.of(weights(Mode.WEIGHT_ONLY, 8, tensor), 0.02f, 1e-6f),
                Arguments.of(weights(Mode.WEIGHT_ONLY, 4, channel), 0.2f, 1e-6f),
                Arguments.of(Recipe.of(Mode.INT8), 0.02f, 1.01f / 256),
                Arguments.of(weights(Mode.INT8, 8, tensor), 0.03f, 1.01f / 256),
                Arguments.of(weights(Mode.INT8, 4, channel), 0.2f, 1.01f / 256),
                Arguments.of(Recipe.of(Mode.INT16X8), 0.02f, 1e-6f),
                Arguments.of(Recipe.of(Mode.UINT8), 0.03f, 1.01f / 256),
                Arguments.of(MIXED, 0.02f, 1e-6f));
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void aQuantizedModelStaysCloseToFloatAndToTheReferenceRuntime(Recipe recipe, float ofFloat, float ofReference) {
        for (Model model : List.of(CNN, RESIDUAL)) {
            Model quantized = quantize(model, recipe, ElementType.FLOAT32);
            try (ReferenceInterpreter reference = ReferenceInterpreter.of(quantized)) {
                for (int seed = 0; seed < INPUTS; seed++) {
                    float[] input = input(model, seed);
                    float[] scores = Rewrites.run(quantized, input);
                    assertThat(scores).containsExactly(Rewrites.run(model, input), within(ofFloat));
                    assertThat(scores).containsExactly(reference.run(input), within(ofReference));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void aFileIsTheSameEachTimeAndGivesItsRecipeBack(Recipe recipe) {
        byte[] file = ModelWriter.toBytes(quantize(CNN, recipe, ElementType.FLOAT32));

        assertThat(ModelWriter.toBytes(quantize(CNN, recipe, ElementType.FLOAT32))).isEqualTo(file);
        Model read = ModelReader.read("model.tflite", ByteBuffer.wrap(file));
        assertThat(read.primary()).isEqualTo(quantize(CNN, recipe, ElementType.FLOAT32).primary());
        assertThat(RecipeJson.of(read)).contains(recipe);
    }

    /// LiteRT 2.21 reads the scale of a tensor or channel there, and finds none.
    @Test
    void theReferenceRuntimeDoesNotTakeScalesOfBlocksBehindDequantize() {
        Model quantized = quantize(CNN, blocks(Mode.WEIGHT_ONLY, 8), ElementType.FLOAT32);
        float[] scores = Rewrites.run(quantized, input(CNN, 0));

        assertThat(scores).containsExactly(Rewrites.run(CNN, input(CNN, 0)), within(0.05f));
        try (ReferenceInterpreter reference = ReferenceInterpreter.of(quantized)) {
            assertThat(reference.run(input(CNN, 0))).isNotEqualTo(scores);
        }
    }

    @Test
    void neighboursOfOneTypeHaveNothingBetween() {
        Model quantized = quantize(CNN, MIXED, ElementType.FLOAT32);

        // Image to INT8; INT8 by way of FLOAT32 to INT16; INT16 by way of FLOAT32 to UINT8; UINT8 to the softmax.
        assertThat(quantized.primary().operators()).extracting(Operator::code)
                .filteredOn(code -> code == OperatorCode.QUANTIZE || code == OperatorCode.DEQUANTIZE)
                .containsExactly(OperatorCode.QUANTIZE, OperatorCode.DEQUANTIZE, OperatorCode.QUANTIZE,
                        OperatorCode.DEQUANTIZE, OperatorCode.QUANTIZE, OperatorCode.DEQUANTIZE);
        assertThat(Rewrites.output(quantized, OperatorCode.CONV_2D, 0).type()).isEqualTo(ElementType.INT8);
        assertThat(Rewrites.output(quantized, OperatorCode.CONV_2D, 1).type()).isEqualTo(ElementType.INT16);
        assertThat(Rewrites.output(quantized, OperatorCode.FULLY_CONNECTED, 1).type()).isEqualTo(ElementType.UINT8);
        assertThat(Rewrites.output(quantized, OperatorCode.SOFTMAX, 0).type()).isEqualTo(ElementType.FLOAT32);
    }

    @Test
    void int16ActivationsAreSymmetricWithWideBiases() {
        Model quantized = quantize(RESIDUAL, Recipe.of(Mode.INT16X8), ElementType.INT16);

        assertThat(quantized.primary().tensors()).filteredOn(tensor -> tensor.type() == ElementType.INT16)
                .allSatisfy(tensor -> assertThat(Objects.requireNonNull(tensor.quantization()).zeroPoint(0)).isZero());
        assertThat(Rewrites.input(quantized, OperatorCode.CONV_2D, 0, 1).type()).isEqualTo(ElementType.INT8);
        assertThat(Rewrites.input(quantized, OperatorCode.CONV_2D, 0, 2).type()).isEqualTo(ElementType.INT64);
        assertThat(Rewrites.operator(quantized, OperatorCode.CONV_2D, 0).version()).isEqualTo(4);
        assertThat(Rewrites.operator(quantized, OperatorCode.ADD, 0).version()).isEqualTo(3);
        assertThat(Rewrites.output(quantized, OperatorCode.SOFTMAX, 0).quantization())
                .isEqualTo(QuantizationParameters.perTensor(1f / 32768, 0));
    }

    @Test
    void uint8CodesOfActivationsLie128AboveInt8AndWeightsHaveOneZeroPoint() {
        Tensor eight = Rewrites.output(quantize(CNN, Recipe.of(Mode.INT8), ElementType.INT8), OperatorCode.CONV_2D, 1);
        Model legacy = quantize(CNN, Recipe.of(Mode.UINT8), ElementType.UINT8);
        Tensor output = Rewrites.output(legacy, OperatorCode.CONV_2D, 1);
        Tensor filter = Rewrites.input(legacy, OperatorCode.CONV_2D, 1, 1);

        assertThat(Objects.requireNonNull(output.quantization()).zeroPoint(0))
                .isEqualTo(Objects.requireNonNull(eight.quantization()).zeroPoint(0) + 128);
        assertThat(filter.type()).isEqualTo(ElementType.UINT8);
        assertThat(Objects.requireNonNull(filter.quantization()).zeroPoint()).hasSize(1)
                .allSatisfy(zeroPoint -> assertThat(zeroPoint).isBetween(1L, 254L));
        assertThat(legacy.primary().tensors()).extracting(Tensor::type).containsOnly(ElementType.UINT8,
                ElementType.INT32);
    }

    @Test
    void weightsOfFourBitsTakeHalfAByte() {
        Tensor filter = Rewrites.input(quantize(CNN, weights(Mode.INT8, 4, new Granularity.PerChannel()),
                ElementType.INT8), OperatorCode.CONV_2D, 1, 1);

        assertThat(filter.type()).isEqualTo(ElementType.INT4);
        assertThat(Objects.requireNonNull(filter.buffer()).byteLength())
                .isEqualTo(filter.shape().elementCount() / 2);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "INT8", "UINT8", "INT16"})
    void everyModeHasEveryTypeAtItsEnds(ElementType ends) {
        for (Mode mode : List.of(Mode.FLOAT, Mode.INT8, Mode.INT16X8, Mode.UINT8)) {
            Model quantized = quantize(CNN, Recipe.of(mode), ends);
            Tensor input = quantized.primary().tensor(quantized.primary().inputs().getFirst());
            Tensor output = quantized.primary().tensor(quantized.primary().outputs().getFirst());

            assertThat(input).returns("image", Tensor::name).returns(ends, Tensor::type);
            assertThat(output).returns("softmax", Tensor::name).returns(ends, Tensor::type);
            float[] scores = Rewrites.run(quantized, input(CNN, 0));
            assertThat(scores).containsExactly(Rewrites.run(CNN, input(CNN, 0)), within(0.03f));
            try (ReferenceInterpreter reference = ReferenceInterpreter.of(quantized)) {
                assertThat(reference).isNotNull();
            }
        }
    }

    @Test
    void blocksThatDoNotDivideARowFailNamingTheTensor() {
        assertThatThrownBy(() -> quantize(CNN, blocks(Mode.WEIGHT_ONLY, 7), ElementType.FLOAT32))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[sample] FULLY_CONNECTED #7: tensor \"dense/kernel\": shape [32, 216] cannot have blocks "
                        + "of 7, they must divide the rows of a matrix");
    }

    @Test
    void operatorsHaveTheVersionsThatTheirTypesNeed() {
        Granularity channel = new Granularity.PerChannel();
        Model perChannel = quantize(CNN, weights(Mode.WEIGHT_ONLY, 8, channel), ElementType.FLOAT32);
        Model int4 = quantize(CNN, weights(Mode.WEIGHT_ONLY, 4, channel), ElementType.FLOAT32);
        Model packed = quantize(CNN, weights(Mode.INT8, 4, channel), ElementType.FLOAT32);
        Model wide = quantize(CNN, Recipe.of(Mode.INT16X8), ElementType.FLOAT32);

        assertThat(Rewrites.operator(perChannel, OperatorCode.DEQUANTIZE, 0).version()).isEqualTo(5);
        assertThat(Rewrites.operator(int4, OperatorCode.DEQUANTIZE, 0).version()).isEqualTo(6);
        assertThat(Rewrites.operator(packed, OperatorCode.CONV_2D, 0).version()).isEqualTo(7);
        assertThat(Rewrites.operator(packed, OperatorCode.FULLY_CONNECTED, 0).version()).isEqualTo(10);
        assertThat(Rewrites.operator(wide, OperatorCode.FULLY_CONNECTED, 0).version()).isEqualTo(7);
        assertThat(Rewrites.operator(wide, OperatorCode.QUANTIZE, 0).version()).isEqualTo(2);
        assertThat(Rewrites.operator(wide, OperatorCode.DEQUANTIZE, 0).version()).isEqualTo(3);
    }

    /// As TensorFlow writes a Flatten layer: SHAPE, STRIDED_SLICE, PACK, RESHAPE.
    @ParameterizedTest
    @EnumSource(names = {"INT8", "INT16X8", "UINT8", "WEIGHT_ONLY"})
    void shapesThatAreComputedStayIntegers(Mode mode) {
        List<Tensor> tensors = List.of(
                Tensor.activation("x", ElementType.FLOAT32, Shape.of(1, 2, 3), null),
                Tensor.activation("shape", ElementType.INT32, Shape.of(3), null),
                Tensor.constant("begin", ElementType.INT32, Shape.of(1), null, Buffer.ofInts(0)),
                Tensor.constant("end", ElementType.INT32, Shape.of(1), null, Buffer.ofInts(1)),
                Tensor.activation("batch", ElementType.INT32, Shape.of(), null),
                Tensor.constant("six", ElementType.INT32, Shape.of(), null, Buffer.ofInts(6)),
                Tensor.activation("sizes", ElementType.INT32, Shape.of(2), null),
                Tensor.activation("doubled", ElementType.FLOAT32, Shape.of(1, 2, 3), null),
                Tensor.activation("flat", ElementType.FLOAT32, Shape.of(1, 6), null));
        Subgraph subgraph = new Subgraph("main", tensors, List.of(0), List.of(8), List.of(
                new Operator(new Options.Add(Activation.NONE), List.of(0, 0), List.of(7), 1),
                new Operator(new Options.ShapeOf(ElementType.INT32), List.of(7), List.of(1), 1),
                new Operator(new Options.StridedSlice(0, 0, 0, 0, 1, false), List.of(1, 2, 3, 3), List.of(4), 1),
                new Operator(new Options.Pack(2, 0), List.of(4, 5), List.of(6), 1),
                new Operator(new Options.Reshape(null), List.of(7, 6), List.of(8), 1)));
        Model model = new Model("flatten", Model.SCHEMA_VERSION, "", List.of(subgraph), List.of(), List.of());
        float[] input = {0, 1, 2, 3, 4, 5};
        Calibration calibration = Calibrator.minMax().calibrate(model, List.of(List.of(input)));

        Model quantized = Quantizer.quantize(model, Recipe.of(mode), calibration, Ends.of(ElementType.FLOAT32));

        float[] flat = Rewrites.run(quantized, input);
        assertThat(flat).containsExactly(new float[]{0, 2, 4, 6, 8, 10}, within(0.05f));
        try (ReferenceInterpreter reference = ReferenceInterpreter.of(quantized)) {
            assertThat(flat).containsExactly(reference.run(input), within(1e-6f));
        }
    }
}
