package dev.whittle.quantizer.correct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BiasCorrectionTest {
    private static final int BITS = 4;

    private final Model model = CorrectionModels.even(1, Activation.RELU);
    private final List<List<float[]>> samples = CorrectionModels.samples(2, 40);

    @Test
    void theMeanOutputIsThatOfTheFloatModelAgain() {
        List<String> heard = new ArrayList<>();
        Model corrected = BiasCorrection.correct(model, samples, BITS, 1,
                (_, layer, done, total) -> heard.add(layer + " " + done + "/" + total));

        double[] before = meanDifference(CorrectionModels.rounded(model, BITS));
        double[] after = meanDifference(CorrectionModels.rounded(corrected, BITS));

        for (int output = 0; output < after.length; output++) {
            assertThat(after[output]).isCloseTo(0, within(1e-3));
            assertThat(Math.abs(before[output])).isGreaterThan(0.01);
        }
        assertThat(heard).containsExactly("conv 1/4", "depthwise 2/4", "point 3/4", "dense 4/4");
    }

    private double[] meanDifference(Model other) {
        float[] expected = CorrectionModels.runAll(model, samples);
        float[] actual = CorrectionModels.runAll(other, samples);
        double[] means = new double[5];
        for (int i = 0; i < expected.length; i++) {
            means[i % 5] += (actual[i] - expected[i]) / samples.size();
        }
        return means;
    }

    @Test
    void theErrorOnSamplesThatWereNotSeenIsSmaller() {
        Model corrected = BiasCorrection.correct(model, samples, BITS, 1, CorrectionListener.silent());
        List<List<float[]>> unseen = CorrectionModels.samples(3, 40);
        float[] expected = CorrectionModels.runAll(model, unseen);

        assertThat(CorrectionModels.squaredError(
                CorrectionModels.runAll(CorrectionModels.rounded(corrected, BITS), unseen), expected))
                .isLessThan(0.8 * CorrectionModels.squaredError(
                        CorrectionModels.runAll(CorrectionModels.rounded(model, BITS), unseen), expected));
    }

    @Test
    void weightsStayAndALayerWithoutABiasGetsOne() {
        Model corrected = BiasCorrection.correct(model, samples, BITS, 1, CorrectionListener.silent());

        for (WeightedLayer layer : CorrectionModels.layers(model)) {
            WeightedLayer other = CorrectionModels.layer(corrected, layer.name());
            assertThat(other.weights()).isEqualTo(layer.weights());
            assertThat(other.hasBias()).isTrue();
            assertThat(other.bias()).isNotEqualTo(layer.bias());
        }
    }

    @Test
    void theNumberOfThreadsChangesNothing() {
        assertThat(BiasCorrection.correct(model, samples, 8, 2, CorrectionListener.silent()))
                .isEqualTo(BiasCorrection.correct(model, samples, 8, 1, CorrectionListener.silent()));
    }

    @Test
    void withoutSamplesOrWithTooManyBitsItFails() {
        assertThatThrownBy(() -> BiasCorrection.correct(model, List.of(), 8, 1, CorrectionListener.silent()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("[even] no sample to correct with, expected at least one");
        assertThatThrownBy(() -> BiasCorrection.correct(model, samples, 9, 1, CorrectionListener.silent()))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("weights of 9 bits, must be 2 to 8");
    }
}
