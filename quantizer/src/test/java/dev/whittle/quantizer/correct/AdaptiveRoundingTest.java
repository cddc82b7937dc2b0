package dev.whittle.quantizer.correct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.quantizer.rule.Int8;
import java.util.List;
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
