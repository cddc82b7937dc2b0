package dev.whittle.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/// Two steps each from w = 1 with α = 0.1 and gradients 1, then −0.5, by hand.
class OptimizerTest {

    private static float[] twoSteps(Optimizer optimizer) {
        float[] w = {7, 1, 7};
        float[][] slots = new float[optimizer.slotCount()][3];
        float[] gradients = {1, -0.5f};
        float[] after = new float[2];
        for (int step = 0; step < 2; step++) {
            w[1] -= w[1] * optimizer.decay(0.1f);
            optimizer.update(optimizer.stepSize(0.1f, step + 1), new float[]{9, gradients[step]}, w, slots, 1, 2);
            after[step] = w[1];
        }
        assertThat(w[0]).isEqualTo(7);
        assertThat(w[2]).isEqualTo(7);
        return after;
    }

    @Test
    void plainGradientDescent() {
        assertThat(twoSteps(new SGD(0))).containsExactly(new float[]{0.9f, 0.95f}, within(1e-7f));
    }

    /// v: −0.1, then −0.09 + 0.05 = −0.04.
    @Test
    void momentum() {
        assertThat(twoSteps(new SGD(0.9f))).containsExactly(new float[]{0.9f, 0.86f}, within(1e-7f));
    }

    /// Steps: 0.9 · −0.1 − 0.1 = −0.19, then 0.9 · −0.04 + 0.05 = 0.014.
    @Test
    void nesterov() {
        assertThat(twoSteps(new SGD(0.9f, true, 0))).containsExactly(new float[]{0.81f, 0.824f}, within(1e-7f));
    }

    /// 1 · 0.99 − 0.1 = 0.89, then 0.89 · 0.99 + 0.05 = 0.9311.
    @Test
    void weightDecayTakesItsShareFirst() {
        assertThat(twoSteps(new SGD(0, false, 0.1f))).containsExactly(new float[]{0.89f, 0.9311f}, within(1e-7f));
    }

    /// v: 0.1, then 0.09 + 0.025 = 0.115; steps: 0.1 / √0.1, then −0.05 / √0.115.
    @Test
    void rmsprop() {
        assertThat(twoSteps(RMSprop.defaults())).containsExactly(new float[]{0.6837724f, 0.8312146f}, within(1e-6f));
    }

    /// m: 0.3162277, then 0.5 · 0.3162277 − 0.1474420 = 0.0106718.
    @Test
    void rmspropWithMomentum() {
        assertThat(twoSteps(new RMSprop(0.9f, 0.5f, 1e-7f))).containsExactly(new float[]{0.6837724f, 0.6731005f},
                within(1e-6f));
    }

    /// Adam's steps are −0.1 and −0.0266337; the decay is 0.1 · 0.2 of the weight.
    @Test
    void adamW() {
        assertThat(twoSteps(new AdamW(Adam.defaults(), 0.2f))).containsExactly(
                new float[]{0.98f - 0.1f, 0.88f * 0.98f - 0.0266337f}, within(1e-6f));
    }

    @Test
    void gradientsAreClipped() {
        float[] gradient = {3, -4, 0.5f, 9};
        new GradientClipping.ByValue(1).apply(gradient, 0, 3);
        assertThat(gradient).containsExactly(1, -1, 0.5f, 9);
        assertThat(new GradientClipping.ByGlobalNorm(2).factor(5)).isEqualTo(0.4f);
        assertThat(new GradientClipping.ByGlobalNorm(2).factor(1.5)).isEqualTo(1);
        assertThatThrownBy(() -> new GradientClipping.ByGlobalNorm(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("gradients are clipped at 0.0, must be > 0");
    }

    @Test
    void schedulesWarmUpAndStayConstantFirst() {
        LearningRate notebook = new LearningRate.Exponential(0.1f, 0.5f, 3);
        assertThat(new float[]{notebook.at(0), notebook.at(2), notebook.at(3), notebook.at(5)})
                .containsExactly(new float[]{0.1f, 0.1f, 0.05f, 0.0125f}, within(1e-8f));
        LearningRate cosine = new LearningRate.Cosine(0.1f, 0.02f, 6, 3);
        assertThat(new float[]{cosine.at(0), cosine.at(2), cosine.at(3), cosine.at(4), cosine.at(5), cosine.at(8)})
                .containsExactly(new float[]{0.025f, 0.075f, 0.1f, 0.06f, 0.02f, 0.02f}, within(1e-7f));
        assertThatThrownBy(() -> new LearningRate.Cosine(0.1f, 0.02f, 3, 3))
                .hasMessage("warm-up of 3 of 3 epochs, must be 0 or more and fewer than all");
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new SGD(1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("SGD's momentum is 1.0, must be at least 0 and below 1");
        assertThatThrownBy(() -> new RMSprop(0.9f, 0, 0)).hasMessage("RMSprop's epsilon is 0.0, must be > 0");
    }
}
