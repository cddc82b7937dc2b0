package dev.whittle.cli.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.stat.descriptive.moment.Mean;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;

/// The times of one runtime, block by block. Each time is that of one inference, or the mean of a few that were too short
/// to be timed one by one.
final class BlockTimes {
    private final List<double[]> blocks = new ArrayList<>();

    /// @param nanoseconds of each inference
    void add(double[] nanoseconds) {
        blocks.add(nanoseconds);
    }

    int blockCount() {
        return blocks.size();
    }

    double[] block(int index) {
        return blocks.get(index);
    }

    private double[] all() {
        return blocks.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    /// Percentiles over all blocks, in milliseconds.
    Measurement.Latency latency() {
        double[] milliseconds = Arrays.stream(all()).map(time -> time / 1e6).toArray();
        Percentile percentile = new Percentile().withEstimationType(Percentile.EstimationType.R_7);
        percentile.setData(milliseconds);
        return new Measurement.Latency(new Mean().evaluate(milliseconds), percentile.evaluate(50),
                percentile.evaluate(90), percentile.evaluate(95), percentile.evaluate(99));
    }

    /// All times from the shortest to the longest, each with the block that it is from.
    Sorted sorted() {
        record Timed(double time, int block) {
        }
        List<Timed> timed = new ArrayList<>();
        for (int block = 0; block < blocks.size(); block++) {
            for (double time : blocks.get(block)) {
                timed.add(new Timed(time, block));
            }
        }
        timed.sort((a, b) -> Double.compare(a.time, b.time));
        return new Sorted(timed.stream().mapToDouble(Timed::time).toArray(),
                timed.stream().mapToInt(Timed::block).toArray());
    }

    /// Times in order, made ready to ask for the median of any drawing of blocks.
    static final class Sorted {
        private final double[] times;
        private final int[] blockOf;

        Sorted(double[] times, int[] blockOf) {
            this.times = times;
            this.blockOf = blockOf;
        }

        /// The median when block `b` counts `weights[b]` times.
        double median(int[] weights) {
            long total = 0;
            for (int block : blockOf) {
                total += weights[block];
            }
            long below = 0;
            for (int i = 0; i < times.length; i++) {
                below += weights[blockOf[i]];
                if (2 * below >= total) {
                    return times[i];
                }
            }
            return times[times.length - 1];
        }
    }
}
