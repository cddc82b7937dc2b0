package dev.whittle.quantizer.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ObserverTest {
    @Test
    void minMaxKeepsTheExtremes() {
        MinMaxObserver observer = new MinMaxObserver();
        observer.observe(new float[]{1, 2});
        observer.observe(new float[]{-3, 1});
        observer.observe(new float[]{0});

        assertThat(observer.range()).isEqualTo(new Range(-3, 2));
    }

    @Test
    void aMovingAverageStartsAtTheFirstRange() {
        MovingAverageObserver observer = new MovingAverageObserver(0.75f);
        observer.observe(new float[]{0, 8});
        observer.observe(new float[]{-4, 4});

        assertThat(observer.range()).isEqualTo(new Range(-1, 7));
    }

    @Test
    void anObserverThatHasSeenNothingFails() {
        assertThatThrownBy(() -> new MinMaxObserver().range()).isInstanceOf(IllegalStateException.class)
                .hasMessage("nothing observed yet");
        assertThatThrownBy(() -> new MovingAverageObserver(0.5f).range()).isInstanceOf(IllegalStateException.class)
                .hasMessage("nothing observed yet");
    }

    @Test
    void aMomentumOutsideZeroToOneFails() {
        assertThatThrownBy(() -> new MovingAverageObserver(1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("momentum is 1.0, must be between 0 and 1");
    }

    @Test
    void aRangeThatIsNotFiniteOrNotInOrderFails() {
        assertThatThrownBy(() -> new Range(0, Float.POSITIVE_INFINITY)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("range 0.0 to Infinity, must be finite and in ascending order");
        assertThatThrownBy(() -> new Range(1, 0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("range 1.0 to 0.0, must be finite and in ascending order");
    }
}
