package dev.whittle.quantizer.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class Int8ModeTest {
    private final Model int8 = Rewrites.int8(ElementType.INT8, ElementType.INT8);

    @Test
    void theImageInputHasScaleOneAndZeroPointMinus128() {
        assertThat(int8.primary().tensor(int8.primary().inputs().getFirst()).quantization())
                .isEqualTo(QuantizationParameters.perTensor(1, -128));
    }

    @Test
    void sameScaleOperatorsShareTheParametersOfTheirInput() {
        for (OperatorCode code : List.of(OperatorCode.RESIZE_BILINEAR, OperatorCode.MAX_POOL_2D,
                OperatorCode.RESHAPE)) {
            assertThat(Rewrites.output(int8, code, 0).quantization()).as(code.name())
                    .isEqualTo(Rewrites.input(int8, code, 0, 0).quantization());
        }
    }

    @Test
    void rescalingAnImagePassesItsCodesOnUnchanged() {
        assertThat(Rewrites.output(int8, OperatorCode.MUL, 0).quantization())
                .isEqualTo(QuantizationParameters.perTensor(1f / 255, -128));
        assertThat(Objects.requireNonNull(Rewrites.input(int8, OperatorCode.MUL, 0, 1).buffer()).toBytes())
                .containsExactly(127);
    }

    @Test
    void probabilitiesHave256StepsFromZero() {
        assertThat(Rewrites.output(int8, OperatorCode.SOFTMAX, 0).quantization())
                .isEqualTo(QuantizationParameters.perTensor(1f / 256, -128));
    }

    @Test
    void reluOutputsStartAtTheLowestCode() {
        assertThat(parameters(Rewrites.output(int8, OperatorCode.CONV_2D, 0)).zeroPoint(0)).isEqualTo(-128);
        assertThat(parameters(Rewrites.output(int8, OperatorCode.FULLY_CONNECTED, 0)).zeroPoint(0)).isEqualTo(-128);
    }

    @Test
    void biasScalesAreTheProductOfInputAndFilterScale() {
        for (OperatorCode code : List.of(OperatorCode.CONV_2D, OperatorCode.FULLY_CONNECTED)) {
            float input = parameters(Rewrites.input(int8, code, 1, 0)).scale(0);
            QuantizationParameters filter = parameters(Rewrites.input(int8, code, 1, 1));
            QuantizationParameters bias = parameters(Rewrites.input(int8, code, 1, 2));

            assertThat(Rewrites.input(int8, code, 1, 2).type()).isEqualTo(ElementType.INT32);
            assertThat(bias.scale()).hasSameSizeAs(filter.scale());
            for (int channel = 0; channel < bias.scale().size(); channel++) {
                assertThat(bias.scale(channel)).isEqualTo(input * filter.scale(channel));
                assertThat(filter.zeroPoint(channel)).isZero();
            }
        }
    }

    @Test
    void noFloatTensorIsLeft() {
        assertThat(int8.primary().tensors()).extracting(Tensor::type).containsOnly(ElementType.INT8,
                ElementType.INT32);
    }

    @Test
    void theSameInputGivesTheSameBytes() {
        assertThat(ModelWriter.toBytes(Rewrites.int8(ElementType.UINT8, ElementType.FLOAT32)))
                .isEqualTo(ModelWriter.toBytes(Rewrites.int8(ElementType.UINT8, ElementType.FLOAT32)));
    }

    @ParameterizedTest
    @EnumSource(names = {"INT8", "UINT8", "FLOAT32"})
    void theSignatureNamesTheEndsThatCallersSee(ElementType type) {
        Model model = Rewrites.int8(type, type);

        assertThat(model.signatures().getFirst().inputs()).containsExactly(
                Map.entry("image", model.primary().inputs().getFirst()));
        assertThat(model.signatures().getFirst().outputs()).containsExactly(
                Map.entry("scores", model.primary().outputs().getFirst()));
        assertThat(model.primary().tensor(model.primary().inputs().getFirst()))
                .returns("image", Tensor::name).returns(type, Tensor::type);
        assertThat(model.primary().tensor(model.primary().inputs().getFirst()).shapeSignature().toList())
                .containsExactly(-1, 20, 20, 3);
        assertThat(model.primary().tensor(model.primary().outputs().getFirst()))
                .returns("softmax", Tensor::name).returns(type, Tensor::type);
    }

    @Test
    void uint8EndsHaveTheirZeroPoint128AboveInt8() {
        Model model = Rewrites.int8(ElementType.UINT8, ElementType.UINT8);

        assertThat(model.primary().tensor(model.primary().inputs().getFirst()).quantization())
                .isEqualTo(QuantizationParameters.perTensor(1, 0));
        assertThat(model.primary().tensor(model.primary().outputs().getFirst()).quantization())
                .isEqualTo(QuantizationParameters.perTensor(1f / 256, 0));
    }

    @ParameterizedTest
    @EnumSource(names = {"INT8", "UINT8", "FLOAT32"})
    void theEngineStaysWithinTwoStepsOfTheReferenceRuntime(ElementType type) {
        Model model = Rewrites.int8(type, type);
        try (ReferenceInterpreter reference = ReferenceInterpreter.of(model);
                Interpreter interpreter = Interpreter.of(model)) {
            for (long seed = 0; seed < 50; seed++) {
                interpreter.input(0).putFloats(Rewrites.image(seed));
                ByteBuffer input = interpreter.input(0).toBytes();
                interpreter.invoke();
                ByteBuffer engine = interpreter.output(0).toBytes();
                ByteBuffer expected = reference.run(input);

                assertThat(largestStep(type, engine, expected)).as("image %d", seed).isLessThanOrEqualTo(2);
            }
        }
    }

    private static long largestStep(ElementType type, ByteBuffer actual, ByteBuffer expected) {
        assertThat(actual.remaining()).isEqualTo(expected.remaining());
        long largest = 0;
        while (actual.hasRemaining()) {
            largest = Math.max(largest, type == ElementType.FLOAT32
                    ? Math.round(Math.abs(actual.getFloat() - expected.getFloat()) * 256)
                    : Math.abs((byte) (actual.get() - expected.get())));
        }
        return largest;
    }

    @Test
    void int8IsCloseToFloatWithoutBias() {
        List<Float> signed = new ArrayList<>();
        float largest = 0;
        for (long seed = 0; seed < 100; seed++) {
            float[] expected = Rewrites.run(SampleModels.cnn(1), Rewrites.image(seed));
            float[] actual = Rewrites.run(int8, Rewrites.image(seed));
            for (int i = 0; i < expected.length; i++) {
                signed.add(actual[i] - expected[i]);
                largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
            }
        }
        signed.sort(null);

        assertThat(largest).isLessThan(0.06f);
        assertThat(Math.abs(signed.get(signed.size() / 2))).isLessThan(1f / 256);
    }

    @Test
    void aResidualNetworkWithEveryOperatorRunsAndStaysClose() {
        Model model = SampleModels.residual(1);
        List<List<float[]>> samples = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            samples.add(List.of(SampleModels.centered(i, 9 * 11 * 5)));
        }
        Model rewritten =
                Quantizer.quantize(model, Recipe.of(Mode.INT8), Calibrator.minMax().calibrate(model, samples),
                        Ends.of(ElementType.FLOAT32));
        float[] input = SampleModels.centered(77, 9 * 11 * 5);

        float[] scores = Rewrites.run(rewritten, input);

        assertThat(scores).containsExactly(Rewrites.run(model, input),
                within(0.05f));
        try (ReferenceInterpreter reference = ReferenceInterpreter.of(rewritten)) {
            assertThat(scores).containsExactly(reference.run(input),
                    within(2.01f / 256));
        }
    }

    @Test
    void aModelThatIsQuantizedAlreadyFailsNamingTheOperator() {
        Model withEnds = Rewrites.int8(ElementType.FLOAT32, ElementType.FLOAT32);
        Calibration calibration = new Calibration(
                Map.of(withEnds.primary().inputs().getFirst(), QuantizationParameters.perTensor(1, -128)));

        assertThatThrownBy(
                () -> Quantizer.quantize(withEnds, Recipe.of(Mode.INT8), calibration, Ends.of(ElementType.INT8)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[sample] QUANTIZE #0: is quantized already, supported are float operators");
    }

    @Test
    void aTensorWithoutARangeFailsNamingIt() {
        Calibration inputOnly = new Calibration(Map.of(0, QuantizationParameters.perTensor(1, -128)));

        assertThatThrownBy(() -> Quantizer.quantize(SampleModels.cnn(1), Recipe.of(Mode.INT8), inputOnly,
                Ends.of(ElementType.INT8))).isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[sample] MUL #1: tensor \"rescaling\" has no calibrated range");
    }

    @Test
    void anotherTypeAtTheEndsFails() {
        assertThatThrownBy(() -> Rewrites.int8(ElementType.INT64, ElementType.INT8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("input type INT64, supported are FLOAT32, INT8, UINT8 and INT16");
    }

    private static QuantizationParameters parameters(Tensor tensor) {
        return Objects.requireNonNull(tensor.quantization());
    }
}
