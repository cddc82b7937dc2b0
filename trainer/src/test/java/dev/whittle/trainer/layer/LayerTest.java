package dev.whittle.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LayerTest {

    static Stream<Conv2D> convolutions() {
        return Stream.of(new Conv2D("conv", 5, 3, Padding.VALID), new Conv2D("conv", 33, 3, Padding.SAME),
                new Conv2D("conv", 4, 2, 3, 2, 1, Padding.SAME),
                new Conv2D("conv", 4, 3, 2, 2, 3, Padding.VALID));
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void convolutionIsTheSumOverItsWindow(Conv2D layer) {
        Shape input = Shape.of(8, 7, 3);
        Shape output = layer.outputShape(input);
        LayerRun run = new LayerRun(layer, input, 2, 1);
        float[] y = run.forward();
        int padTop = layer.padding().before(8, layer.kernelHeight(), layer.strideHeight(), 1);
        int padLeft = layer.padding().before(7, layer.kernelWidth(), layer.strideWidth(), 1);
        int to = 0;
        for (int image = 0; image < 2; image++) {
            for (int outY = 0; outY < output.dimension(0); outY++) {
                for (int outX = 0; outX < output.dimension(1); outX++) {
                    for (int out = 0; out < layer.filters(); out++) {
                        double sum =
                                run.parameters[layer.kernelWidth() * layer.kernelHeight() * 3 * layer.filters() + out];
                        for (int filterY = 0; filterY < layer.kernelHeight(); filterY++) {
                            for (int filterX = 0; filterX < layer.kernelWidth(); filterX++) {
                                int inY = outY * layer.strideHeight() + filterY - padTop;
                                int inX = outX * layer.strideWidth() + filterX - padLeft;
                                for (int in = 0; in < 3 && inY >= 0 && inY < 8 && inX >= 0 && inX < 7; in++) {
                                    sum += run.x[((image * 8 + inY) * 7 + inX) * 3 + in] * run.parameters[((filterY
                                            * layer.kernelWidth() + filterX) * 3 + in) * layer.filters() + out];
                                }
                            }
                        }
                        assertThat((double) y[to++]).isCloseTo(sum, within(1e-5));
                    }
                }
            }
        }
    }

    /// Channel counts below, at and above the lane counts; many equal values, so that the first of them must win.
    @Test
    void maxPoolingTakesTheFirstOfTheLargestInEveryChannel() {
        MaxPool2D layer = new MaxPool2D("pool", 3, 2, 2, 1, Padding.SAME);
        for (int channels : new int[]{1, 3, 4, 7, 8, 15, 16, 17, 33}) {
            Shape input = Shape.of(6, 5, channels);
            LayerRun run = new LayerRun(layer, input, 2, channels);
            for (int i = 0; i < run.x.length; i++) {
                run.x[i] = Math.round(run.x[i] * 2);
            }
            float[] expected = new float[run.outputElements * 2];
            float[] expectedGradient = new float[run.x.length];
            int to = 0;
            for (int image = 0; image < 2; image++) {
                for (int outY = 0; outY < 3; outY++) {
                    for (int outX = 0; outX < 5; outX++) {
                        for (int c = 0; c < channels; c++) {
                            int best = -1;
                            for (int inY = outY * 2; inY < Math.min(outY * 2 + 3, 6); inY++) {
                                for (int inX = outX; inX < Math.min(outX + 2, 5); inX++) {
                                    int at = ((image * 6 + inY) * 5 + inX) * channels + c;
                                    best = best < 0 || run.x[at] > run.x[best] ? at : best;
                                }
                            }
                            expected[to] = run.x[best];
                            expectedGradient[best] += run.dy[to++];
                        }
                    }
                }
            }
            assertThat(run.forward()).isEqualTo(expected);
            assertThat(run.backward().input()).isEqualTo(expectedGradient);
        }
    }

    @Test
    void halvingAveragesNeighbours() {
        LayerRun run = new LayerRun(new Resizing("resizing", 1, 2), Shape.of(1, 4, 1), 1, 1);
        System.arraycopy(new float[]{1, 3, 10, 20}, 0, run.x, 0, 4);
        assertThat(run.forward()).containsExactly(2, 15);
    }

    @Test
    void enlargingRepeatsTheBorder() {
        LayerRun run = new LayerRun(new Resizing("resizing", 1, 4), Shape.of(1, 2, 1), 1, 1);
        System.arraycopy(new float[]{0, 8}, 0, run.x, 0, 2);
        assertThat(run.forward()).containsExactly(0, 2, 6, 8);
    }

    @Test
    void resizingToTheSameSizeChangesNothing() {
        LayerRun run = new LayerRun(new Resizing("resizing", 7, 9), Shape.of(7, 9, 3), 2, 1);
        assertThat(run.forward()).isEqualTo(run.x);
    }

    @Test
    void flipsMoveEveryPixelExactly() {
        boolean[] seen = new boolean[4];
        for (int image = 0; image < 32; image++) {
            LayerRun run = new LayerRun(new RandomFlip("flip", true, true), Shape.of(5, 8, 2), 1, image);
            run.step.setImageKey(0, image);
            float[] y = run.forward();
            int matches = 0;
            for (int flips = 0; flips < 4; flips++) {
                boolean equal = true;
                for (int row = 0; row < 5; row++) {
                    for (int column = 0; column < 16; column++) {
                        int sourceRow = (flips & 1) == 0 ? row : 4 - row;
                        int sourceColumn = (flips & 2) == 0 ? column : (7 - column / 2) * 2 + column % 2;
                        equal &= y[row * 16 + column] == run.x[sourceRow * 16 + sourceColumn];
                    }
                }
                seen[flips] |= equal;
                matches += equal ? 1 : 0;
            }
            assertThat(matches).as("image %d", image).isEqualTo(1);
        }
        assertThat(seen).containsExactly(true, true, true, true);
    }

    @Test
    void aFlipWithoutAxesAndATurnByNothingChangeNothing() {
        for (Layer layer : new Layer[]{new RandomFlip("flip", false, false), new RandomRotation("rotation", 0)}) {
            LayerRun run = new LayerRun(layer, Shape.of(6, 5, 3), 2, 3);
            assertThat(run.forward()).isEqualTo(run.x);
        }
    }

    @Test
    void rotationMirrorsTheImageAtItsBorders() {
        LayerRun run = new LayerRun(new RandomRotation("rotation", 1), Shape.of(9, 9, 1), 4, 3);
        Arrays.fill(run.x, 0.75f);
        for (float value : run.forward()) {
            assertThat(value).isCloseTo(0.75f, within(1e-6f));
        }
    }

    @Test
    void dropoutKeepsTheExpectedValue() {
        LayerRun run = new LayerRun(new Dropout("dropout", 0.25f), Shape.of(10_000), 2, 3);
        Arrays.fill(run.x, 3);
        double sum = 0;
        for (float value : run.forward()) {
            assertThat(value == 0 || value == 4).isTrue();
            sum += value;
        }
        // The standard deviation of the mean is 4 · √(0.25 · 0.75 / 20 000) = 0.012.
        assertThat(sum / run.x.length).isCloseTo(3, within(0.05));
    }

    @Test
    void reluLeavesNoNegativeValue() {
        LayerRun run = new LayerRun(new ReLU("relu"), Shape.of(4), 1, 3);
        System.arraycopy(new float[]{-1, 0, 0.5f, -0.25f}, 0, run.x, 0, 4);
        assertThat(run.forward()).containsExactly(0, 0, 0.5f, 0);
    }

    @Test
    void softmaxOfLargeValuesStaysFinite() {
        LayerRun run = new LayerRun(new Softmax("softmax"), Shape.of(3), 1, 3);
        System.arraycopy(new float[]{1000, 1000, -1000}, 0, run.x, 0, 3);
        assertThat(run.forward()).containsExactly(0.5f, 0.5f, 0);
    }

    @Test
    void fakeQuantizeRoundsToTheCodesOfItsParameters() {
        QuantizationParameters parameters = FakeQuantize.parametersOf(-0.3f, 0.72f);
        assertThat(parameters)
                .isEqualTo(QuantizationParameters.perTensor((float) (((double) 0.72f - -0.3f) / 255), -53));
        LayerRun run = new LayerRun(new FakeQuantize("quantize", 0.9f, false), Shape.of(50), 2, 3);
        run.state[0] = -0.3f;
        run.state[1] = 0.72f;
        float[] y = run.forward();
        float scale = 1.02f / 255;
        for (int i = 0; i < y.length; i++) {
            double code = Math.clamp(Math.rint(run.x[i] / scale) - 53, -128, 127);
            assertThat((double) y[i]).isCloseTo((code + 53) * scale, within(1e-6));
        }
    }

    @Test
    void fakeQuantizeFollowsTheRangesOfTheBatches() {
        LayerRun run = new LayerRun(new FakeQuantize("quantize", 0.75f, false), Shape.of(2), 1, 3);
        run.bound.observe(new float[]{-1, 3});
        assertThat(run.state).containsExactly(-1, 3);
        run.bound.observe(new float[]{-5, 7});
        assertThat(run.state).containsExactly(-2, 4);
    }

    @Test
    void fakeQuantizeObservesAndPassesValuesOnUnchangedAtFirst() {
        LayerRun run = new LayerRun(new FakeQuantize("quantize", 0.75f, false), Shape.of(3), 1, 3);
        System.arraycopy(new float[]{-1.25f, 0, 3.1f}, 0, run.x, 0, 3);
        assertThat(run.forward()).containsExactly(-1.25f, 0, 3.1f);
        assertThat(run.step.observed()).containsExactly(-1.25f, 3.1f);
    }

    @Test
    void frozenFakeQuantizeKeepsItsRange() {
        LayerRun run = new LayerRun(new FakeQuantize("quantize", 0.75f, true), Shape.of(2), 1, 3);
        run.state[0] = -1;
        run.state[1] = 1;
        run.forward();
        run.bound.observe(new float[]{-5, 7});
        assertThat(run.state).containsExactly(-1, 1);
    }

    @Test
    void rangesAreWidenedToHoldZero() {
        assertThat(FakeQuantize.parametersOf(2, 5.1f)).isEqualTo(QuantizationParameters.perTensor(5.1f / 255, -128));
        assertThat(FakeQuantize.parametersOf(-5.1f, -2)).isEqualTo(QuantizationParameters.perTensor(5.1f / 255, 127));
        assertThat(FakeQuantize.parametersOf(0, 0)).isEqualTo(QuantizationParameters.perTensor(1, 0));
        assertThat(FakeQuantize.parametersOf(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY)).isNull();
    }

    @Test
    void layersThatDoNotFitNameThemselves() {
        assertThatThrownBy(() -> new Dense("head", 2).outputShape(Shape.of(3, 3, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("layer \"head\": input [3, 3, 1], must be [feature]");
        assertThatThrownBy(() -> new Conv2D("conv_1", 2, 3, Padding.VALID).outputShape(Shape.of(2, 5, 1)))
                .hasMessage("layer \"conv_1\": input [2, 5, 1] is smaller than the window, must be at least 3 x 3");
        assertThatThrownBy(() -> new Dropout("dropout", 1))
                .hasMessage("layer \"dropout\": rate 1.0, must be at least 0 and below 1");
    }

    @Test
    void randomNumbersAreUniform() {
        int[] counts = new int[16];
        for (int i = 0; i < 160_000; i++) {
            counts[(int) (CounterRandom.uniform(CounterRandom.fold(7, i / 400), i % 400) * 16)]++;
        }
        // Five standard deviations of a count are 5 · √(160 000 · 1/16 · 15/16) = 484.
        for (int count : counts) {
            assertThat(count).isCloseTo(10_000, within(484));
        }
    }
}
