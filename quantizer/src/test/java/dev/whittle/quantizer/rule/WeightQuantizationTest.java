package dev.whittle.quantizer.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.recipe.Granularity;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WeightQuantizationTest {
    private static final Shape SHAPE = Shape.of(6, 24);

    static Stream<WeightQuantization> all() {
        return Stream.of(8, 4).flatMap(bits -> Stream.of(new Granularity.PerTensor(), new Granularity.PerChannel(),
                new Granularity.Blockwise(8), new Granularity.Blockwise(24), new Granularity.Blockwise(1))
                .map(granularity -> new WeightQuantization(bits, granularity)));
    }

    private static float scale(QuantizationParameters parameters, int index) {
        return parameters.isBlockwise()
                ? parameters.scale().get(index / parameters.blockSize())
                : parameters.scale(index / SHAPE.dimension(1));
    }

    /// FLOAT16 scales of blocks are off by up to 2⁻¹¹, which times the largest code, 127, is 0.07 of a step.
    @ParameterizedTest
    @MethodSource("all")
    void weightsComeBackWithinHalfAStepAndZeroExactly(WeightQuantization quantization) {
        Random random = new Random(3);
        float[] weights = new float[SHAPE.elementCount()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = i % 7 == 0 ? 0 : (float) random.nextGaussian() * (1 + i / SHAPE.dimension(1));
        }
        QuantizationParameters parameters = quantization.parameters(weights, SHAPE, 0);
        byte[] codes = quantization.quantize(weights, SHAPE, parameters).toCodes(quantization.type(), weights.length);

        for (int i = 0; i < weights.length; i++) {
            float step = scale(parameters, i);
            assertThat(codes[i] * step).as("weight %d", i).isCloseTo(weights[i], within(0.57f * step));
            assertThat(Math.abs(codes[i])).isLessThanOrEqualTo((byte) quantization.largestCode());
            if (weights[i] == 0) {
                assertThat(codes[i]).isZero();
            }
        }
        assertThat(parameters.zeroPoint()).containsOnly(0L);
    }

    @ParameterizedTest
    @MethodSource("all")
    void theLargestWeightOfAGroupHasTheLargestCode(WeightQuantization quantization) {
        float[] weights = new float[SHAPE.elementCount()];
        Arrays.fill(weights, -3);
        QuantizationParameters parameters = quantization.parameters(weights, SHAPE, 0);

        assertThat(quantization.quantize(weights, SHAPE, parameters).toCodes(quantization.type(), weights.length))
                .containsOnly(-quantization.largestCode());
    }

    @Test
    void fourBitsArePackedTwoInAByte() {
        WeightQuantization quantization = new WeightQuantization(4, new Granularity.PerTensor());
        float[] weights = {7, -7, 1};

        assertThat(quantization.type()).isEqualTo(ElementType.INT4);
        assertThat(quantization.quantize(weights, Shape.of(1, 3), quantization.parameters(weights, Shape.of(1, 3), 0))
                .toBytes()).containsExactly((byte) 0x97, (byte) 0x01);
    }

    @Test
    void anyOtherWidthIsRefused() {
        assertThatThrownBy(() -> new WeightQuantization(2, new Granularity.PerTensor()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weights of 2 bits, supported are 8 and 4");
    }
}
