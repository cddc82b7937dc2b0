package dev.whittle.quantizer.correct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.quantizer.rule.Int8;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdaptiveRoundingTest {
    private static final AdaptiveRounding.Settings SHORT = new AdaptiveRounding.Settings(400, 32, 1024, 0.03f, 7);

    private final Model model = CorrectionModels.even(1, Activation.RELU);
    private final List<List<float[]>> samples = CorrectionModels.samples(2, 200);

    private Model rounded(int bits, int threads) {
        return AdaptiveRounding.round(model, samples, bits, SHORT, threads, CorrectionListener.silent());
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 8})
    void theErrorOnSamplesThatWereNotSeenIsSmallerThanRoundedToNearest(int bits) {
        List<List<float[]>> unseen = CorrectionModels.samples(3, 60);
        float[] expected = CorrectionModels.runAll(model, unseen);

        double learned = CorrectionModels.squaredError(CorrectionModels.runAll(rounded(bits, 1), unseen), expected);
        double nearest = CorrectionModels
                .squaredError(CorrectionModels.runAll(CorrectionModels.rounded(model, bits), unseen), expected);

        assertThat(learned).isLessThan(0.6 * nearest);
    }

    @Test
    void theRewritersFindTheLearnedCodesAndTheOldScales() {
        Model learned = rounded(8, 1);
        for (WeightedLayer layer : CorrectionModels.layers(model)) {
            WeightedLayer other = CorrectionModels.layer(learned, layer.name());
            QuantizationParameters before =
                    Int8.symmetricPerChannel(layer.weights(), layer.filterShape(), layer.channelDimension());
            QuantizationParameters after =
                    Int8.symmetricPerChannel(other.weights(), other.filterShape(), other.channelDimension());
            byte[] nearest = Int8.quantizeWeights(layer.weights(), layer.filterShape(), before);
            byte[] codes = Int8.quantizeWeights(other.weights(), other.filterShape(), after);

            assertThat(after).isEqualTo(before);
            int moved = 0;
            for (int i = 0; i < codes.length; i++) {
                assertThat(Math.abs(codes[i] - nearest[i])).isLessThanOrEqualTo(1);
                moved += codes[i] == nearest[i] ? 0 : 1;
                float scale = after.scale(layer.channelDimension() == 0 ? i / layer.positions()
                        : i % layer.channels());
                assertThat(other.weights()[i]).isCloseTo(codes[i] * scale,
                        within(1e-6f * Math.max(1, Math.abs(codes[i] * scale))));
            }
            assertThat(moved).as(layer.name()).isPositive();
        }
    }

    /// What is minimized (equations 19 and 20), in double precision, of one row after the other.
    private static double loss(WeightedLayer layer, WeightGrid grid, LayerRows rows, double[] logits, int width,
            double beta) {
        double square = 0;
        long count = 0;
        for (float[] input : rows.inputs()) {
            for (float value : input) {
                square += (double) value * value;
            }
            count += input.length;
        }
        float[] weights = layer.weights();
        double loss = 0;
        double[] learned = new double[logits.length];
        for (int i = 0; i < logits.length; i++) {
            int channel = i % width;
            double floor = Math.floor(weights[layer.index(i / width, channel)] / grid.step(channel));
            double h = Math.clamp(1.2 / (1 + Math.exp(-logits[i])) - 0.1, 0, 1);
            learned[i] = grid.step(channel) * Math.clamp(floor + h, -grid.largestCode(), grid.largestCode());
            loss += beta == AdaptiveRounding.Block.WITHOUT_PENALTY ? 0 : 1 - Math.pow(Math.abs(2 * h - 1), beta);
        }
        for (int row = 0; row < rows.inputs().size(); row++) {
            float[] input = rows.inputs().get(row);
            for (int channel = 0; channel < width; channel++) {
                double difference = layer.bias()[channel] - rows.targets().get(row)[channel];
                for (int position = 0; position < layer.positions(); position++) {
                    int read = layer.isDepthwise() ? position * layer.channels() + channel : position;
                    difference += input[read] * learned[position * width + channel];
                }
                double steps = difference / grid.step(channel);
                loss += steps * steps / (square / count) / rows.inputs().size();
            }
        }
        return loss;
    }

    private static float[] numbers(Random random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    @ParameterizedTest
    @ValueSource(floats = {AdaptiveRounding.Block.WITHOUT_PENALTY, 2, 5})
    void gradientIsThatOfTheLossByFiniteDifferences(float beta) {
        Random random = new Random(5);
        double small = 1e-5;
        for (WeightedLayer layer : CorrectionModels.layers(model)) {
            int width = Math.min(3, layer.channels());
            WeightGrid grid = new WeightGrid(layer, layer.weights(), 4);
            int read = layer.positions() * (layer.isDepthwise() ? layer.channels() : 1);
            LayerRows rows = new LayerRows(List.of(numbers(random, read), numbers(random, read)),
                    List.of(numbers(random, layer.channels()), numbers(random, layer.channels())));
            AdaptiveRounding.Block block =
                    new AdaptiveRounding.Block(layer, grid, rows, layer.weights(), 0, width);
            float[] logits = block.logits();
            double[] at = new double[logits.length];
            for (int i = 0; i < logits.length; i++) {
                // Away from the ends of h, where it has no slope.
                logits[i] = random.nextFloat() * 4 - 2;
                at[i] = logits[i];
            }
            float[] gradients = new float[logits.length];

            block.gradients(new int[]{0, 1}, beta, gradients);

            for (int i = 0; i < logits.length; i++) {
                at[i] = logits[i] + small;
                double above = loss(layer, grid, rows, at, width, beta);
                at[i] = logits[i] - small;
                double below = loss(layer, grid, rows, at, width, beta);
                at[i] = logits[i];
                double expected = (above - below) / (2 * small);
                assertThat((double) gradients[i]).as("%s, weight %d", layer.name(), i).isCloseTo(expected,
                        within(1e-4 + 1e-3 * Math.abs(expected)));
            }
            assertThat(IntStream.range(0, gradients.length).filter(i -> Math.abs(gradients[i]) > 1e-2).count())
                    .as(layer.name()).isGreaterThan(gradients.length / 2);
        }
    }

    @Test
    void neitherThreadsNorRepetitionChangeAnything() {
        Model once = rounded(4, 1);

        assertThat(rounded(4, 2)).isEqualTo(once);
        assertThat(rounded(4, 1)).isEqualTo(once);
    }

    @Test
    void settingsThatLearnNothingFail() {
        assertThatThrownBy(() -> new AdaptiveRounding.Settings(0, 32, 64, 0.1f, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("0 iterations, batches of 32 of 64 rows, must be 1 or more each");
        assertThatThrownBy(() -> new AdaptiveRounding.Settings(1, 32, 64, 0, 1))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("learning rate 0.0, must be above 0");
    }
}
