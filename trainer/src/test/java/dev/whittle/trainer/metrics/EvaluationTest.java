package dev.whittle.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    private static final List<String> CASTINGS = List.of("def_front", "ok_front");

    @Test
    void binaryScoresFollowFromTheFourCounts() {
        Evaluation evaluation =
                Evaluation.of(new ConfusionMatrix(CASTINGS, List.of(List.of(440, 13), List.of(5, 257))));
        assertThat(evaluation.images()).isEqualTo(715);
        assertThat(evaluation.wrong()).isEqualTo(18);
        assertThat(evaluation.accuracy()).isEqualTo(697.0 / 715);
        ClassScores positive = evaluation.scores("ok_front");
        assertThat(positive.precision()).isEqualTo(257.0 / 270);
        assertThat(positive.recall()).isEqualTo(257.0 / 262);
        assertThat(positive.f1()).isEqualTo(514.0 / 532);
        assertThat(positive.support()).isEqualTo(262);
    }

    @Test
    void macroScoresAreTheUnweightedMean() {
        Evaluation evaluation = Evaluation.of(
                ConfusionMatrix.of(List.of("a", "b", "c"), new int[]{0, 0, 0, 1, 1, 2}, new int[]{0, 0, 1, 1, 2, 2}));
        assertThat(evaluation.macro().precision()).isCloseTo((1 + 0.5 + 0.5) / 3, within(1e-15));
        assertThat(evaluation.macro().recall()).isCloseTo((2.0 / 3 + 0.5 + 1) / 3, within(1e-15));
        assertThat(evaluation.macro().f1()).isCloseTo((0.8 + 0.5 + 2.0 / 3) / 3, within(1e-15));
        assertThat(evaluation.macro().support()).isEqualTo(6);
    }

    @Test
    void ratiosWithoutDenominatorAreZero() {
        Evaluation evaluation =
                Evaluation.of(ConfusionMatrix.of(CASTINGS, new int[]{0, 0}, new int[]{0, 0}));
        assertThat(evaluation.scores("ok_front")).isEqualTo(new ClassScores("ok_front", 0, 0, 0, 0));
        assertThat(Evaluation.of(ConfusionMatrix.of(CASTINGS, new int[0], new int[0])).accuracy()).isZero();
    }

    @Test
    void largestProbabilityDecidesAndTheFirstOfEqualOnes() {
        float[][] probabilities = {{0.2f, 0.8f}, {0.5f, 0.5f}, {Float.NaN, 0.1f}};
        Evaluation evaluation = Evaluation.of(CASTINGS, new int[]{1, 0, 0}, probabilities);
        assertThat(evaluation.confusion().counts()).isEqualTo(List.of(List.of(1, 1), List.of(0, 1)));
    }

    @Test
    void unknownClassNameFailsNamingTheClasses() {
        Evaluation evaluation =
                Evaluation.of(ConfusionMatrix.of(CASTINGS, new int[]{0}, new int[]{0}));
        assertThatThrownBy(() -> evaluation.scores("good"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no class \"good\", there are [def_front, ok_front]");
    }
}
