package dev.whittle.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each layer's gradient against central differences of its forward pass.
class GradientTest {
    private static final Shape SMALL_IMAGE = Shape.of(7, 6, 3);

    /// @param distance of the differences: large where the layer is linear, so that rounding does not matter
    record Case(Layer layer, Shape input, int images, float distance, double tolerance) {
        @Override
        public String toString() {
            return layer + " on " + input;
        }
    }

    static Stream<Case> smoothLayers() {
        return Stream.of(new Conv2D("conv", 5, 3, Padding.VALID), new Conv2D("conv", 17, 3, Padding.SAME),
                new Conv2D("conv", 4, 2, 3, 2, 1, Padding.SAME),
                new Conv2D("conv", 4, 3, 2, 2, 3, Padding.VALID),
                new Conv2D("conv", 3, 5, 1, 3, 2, Padding.SAME), new Conv2D("conv", 8, 1, Padding.VALID),
                new Conv2D("conv", 2, 7, 6, 1, 1, Padding.VALID), new Resizing("resizing", 4, 3),
                new Resizing("resizing", 9, 13), new Rescaling("rescaling", 0.25f, -3),
                new RandomFlip("flip", true, true),
                new RandomRotation("rotation", 0.2f), new RandomZoom("zoom", 0.5f, Fill.NEAREST),
                new RandomTranslation("translation", 0.5f, 0.3f, Fill.constant(0)),
                new RandomTranslation("translation", 1, 1, Fill.WRAP), new RandomContrast("contrast", 0.5f, -9, 9),
                new RandomBrightness("brightness", 0.2f, -9, 9), new GaussianNoise("noise", 0.5f),
                new Cutout("cutout", 0.5f, 0), new Flatten("flatten"), new Dropout("dropout", 0.4f))
                .map(layer -> new Case(layer, SMALL_IMAGE, 3, 0.5f, 2e-5)).flatMap(each -> Stream.of(each,
                        new Case(new Dense("dense", 19), Shape.of(33), 3, 0.5f, 2e-5),
                        new Case(new Softmax("softmax"), Shape.of(5), 3, 0.01f, 1e-4)))
                .distinct();
    }

    @ParameterizedTest
    @MethodSource("smoothLayers")
    void gradientsMatchFiniteDifferences(Case tested) {
        LayerRun run = new LayerRun(tested.layer, tested.input, tested.images, 11);
        LayerRun.Gradients gradients = run.backward();
        assertClose(gradients.input(), run.differences(run.x, tested.distance), tested.tolerance);
        assertClose(gradients.parameters(), run.differences(run.parameters, tested.distance), tested.tolerance);
    }

    static Stream<Layer> piecewiseLinearLayers() {
        return Stream.of(new MaxPool2D("pool", 2), new MaxPool2D("pool", 3, 2, 2, 1, Padding.SAME),
                new MaxPool2D("pool", 3, 3, 1, 2, Padding.VALID), new ReLU("relu"));
    }

    @ParameterizedTest
    @MethodSource("piecewiseLinearLayers")
    void gradientsOfPiecewiseLinearLayersMatchFiniteDifferences(Layer layer) {
        LayerRun run = new LayerRun(layer, SMALL_IMAGE, 2, 12);
        run.spreadInput(0.125f);
        assertClose(run.backward().input(), run.differences(run.x, 0.03125f), 1e-5);
    }

    @Test
    void fakeQuantizePassesTheGradientInsideItsRangeAndStopsItOutside() {
        LayerRun run = new LayerRun(new FakeQuantize("quantize", 0.9f, true), Shape.of(3, 4, 2), 2, 13);
        run.state[0] = -0.4f;
        run.state[1] = 0.6f;
        float[] dx = run.backward().input();
        float scale = 1 / 255f;
        for (int i = 0; i < dx.length; i++) {
            boolean inside = run.x[i] > -0.4f - scale / 2 && run.x[i] < 0.6f + scale / 2;
            assertThat(dx[i]).isEqualTo(inside ? run.dy[i] : 0);
        }
    }

    /// The straight-through estimator is the gradient of the same layer with the rounded kernel in place of its own.
    @Test
    void fakeQuantizedKernelsHaveTheGradientOfTheRoundedKernel() {
        Conv2D plain = new Conv2D("conv", 5, 3, Padding.SAME);
        LayerRun quantized = new LayerRun(plain.withFakeQuantizedKernel(), SMALL_IMAGE, 2, 14);
        LayerRun rounded = new LayerRun(plain, SMALL_IMAGE, 2, 14);
        round(rounded.parameters, 27, 5);
        assertThat(quantized.forward()).isEqualTo(rounded.forward());
        assertThat(quantized.backward().parameters()).isEqualTo(rounded.backward().parameters());
        assertThat(quantized.backward().input()).isEqualTo(rounded.backward().input());
    }

    @Test
    void fakeQuantizedWeightsHaveTheGradientOfTheRoundedWeights() {
        LayerRun quantized = new LayerRun(new Dense("dense", 9).withFakeQuantizedKernel(), Shape.of(21), 2, 15);
        LayerRun rounded = new LayerRun(new Dense("dense", 9), Shape.of(21), 2, 15);
        round(rounded.parameters, 21, 9);
        assertThat(quantized.forward()).isEqualTo(rounded.forward());
        assertThat(quantized.backward().parameters()).isEqualTo(rounded.backward().parameters());
        assertThat(quantized.backward().input()).isEqualTo(rounded.backward().input());
    }

    private static void round(float[] parameters, int depth, int channels) {
        for (int channel = 0; channel < channels; channel++) {
            float largest = 0;
            for (int r = 0; r < depth; r++) {
                largest = Math.max(largest, Math.abs(parameters[r * channels + channel]));
            }
            float scale = largest / 127;
            for (int r = 0; r < depth; r++) {
                int i = r * channels + channel;
                parameters[i] = (float) Math.rint(parameters[i] / scale) * scale;
            }
        }
    }

    private static void assertClose(float[] found, float[] expected, double tolerance) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).as("element %d", i).isCloseTo(expected[i],
                    within(tolerance * Math.max(1, Math.abs(expected[i]))));
        }
    }
}
