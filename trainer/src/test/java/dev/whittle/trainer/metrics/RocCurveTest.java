package dev.whittle.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RocCurveTest {

    @Test
    void theAreaIsTheShareOfPairsInTheRightOrder() {
        boolean[] isPositive = {false, false, true, true};
        // Of four pairs, 0.35 lies below 0.4.
        assertThat(RocCurve.area(new float[]{0.1f, 0.4f, 0.35f, 0.8f}, isPositive)).isEqualTo(0.75);
        assertThat(RocCurve.area(new float[]{1, 2, 3, 4}, isPositive)).isEqualTo(1);
        assertThat(RocCurve.area(new float[]{4, 3, 2, 1}, isPositive)).isZero();
        assertThat(RocCurve.area(new float[]{5, 5, 5, 5}, isPositive)).isEqualTo(0.5);
        assertThat(RocCurve.area(new float[]{0f, -0f, Float.NaN, 1}, isPositive)).isEqualTo(0.5);
    }

    @Test
    void theAreaIsThatOfAllPairsCounted() {
        Random random = new Random(4);
        float[] scores = new float[200];
        boolean[] isPositive = new boolean[200];
        for (int i = 0; i < scores.length; i++) {
            isPositive[i] = random.nextInt(3) == 0;
            // Few levels, for many ties.
            scores[i] = random.nextInt(12) + (isPositive[i] ? 3 : 0);
        }
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < scores.length; i++) {
            for (int j = 0; j < scores.length; j++) {
                if (isPositive[i] && !isPositive[j]) {
                    sum += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                    pairs++;
                }
            }
        }
        assertThat(RocCurve.area(scores, isPositive)).isCloseTo(sum / pairs, within(1e-12));
    }

    @Test
    void aClassWithoutImagesHasNoAreaAndIsLeftOutOfTheMean() {
        float[][] probabilities = {{0.7f, 0.3f, 0}, {0.2f, 0.8f, 0}, {0.6f, 0.4f, 0}};
        RocCurve.Areas areas = RocCurve.areas(3, new int[]{0, 1, 1}, probabilities);
        assertThat(areas.classes()).containsExactly(1.0, 1.0, Double.NaN);
        assertThat(areas.macro()).isEqualTo(1);
    }
}
