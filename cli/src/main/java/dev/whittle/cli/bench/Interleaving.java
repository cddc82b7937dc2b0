package dev.whittle.cli.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.function.LongSupplier;

/// Times several runtimes on the same model so that whatever else the machine does meets all of them alike: a block of
/// inferences of the one, a block of the next, and so on, the order turning with every round.
///
/// A block lasts about 20 ms, or one inference where that is longer. Inferences shorter than 20 µs are timed a few at a time,
/// for reading the clock takes as long as some of them. Before that all run in the same way until the blocks no longer
/// become faster.
final class Interleaving {
    private static final double BLOCK_NANOS = 20e6;
    private static final double SHORTEST_TIMING_NANOS = 20e3;
    private static final double NANOS_PER_SECOND = 1e9;
    /// Blocks of each, at least: fewer tell nothing about the next measurement.
    private static final int MIN_BLOCKS = 10;
    /// Warm once the best block of half a warm-up is no more than 2 % faster than the best of all before.
    private static final double STEADY = 0.98;
    private static final int MAX_WARM_UPS = 6;

    private final LongSupplier clock;
    private final double seconds;
    private final int minRuns;

    /// @param clock gives nanoseconds
    /// @param seconds of measurement for each, at least
    /// @param minRuns inferences of each, at least
    Interleaving(LongSupplier clock, double seconds, int minRuns) {
        this.clock = clock;
        this.seconds = seconds;
        this.minRuns = minRuns;
    }

    /// The times of each, in the order given.
    ///
    /// @param progress hears the share that is done, 0 to 1
    List<Timed> run(List<LoadedModel> models, DoubleConsumer progress) {
        double[] best = warmUp(models, progress);
        List<Timed> timed = new ArrayList<>();
        for (int i = 0; i < models.size(); i++) {
            int batch = Math.max(1, (int) Math.ceil(SHORTEST_TIMING_NANOS / best[i]));
            int timings = Math.max(1, (int) (BLOCK_NANOS / (best[i] * batch)));
            timed.add(new Timed(models.get(i), batch, timings, new BlockTimes()));
        }
        long start = clock.getAsLong();
        double wanted = seconds * models.size() * NANOS_PER_SECOND;
        for (int round = 0; round < MIN_BLOCKS || !isEnough(timed, round)
                || clock.getAsLong() - start < wanted; round++) {
            round(timed, round);
            double byTime = wanted == 0 ? 1 : (clock.getAsLong() - start) / wanted;
            progress.accept((1 + Math.min(1, Math.min(byTime, (round + 1.0) / MIN_BLOCKS))) / 2);
        }
        return timed;
    }

    private boolean isEnough(List<Timed> timed, int rounds) {
        return timed.stream().allMatch(one -> (long) rounds * one.batch * one.timings >= minRuns);
    }

    private void round(List<Timed> timed, int round) {
        for (int i = 0; i < timed.size(); i++) {
            Timed one = timed.get((i + round) % timed.size());
            one.times.add(block(one.model, one.batch, one.timings));
        }
    }

    private double[] block(LoadedModel model, int batch, int timings) {
        double[] times = new double[timings];
        for (int timing = 0; timing < timings; timing++) {
            long start = clock.getAsLong();
            for (int i = 0; i < batch; i++) {
                model.invoke();
            }
            times[timing] = (double) (clock.getAsLong() - start) / batch;
        }
        return times;
    }

    /// Runs all in turns, and gives the time of one inference of each.
    private double[] warmUp(List<LoadedModel> models, DoubleConsumer progress) {
        double[] best = new double[models.size()];
        Arrays.fill(best, Double.POSITIVE_INFINITY);
        boolean steady = false;
        for (int part = 0; part < MAX_WARM_UPS && (part < 2 || !steady); part++) {
            double[] before = best.clone();
            long start = clock.getAsLong();
            double wanted = seconds * models.size() * NANOS_PER_SECOND / 2;
            do {
                for (int i = 0; i < models.size(); i++) {
                    best[i] = Math.min(best[i], warmUpBlock(models.get(i)));
                }
            } while (clock.getAsLong() - start < wanted);
            steady = true;
            for (int i = 0; i < best.length; i++) {
                steady &= best[i] >= STEADY * before[i];
            }
            progress.accept((part + 1.0) / MAX_WARM_UPS / 2);
        }
        return best;
    }

    /// Inferences for the time of a block; the mean time of one.
    private double warmUpBlock(LoadedModel model) {
        long start = clock.getAsLong();
        int runs = 0;
        long passed;
        do {
            model.invoke();
            runs++;
            passed = clock.getAsLong() - start;
        } while (passed < BLOCK_NANOS);
        return Math.max(1, (double) passed / runs);
    }

    /// What one was timed at.
    ///
    /// @param batch inferences for each time
    /// @param timings times in each block
    record Timed(LoadedModel model, int batch, int timings, BlockTimes times) {
        long inferences() {
            return (long) batch * timings * times.blockCount();
        }
    }
}
