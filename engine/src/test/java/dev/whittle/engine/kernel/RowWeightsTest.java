package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowWeightsTest {
    private final Random random = new Random(17);

    /// Ends of the range more often than not.
    private int code(int least) {
        return switch (random.nextInt(3)) {
            case 0 -> least;
            case 1 -> Byte.MAX_VALUE;
            default -> random.nextInt(least, 128);
        };
    }

    private static float[] sums(float[] weights, int columns, int depth, int[] bounds, short[] codes, int rows) {
        int segments = bounds.length - 1;
        float[] sums = new float[segments * rows * columns];
        for (int segment = 0; segment < segments; segment++) {
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    long sum = 0;
                    for (int step = bounds[segment]; step < bounds[segment + 1]; step++) {
                        sum += (long) weights[column * depth + step] * codes[row * depth + step];
                    }
                    sums[(segment * rows + row) * columns + column] = sum;
                }
            }
        }
        return sums;
    }

    @Test
    void sumsAreExactForEveryShape() {
        assumeTrue(KernelTier.isVectorAvailable(), "needs java --add-modules jdk.incubator.vector");
        for (int round = 0; round < 400; round++) {
            int columns = 1 + random.nextInt(100);
            int depth = 1 + random.nextInt(60);
            int rows = 1 + random.nextInt(RowWeights.MOST_ROWS);
            int[] bounds = {0, random.nextInt(depth + 1), depth};
            float[] weights = new float[columns * depth];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = code(-127);
            }
            // −128 has its place as long as its neighbour is none.
            weights[random.nextInt(weights.length)] = -128;
            short[] codes = new short[2 + rows * depth + RowWeights.SLACK];
            Arrays.fill(codes, (short) -999);
            for (int i = 0; i < rows * depth; i++) {
                codes[2 + i] = (short) code(-128);
            }
            RowWeights packed = Objects.requireNonNull(RowWeights.of(weights, columns, depth, bounds));

            float[] actual = new float[3 + 2 * rows * columns + RowWeights.SUMS_SLACK];
            Arrays.fill(actual, 0.5f);
            int half = packed.panels() / 2;
            packed.multiply(codes, 2, rows, half, packed.panels(), actual, 3, rows * columns);
            packed.multiply(codes, 2, rows, 0, half, actual, 3, rows * columns);

            float[] expected = new float[actual.length];
            Arrays.fill(expected, 0.5f);
            float[] sums = sums(weights, columns, depth, bounds,
                    Arrays.copyOfRange(codes, 2, 2 + rows * depth), rows);
            System.arraycopy(sums, 0, expected, 3, sums.length);
            Arrays.fill(actual, 3 + sums.length, actual.length, 0.5f);
            assertThat(actual).as("%d rows, depth %d, %d columns", rows, depth, columns).containsExactly(expected);
        }
    }

    @Test
    void weightsThatDoNotFitAreLeftToOthers() {
        assumeTrue(KernelTier.isVectorAvailable(), "needs java --add-modules jdk.incubator.vector");
        assertThat(RowWeights.of(new float[]{-128, -128}, 1, 2, new int[]{0, 2})).isNull();
        assertThat(RowWeights.of(new float[]{1, -128, -128}, 1, 3, new int[]{0, 3})).isNotNull();
        assertThat(RowWeights.of(new float[]{128}, 1, 1, new int[]{0, 1})).isNull();
    }
}
