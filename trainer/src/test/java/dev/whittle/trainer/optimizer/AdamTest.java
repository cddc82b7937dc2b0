package dev.whittle.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AdamTest {

    /// By hand, with α = 0.1 and gradients 1, then −0.5:
    ///
    /// ```
    /// t = 1: m = 0.1    v = 0.001      m̂ = 1               v̂ = 1               w = −0.1
    /// t = 2: m = 0.04   v = 0.001249   m̂ = 0.04 / 0.19     v̂ = 0.001249 / 0.001999
    ///        w = −0.1 − 0.1 · 0.2105263 / 0.7904507 = −0.1266337
    /// ```
    @Test
    void twoStepsMatchTheValuesByHand() {
        Adam adam = Adam.defaults();
        float[] w = new float[3];
        float[] m = new float[3];
        float[] v = new float[3];
        adam.update(adam.stepSize(0.1f, 1), new float[]{9, 1}, w, new float[][]{m, v}, 1, 2);
        assertThat(w[1]).isCloseTo(-0.1f, within(1e-6f));
        adam.update(adam.stepSize(0.1f, 2), new float[]{9, -0.5f}, w, new float[][]{m, v}, 1, 2);
        assertThat(w[1]).isCloseTo(-0.1266337f, within(1e-6f));
        assertThat(m).containsExactly(new float[]{0, 0.04f, 0}, within(1e-7f));
        assertThat(v).containsExactly(new float[]{0, 0.001249f, 0}, within(1e-7f));
        assertThat(w[0]).isZero();
        assertThat(w[2]).isZero();
    }

    @Test
    void aDecayOfOneIsRefused() {
        assertThatThrownBy(() -> new Adam(0.9f, 1, 1e-7f)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Adam's decays are 0.9 and 1.0, must be at least 0 and below 1");
    }

    @Test
    void learningRatesFollowTheirFormulas() {
        assertThat(new LearningRate.Constant(0.1f).at(7)).isEqualTo(0.1f);
        assertThat(new LearningRate.Exponential(0.1f, 0.5f).at(3)).isCloseTo(0.0125f, within(1e-8f));
        LearningRate steps = new LearningRate.Steps(0.1f, 0.5f, 2);
        assertThat(new float[]{steps.at(0), steps.at(1), steps.at(2), steps.at(4)})
                .containsExactly(new float[]{0.1f, 0.1f, 0.05f, 0.025f}, within(1e-8f));
        LearningRate cosine = new LearningRate.Cosine(0.1f, 0.02f, 5);
        assertThat(new float[]{cosine.at(0), cosine.at(2), cosine.at(4), cosine.at(9)})
                .containsExactly(new float[]{0.1f, 0.06f, 0.02f, 0.02f}, within(1e-7f));
    }

    @Test
    void aLearningRateOfZeroIsRefused() {
        assertThatThrownBy(() -> new LearningRate.Constant(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("learning rate 0.0, must be finite and > 0");
    }
}
