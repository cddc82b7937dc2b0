package dev.whittle.trainer.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PruningTest {
    /// `[depth, outChannel]` with two taps of `run` input channels.
    private static Kernel kernel(int run, int outChannels) {
        SplittableRandom random = new SplittableRandom(4);
        float[] values = new float[2 * run * outChannels + 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return new Kernel(values, 3, 2 * run, outChannels, run);
    }

    private static int zeros(Kernel kernel) {
        int count = 0;
        for (int i = kernel.offset(); i < kernel.end(); i++) {
            count += kernel.values()[i] == 0 ? 1 : 0;
        }
        return count;
    }

    @Test
    void polynomialDecayHasTheValuesOfZhuAndGupta() {
        SparsitySchedule schedule = new SparsitySchedule.PolynomialDecay(0.5, 0.9, 10, 50, 3, 20);

        assertThat(schedule.sparsity(9)).isZero();
        assertThat(schedule.sparsity(10)).isEqualTo(0.5);
        // 0.9 + (0.5 − 0.9) · (1 − 10/40)³
        assertThat(schedule.sparsity(20)).isCloseTo(0.9 - 0.4 * 0.421875, within(1e-12));
        assertThat(schedule.sparsity(30)).isCloseTo(0.85, within(1e-12));
        assertThat(schedule.sparsity(50)).isEqualTo(0.9);
        assertThat(schedule.sparsity(99)).isEqualTo(0.9);
    }

    @Test
    void pruningIsDueEverySoManyStepsAndAtTheEnd() {
        SparsitySchedule schedule = new SparsitySchedule.PolynomialDecay(0.9, 10, 45, 20);
        assertThat(LongStream.rangeClosed(1, 60).filter(schedule::isDue)).containsExactly(10L, 30L,
                45L);
        assertThat(new Pruning(new SparsityPattern.Unstructured(), schedule).isSettled(44)).isFalse();
        assertThat(new Pruning(new SparsityPattern.Unstructured(), schedule).isSettled(45)).isTrue();
    }

    @Test
    void aConstantSparsityIsReachedAtOnce() {
        SparsitySchedule schedule = new SparsitySchedule.Constant(0.5, 7);
        assertThat(LongStream.rangeClosed(1, 60).filter(schedule::isDue)).containsExactly(7L);
        assertThat(schedule.sparsity(6)).isZero();
        assertThat(schedule.sparsity(8)).isEqualTo(0.5);
    }

    @Test
    void theSmallestWeightsOfAKernelBecomeZeroAndNoOthers() {
        Kernel kernel = kernel(5, 7);
        float[] before = kernel.values().clone();

        new Pruning(new SparsityPattern.Unstructured(), new SparsitySchedule.Constant(0.6, 1)).apply(1, kernel);

        assertThat(zeros(kernel)).isEqualTo(42);
        double largestPruned = 0;
        double smallestKept = 1;
        for (int i = kernel.offset(); i < kernel.end(); i++) {
            if (kernel.values()[i] == 0) {
                largestPruned = Math.max(largestPruned, Math.abs(before[i]));
            } else {
                assertThat(kernel.values()[i]).isEqualTo(before[i]);
                smallestKept = Math.min(smallestKept, Math.abs(before[i]));
            }
        }
        assertThat(largestPruned).isLessThan(smallestKept);
        assertThat(kernel.values()).startsWith(before[0], before[1], before[2]);
    }

    @Test
    void ofEveryFourInputChannelsTheTwoSmallestBecomeZero() {
        Kernel kernel = kernel(10, 3);
        float[] before = kernel.values().clone();

        Pruning.nOfM(2, 4, 1).apply(1, kernel);

        for (int tap = 0; tap < 2; tap++) {
            for (int channel = 0; channel < 3; channel++) {
                for (int group = 0; group < 8; group += 4) {
                    int zeros = 0;
                    for (int i = 0; i < 4; i++) {
                        zeros += kernel.values()[kernel.at(tap * 10 + group + i, channel)] == 0 ? 1 : 0;
                    }
                    assertThat(zeros).isEqualTo(2);
                }
                for (int rest = 8; rest < 10; rest++) {
                    int at = kernel.at(tap * 10 + rest, channel);
                    assertThat(kernel.values()[at]).isEqualTo(before[at]);
                }
            }
        }
    }

    @Test
    void blocksBecomeZeroAsAWhole() {
        Kernel kernel = kernel(6, 5);

        new Pruning(new SparsityPattern.Block(2, 4), new SparsitySchedule.Constant(0.5, 1)).apply(1, kernel);

        int blocks = 0;
        for (int row = 0; row < 12; row += row % 6 == 0 ? 4 : 2) {
            for (int channel = 0; channel < 5; channel += 2) {
                boolean isZero = kernel.values()[kernel.at(row, channel)] == 0;
                blocks += isZero ? 1 : 0;
                for (int r = row; r < row + (row % 6 == 0 ? 4 : 2); r++) {
                    for (int c = channel; c < Math.min(channel + 2, 5); c++) {
                        assertThat(kernel.values()[kernel.at(r, c)] == 0).isEqualTo(isZero);
                    }
                }
            }
        }
        assertThat(blocks).isEqualTo(6);
    }

    @Test
    void whatCannotBeFailsSayingWhatWasFound() {
        assertThatThrownBy(() -> new SparsitySchedule.Constant(1, 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sparsity 1.0, must be 0 or more and below 1");
        assertThatThrownBy(() -> new SparsityPattern.NOfM(4, 4)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("4 zeros in every 4 weights, must be 1 or more and fewer than all");
        assertThatThrownBy(() -> new Clustering(1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1 clusters, must be 2 to 256");
    }
}
