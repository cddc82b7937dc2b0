package dev.whittle.cli.bench;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;

/// A median time over another, with the interval that holds 95 % of what the same measurement would have given with other
/// blocks. Below 1 the first is faster.
///
/// @param value p50 over p50
/// @param low lower end of the interval
/// @param high upper end of the interval
public record Ratio(double value, double low, double high) {
    private static final int DRAWINGS = 1000;
    private static final long SEED = 1;

    /// Draws as many blocks as there are, with replacement, again and again. A block of the one and the block of the other
    /// that ran beside it are drawn together, since what disturbed the one disturbed the other.
    static Ratio of(BlockTimes times, BlockTimes reference) {
        if (times.blockCount() != reference.blockCount() || times.blockCount() == 0) {
            throw new IllegalArgumentException("%d blocks and %d blocks, must be as many and more than none".formatted(
                    times.blockCount(), reference.blockCount()));
        }
        BlockTimes.Sorted above = times.sorted();
        BlockTimes.Sorted below = reference.sorted();
        Random random = new Random(SEED);
        double[] ratios = new double[DRAWINGS];
        int[] weights = new int[times.blockCount()];
        for (int drawing = 0; drawing < DRAWINGS; drawing++) {
            Arrays.fill(weights, 0);
            for (int i = 0; i < weights.length; i++) {
                weights[random.nextInt(weights.length)]++;
            }
            ratios[drawing] = above.median(weights) / below.median(weights);
        }
        Percentile percentile = new Percentile().withEstimationType(Percentile.EstimationType.R_7);
        percentile.setData(ratios);
        return new Ratio(times.latency().p50() / reference.latency().p50(), percentile.evaluate(2.5),
                percentile.evaluate(97.5));
    }
}
