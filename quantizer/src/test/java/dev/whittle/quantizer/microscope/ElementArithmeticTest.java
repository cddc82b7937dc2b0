package dev.whittle.quantizer.microscope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.converter.lower.Lowering;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkZoo;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ElementArithmeticTest {
    private static final List<float[]> INPUT = Residual.INPUTS.getFirst();

    private static void agree(Model model, List<float[]> input, OperatorCode code, int n, int steps) {
        int operator = Residual.number(model, code, n);
        int output = model.primary().operators().get(operator).outputs().getFirst();
        int count = model.primary().tensor(output).shape().elementCount();
        // Corners, where taps lie on padding, and elements between them.
        for (int step = 0; step < steps; step++) {
            int element = steps == 1 ? 0 : (int) ((long) step * (count - 1) / (steps - 1));
            ElementArithmetic arithmetic = ElementArithmetic.of(model, input, operator, element);

            assertThat(arithmetic.result()).as("element %d of operator %d", element, operator)
                    .isEqualTo(arithmetic.kernel());
            assertThat(arithmetic.accumulator())
                    .isEqualTo(arithmetic.terms().stream().mapToLong(ElementArithmetic.Term::product).sum()
                            + arithmetic.bias());
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void aConvolutionsElementIsWhatTheKernelGave(int n) {
        agree(Residual.INT8, INPUT, OperatorCode.CONV_2D, n, 9);
    }

    static Stream<Integer> convolutions() {
        return Stream.of(0, 3, 5);
    }

    @Test
    void aDenseElementIsWhatTheKernelGave() {
        agree(Residual.INT8, INPUT, OperatorCode.FULLY_CONNECTED, 0, 3);
    }

    @Test
    void aDepthwiseElementIsWhatTheKernelGave() {
        Model plain = Lowering
                .lower(Network.create(NetworkZoo.dsCnn(List.of("a", "b", "c")), 2), "dscnn.tflite", "").model();
        SplittableRandom random = new SplittableRandom(3);
        float[] input = new float[490];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextDouble(-2, 2);
        }
        Model int8 = Quantizer.quantize(plain, Recipe.of(Mode.INT8),
                Calibrator.minMax().calibrate(plain, List.of(List.of(input))), Ends.of(ElementType.INT8));

        agree(int8, List.of(input), OperatorCode.DEPTHWISE_CONV_2D, 1, 9);
    }

    @Test
    void whatHasNoProductsIsRefusedInOneLine() {
        int add = Residual.number(Residual.INT8, OperatorCode.ADD, 0);

        assertThatThrownBy(() -> ElementArithmetic.of(Residual.INT8, INPUT, add, 0))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[residual.tflite] ADD #" + add
                        + ": element by element there are CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED");
    }

    @Test
    void anElementBeyondTheOutputIsRefused() {
        int dense = Residual.number(Residual.INT8, OperatorCode.FULLY_CONNECTED, 0);

        assertThatThrownBy(() -> ElementArithmetic.of(Residual.INT8, INPUT, dense, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("[residual.tflite] FULLY_CONNECTED #" + dense + ": element 10, the output has 0 to 9");
    }
}
