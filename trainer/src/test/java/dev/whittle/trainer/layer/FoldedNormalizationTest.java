package dev.whittle.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A normalization behind a fake-quantized kernel is the fake quantization of the folded kernel: scales of channels go through
/// it. So the straight-through gradient is that of the pair with a constant added to each weight, which finite differences
/// of it give.
class FoldedNormalizationTest {
    private static final Shape INPUT = Shape.of(5, 6, 3);
    private static final int CHANNELS = 4;
    private static final int DEPTH = 27;
    private static final Conv2D CONV = new Conv2D("conv", CHANNELS, 3, Padding.VALID).withoutBias();
    private static final int IMAGES = 3;

    private final LayerRun conv;
    private final LayerRun norm;

    FoldedNormalizationTest() {
        conv = new LayerRun(CONV, INPUT, IMAGES, 21);
        norm = new LayerRun(new BatchNorm("norm"), CONV.outputShape(INPUT), IMAGES, 22);
        for (int i = 0; i < norm.state.length; i++) {
            norm.state[i] = 0.2f + 0.1f * i;
        }
    }

    private static float[] rounded(float[] kernel, int bits) {
        float[] rounded = kernel.clone();
        ChannelScales.of(rounded, 0, DEPTH, CHANNELS, bits).fakeQuantize(rounded);
        return rounded;
    }

    private float[] normalized(LayerRun normalization, float[] kernel) {
        System.arraycopy(kernel, 0, conv.parameters, 0, kernel.length);
        float[] y = conv.forward();
        System.arraycopy(y, 0, normalization.x, 0, y.length);
        return normalization.forward();
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 4})
    void aRoundedKernelBehindWhichIsNormalizedIsTheRoundedFoldedKernel(int bits) {
        LayerRun frozen = new LayerRun(new BatchNorm("norm").withFrozenStatistics(), CONV.outputShape(INPUT), IMAGES,
                22);
        System.arraycopy(norm.state, 0, frozen.state, 0, norm.state.length);
        float[] kernel = conv.parameters.clone();
        float[] expected = normalized(frozen, rounded(kernel, bits));

        // gamma, beta; mean, variance.
        float[] folded = new float[kernel.length];
        double[] shift = new double[CHANNELS];
        for (int c = 0; c < CHANNELS; c++) {
            double scale = frozen.parameters[c] / Math.sqrt((double) frozen.state[CHANNELS + c] + 1e-3f);
            shift[c] = frozen.parameters[CHANNELS + c] - frozen.state[c] * scale;
            for (int i = c; i < kernel.length; i += CHANNELS) {
                folded[i] = (float) (kernel[i] * scale);
            }
        }
        System.arraycopy(rounded(folded, bits), 0, conv.parameters, 0, kernel.length);
        float[] found = conv.forward();
        for (int i = 0; i < found.length; i++) {
            assertThat(found[i] + shift[i % CHANNELS]).isCloseTo(expected[i], within(1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 4})
    void theGradientOfTheFoldedKernelIsThatOfFiniteDifferencesBehindTheRounding(int bits) {
        LayerRun quantized = new LayerRun(CONV.withFakeQuantizedKernel(bits), INPUT, IMAGES, 21);
        float[] rounded = rounded(quantized.parameters, bits);
        float[] y = quantized.forward();
        System.arraycopy(y, 0, norm.x, 0, y.length);
        LayerRun.Gradients behind = norm.backward();
        System.arraycopy(behind.input(), 0, quantized.dy, 0, behind.input().length);
        float[] found = quantized.backward().parameters();

        for (int i = 0; i < rounded.length; i++) {
            float distance = 1e-2f;
            float[] kernel = rounded.clone();
            kernel[i] = rounded[i] + distance;
            double above = loss(kernel);
            kernel[i] = rounded[i] - distance;
            double below = loss(kernel);
            double expected = (above - below) / (2 * distance);
            assertThat((double) found[i]).as("weight %d", i)
                    .isCloseTo(expected, within(3e-3 * Math.max(1, Math.abs(expected))));
        }
    }

    private double loss(float[] kernel) {
        float[] y = normalized(norm, kernel);
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += (double) y[i] * norm.dy[i];
        }
        return sum;
    }
}
