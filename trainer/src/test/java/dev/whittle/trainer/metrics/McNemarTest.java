package dev.whittle.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class McNemarTest {

    @Test
    void fewDiscordantImagesAreJudgedByTheBinomialDistribution() {
        // Both tails of ten coins: 2 · (1 + 10 + 45) / 1024.
        McNemar test = McNemar.of(2, 8);
        assertThat(test.isExact()).isTrue();
        assertThat(test.pValue()).isCloseTo(112 / 1024.0, within(1e-12));
        assertThat(test.statistic()).isNaN();
        assertThat(McNemar.of(8, 2).pValue()).isEqualTo(test.pValue());
        assertThat(McNemar.of(5, 5).pValue()).isEqualTo(1);
        assertThat(McNemar.of(0, 0).pValue()).isEqualTo(1);
    }

    @Test
    void manyDiscordantImagesAreJudgedWithTheCorrectionForContinuity() {
        // (|10 − 25| − 1)² / 35 = 5.6; P(χ² > 5.6) = erfc(√2.8).
        McNemar test = McNemar.of(10, 25);
        assertThat(test.isExact()).isFalse();
        assertThat(test.statistic()).isCloseTo(5.6, within(1e-12));
        assertThat(test.pValue()).isCloseTo(0.0179603, within(1e-6));
        assertThat(McNemar.of(13, 13).statistic()).isZero();
    }

    @Test
    void imagesThatBothGetRightOrWrongDoNotCount() {
        McNemar test = McNemar.of(new int[]{0, 1, 2, 0, 1}, new int[]{0, 1, 0, 0, 0}, new int[]{0, 0, 1, 1, 1});
        assertThat(test.onlyFirst()).isEqualTo(2);
        assertThat(test.onlySecond()).isEqualTo(1);
    }
}
