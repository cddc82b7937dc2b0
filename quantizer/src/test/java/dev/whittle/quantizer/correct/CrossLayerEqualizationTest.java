package dev.whittle.quantizer.correct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.quantizer.rule.Int8;
import java.util.List;
import org.junit.jupiter.api.Test;

class CrossLayerEqualizationTest {
    private final Model model = CorrectionModels.skewed(CorrectionModels.even(5, Activation.RELU), 8);
    private final List<List<float[]>> samples = CorrectionModels.samples(6, 10);

    @Test
    void theFloatModelComputesTheSame() {
        float[] expected = CorrectionModels.runAll(model, samples);
        float largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }

        assertThat(CorrectionModels.runAll(CrossLayerEqualization.equalize(model), samples))
                .containsExactly(expected, within(1e-5f * largest));
    }

    @Test
    void bothLayersOfAPairAreSpreadAlike() {
        Model equalized = CrossLayerEqualization.equalize(model);
        WeightedLayer depthwise = CorrectionModels.layer(equalized, "depthwise");
        WeightedLayer point = CorrectionModels.layer(equalized, "point");
        WeightedLayer dense = CorrectionModels.layer(equalized, "dense");

        for (int channel = 0; channel < depthwise.channels(); channel++) {
            assertThat(made(depthwise, channel)).isCloseTo(read(point, channel, 8), within(0.01f));
        }
        for (int channel = 0; channel < point.channels(); channel++) {
            assertThat(made(point, channel)).isCloseTo(read(dense, channel, 20), within(0.01f));
        }
    }

    private static float made(WeightedLayer layer, int channel) {
        float largest = 0;
        for (int position = 0; position < layer.positions(); position++) {
            largest = Math.max(largest, Math.abs(layer.weights()[layer.index(position, channel)]));
        }
        return largest;
    }

    private static float read(WeightedLayer layer, int inChannel, int inChannels) {
        float largest = 0;
        for (int channel = 0; channel < layer.channels(); channel++) {
            for (int position = 0; position < layer.positions(); position++) {
                if (layer.inChannel(position, channel) % inChannels == inChannel) {
                    largest = Math.max(largest, Math.abs(layer.weights()[layer.index(position, channel)]));
                }
            }
        }
        return largest;
    }

    @Test
    void weightsPerTensorLoseLess() {
        float[] expected = CorrectionModels.runAll(model, samples);

        double before = CorrectionModels.squaredError(CorrectionModels.runAll(perTensor(model), samples), expected);
        double after = CorrectionModels.squaredError(
                CorrectionModels.runAll(perTensor(CrossLayerEqualization.equalize(model)), samples), expected);

        assertThat(after).isLessThan(before / 10);
    }

    private static Model perTensor(Model model) {
        CorrectedModel corrected = new CorrectedModel(model);
        for (WeightedLayer layer : CorrectionModels.layers(model)) {
            float[] weights = layer.weights();
            float largest = 0;
            for (float weight : weights) {
                largest = Math.max(largest, Math.abs(weight));
            }
            QuantizationParameters parameters = QuantizationParameters.perTensor(largest / 127, 0);
            byte[] codes = Int8.quantizeWeights(weights, layer.filterShape(), parameters);
            for (int i = 0; i < codes.length; i++) {
                weights[i] = codes[i] * parameters.scale(0);
            }
            corrected.replace(layer.filterTensor(), weights);
        }
        return corrected.model();
    }

    @Test
    void relu6LetsNoFactorPass() {
        Model clamped = CorrectionModels.even(5, Activation.RELU6);

        assertThat(CrossLayerEqualization.equalize(clamped)).isEqualTo(clamped);
    }

    @Test
    void equalizingTwiceChangesHardlyAnything() {
        Model once = CrossLayerEqualization.equalize(model);
        Model twice = CrossLayerEqualization.equalize(once);

        for (WeightedLayer layer : CorrectionModels.layers(once)) {
            assertThat(CorrectionModels.layer(twice, layer.name()).weights()).containsExactly(layer.weights(),
                    within(0.01f));
        }
    }
}
