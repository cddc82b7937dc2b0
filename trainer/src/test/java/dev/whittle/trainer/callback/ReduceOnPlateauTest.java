package dev.whittle.trainer.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReduceOnPlateauTest {

    private static List<EpochReport> losses(double... losses) {
        List<EpochReport> history = new ArrayList<>();
        for (double loss : losses) {
            history.add(new EpochReport(history.size(), 1, 1, loss, 1, 0.1f, 1, 1, 1));
        }
        return history;
    }

    @Test
    void theRateFallsWheneverTheLossHasNotFallenForAsLongAsIsBorne() {
        ReduceOnPlateau reduction = new ReduceOnPlateau(0.5f, 2, 0, 0);
        assertThat(reduction.rate(8, losses())).isEqualTo(8);
        assertThat(reduction.rate(8, losses(3, 2, 2))).isEqualTo(8);
        assertThat(reduction.rate(8, losses(3, 2, 2, 2))).isEqualTo(4);
        assertThat(reduction.rate(8, losses(3, 2, 2, 2, 2))).isEqualTo(4);
        assertThat(reduction.rate(8, losses(3, 2, 2, 2, 2, 2.5))).isEqualTo(2);
        assertThat(reduction.rate(8, losses(3, 2, 2, 1, 1))).isEqualTo(8);
    }

    @Test
    void anImprovementWithinTheLeastOneIsNone() {
        assertThat(new ReduceOnPlateau(0.5f, 2, 0.1, 0).rate(8, losses(2, 1.95, 1.91))).isEqualTo(4);
    }

    @Test
    void theLowestRateStays() {
        ReduceOnPlateau reduction = new ReduceOnPlateau(0.1f, 1, 0, 3);
        assertThat(reduction.rate(8, losses(1, 1, 1))).isEqualTo(3);
        assertThat(reduction.rate(2, losses(1, 1, 1))).isEqualTo(2);
    }
}
