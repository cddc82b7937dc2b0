package dev.whittle.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RatioTest {

    private static BlockTimes blocks(long seed, double factor, double noise) {
        Random shared = new Random(1);
        Random own = new Random(seed);
        BlockTimes times = new BlockTimes();
        for (int block = 0; block < 40; block++) {
            double slow = 1 + noise * Math.abs(shared.nextGaussian());
            times.add(own.doubles(20).map(value -> 1e6 * factor * slow * (1 + 0.01 * value)).toArray());
        }
        return times;
    }

    @Test
    void constantTimesGiveAnExactRatio() {
        BlockTimes one = new BlockTimes();
        BlockTimes other = new BlockTimes();
        for (int block = 0; block < 10; block++) {
            one.add(new double[]{3, 3});
            other.add(new double[]{4});
        }

        assertThat(Ratio.of(one, other)).isEqualTo(new Ratio(0.75, 0.75, 0.75));
    }

    @Test
    void intervalHoldsTheTrueRatioAndIsNarrowWhenBothWereDisturbedAlike() {
        Ratio ratio = Ratio.of(blocks(2, 0.8, 0.5), blocks(3, 1, 0.5));

        assertThat(ratio.low()).isLessThan(ratio.value());
        assertThat(ratio.high()).isGreaterThan(ratio.value());
        assertThat(0.8).isBetween(ratio.low(), ratio.high());
        assertThat(ratio.high() - ratio.low()).isLessThan(0.15);
    }

    @Test
    void sameTimesGiveTheSameInterval() {
        assertThat(Ratio.of(blocks(2, 1, 0.3), blocks(3, 1, 0.3)))
                .isEqualTo(Ratio.of(blocks(2, 1, 0.3), blocks(3, 1, 0.3)));
    }

    @Test
    void percentilesAreOverAllBlocks() {
        BlockTimes times = new BlockTimes();
        times.add(new double[]{1e6, 2e6});
        times.add(new double[]{5e6, 3e6, 4e6});

        assertThat(times.latency().p50()).isEqualTo(3);
        assertThat(times.latency().mean()).isEqualTo(3);
        assertThat(times.sorted().median(new int[]{1, 1})).isEqualTo(3e6);
        assertThat(times.sorted().median(new int[]{1, 0})).isEqualTo(1e6);
        assertThat(times.sorted().median(new int[]{0, 5})).isEqualTo(4e6);
    }

    @Test
    void noBlocksAreNoRatio() {
        assertThatThrownBy(() -> Ratio.of(new BlockTimes(), new BlockTimes()))
                .hasMessage("0 blocks and 0 blocks, must be as many and more than none");
    }
}
