package dev.whittle.trainer.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LossTest {

    /// By hand: `−(0.9 · ln 0.7 + 0.05 · ln 0.2 + 0.05 · ln 0.1)` with 0.15 spread over three classes.
    @Test
    void categoricalCrossEntropySmoothsItsTarget() {
        float[] probabilities = {9, 0.7f, 0.2f, 0.1f};
        float[] target = {9, 1, 0, 0};
        assertThat(new Loss.CategoricalCrossEntropy(0).of(probabilities, target, 1, 3))
                .isCloseTo(0.356675, within(1e-6));
        assertThat(new Loss.SparseCategoricalCrossEntropy(0.15f).of(probabilities, target, 1, 3))
                .isCloseTo(0.516608, within(1e-6));
    }

    /// By hand: `−(ln 0.8 + ln 0.7) / 2`.
    @Test
    void binaryCrossEntropyIsTheMeanOverTheOutputs() {
        assertThat(new Loss.BinaryCrossEntropy(0).of(new float[]{0.8f, 0.3f}, new float[]{1, 0}, 0, 2))
                .isCloseTo(0.289909, within(1e-6));
    }

    @Test
    void meanSquaredErrorIsTheMeanOverTheOutputs() {
        assertThat(new Loss.MeanSquaredError().of(new float[]{1, 4}, new float[]{0, 2}, 0, 2)).isEqualTo(2.5);
    }

    @Test
    void aProbabilityOfZeroHasAFiniteLossAndNaNStaysNaN() {
        assertThat(new Loss.SparseCategoricalCrossEntropy(0).of(new float[]{0, 1}, new float[]{1, 0}, 0, 2))
                .isCloseTo(87.3365, within(1e-3));
        assertThat(new Loss.SparseCategoricalCrossEntropy(0).of(new float[]{Float.NaN, 0}, new float[]{0, 1}, 0, 2))
                .isNaN();
    }

    static Stream<Loss> losses() {
        return Stream.of(new Loss.CategoricalCrossEntropy(0), new Loss.SparseCategoricalCrossEntropy(0.2f),
                new Loss.BinaryCrossEntropy(0), new Loss.BinaryCrossEntropy(0.1f), new Loss.MeanSquaredError());
    }

    /// Against central differences in double precision, through softmax or sigmoid where the loss includes it.
    @ParameterizedTest
    @MethodSource("losses")
    void gradientsMatchFiniteDifferences(Loss loss) {
        double[] inputs = {0.3, -1.2, 0.8, 2};
        float[] target = {0, 0.25f, 0.75f, 0};
        float[] gradient = new float[4];
        loss.gradient(outputs(loss, inputs), target, 0, 4, 0.5f, gradient);
        for (int i = 0; i < 4; i++) {
            double value = inputs[i];
            inputs[i] = value + 1e-3;
            double above = loss.of(outputs(loss, inputs), target, 0, 4);
            inputs[i] = value - 1e-3;
            double below = loss.of(outputs(loss, inputs), target, 0, 4);
            inputs[i] = value;
            assertThat((double) gradient[i]).isCloseTo((above - below) / 2e-3 / 2, within(1e-4));
        }
    }

    private static float[] outputs(Loss loss, double[] inputs) {
        double sum = 0;
        for (double input : inputs) {
            sum += Math.exp(input);
        }
        float[] outputs = new float[inputs.length];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = (float) switch (loss) {
                case Loss.CategoricalCrossEntropy _,Loss.SparseCategoricalCrossEntropy _ -> Math.exp(inputs[i]) / sum;
                case Loss.BinaryCrossEntropy _ -> 1 / (1 + Math.exp(-inputs[i]));
                case Loss.MeanSquaredError _ -> inputs[i];
            };
        }
        return outputs;
    }

    @Test
    void aLossSuitsTheLastLayerOrRefusesIt() {
        assertThat(Loss.suiting(new Softmax("a"))).isEqualTo(new Loss.SparseCategoricalCrossEntropy(0));
        assertThat(Loss.suiting(new Sigmoid("a"))).isEqualTo(new Loss.BinaryCrossEntropy(0));
        assertThat(Loss.suiting(new ReLU("a"))).isEqualTo(new Loss.MeanSquaredError());
        assertThatThrownBy(() -> new Loss.SparseCategoricalCrossEntropy(0).requireLast(new Dense("head", 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("layer \"head\": is the last before categorical cross-entropy, must be a Softmax");
        assertThatThrownBy(() -> new Loss.BinaryCrossEntropy(0).requireLast(new Softmax("head")))
                .hasMessage("layer \"head\": is the last before binary cross-entropy, must be a Sigmoid");
        assertThatThrownBy(() -> new Loss.BinaryCrossEntropy(1))
                .hasMessage("label smoothing 1.0, must be at least 0 and below 1");
    }
}
