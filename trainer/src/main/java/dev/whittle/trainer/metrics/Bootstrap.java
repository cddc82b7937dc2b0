package dev.whittle.trainer.metrics;

import dev.whittle.trainer.layer.CounterRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;

/// How far the figures of a model may be from those on other images of the kind: the percentile bootstrap (Efron 1979,
/// "Bootstrap Methods: Another Look at the Jackknife"; Efron and Tibshirani 1993, chapter 13). As many images as there are
/// are drawn from them with replacement, again and again; an interval holds the middle of the figures that come out.
///
/// @param resamples how often
/// @param level share of the figures in an interval, such as 0.95
/// @param seed of the draws: the same seed gives the same intervals
public record Bootstrap(int resamples, double level, long seed) {

    public Bootstrap {
        if (resamples < 1) {
            throw new IllegalArgumentException(resamples + " resamples, must be 1 or more");
        }
        if (!(level > 0 && level < 1)) {
            throw new IllegalArgumentException("level " + level + ", must lie between 0 and 1");
        }
    }

    /// 2000 resamples at 95 %.
    public static Bootstrap withSeed(long seed) {
        return new Bootstrap(2000, 0.95, seed);
    }

    /// From `low` to `high`.
    public record Interval(double low, double high) {
    }

    /// The intervals of a model's figures.
    ///
    /// @param level share of the resampled figures in each
    /// @param f1 of each class, in class order
    /// @param macroF1 of the unweighted mean over the classes
    public record Intervals(double level, Interval accuracy, List<Interval> f1, Interval macroF1) {
        public Intervals {
            f1 = List.copyOf(f1);
        }
    }

    /// The intervals of one model on some images.
    ///
    /// @param actual the true class of each image, at least one
    /// @param predicted the class it was taken for
    public Intervals intervals(int classes, int[] actual, int[] predicted) {
        if (actual.length == 0 || actual.length != predicted.length) {
            throw new IllegalArgumentException("%d actual classes for %d predicted ones, must be as many and some"
                    .formatted(actual.length, predicted.length));
        }
        double[] accuracies = new double[resamples];
        double[] macros = new double[resamples];
        double[][] f1 = new double[classes][resamples];
        int[] correct = new int[classes];
        int[] inEither = new int[classes];
        for (int resample = 0; resample < resamples; resample++) {
            Arrays.fill(correct, 0);
            Arrays.fill(inEither, 0);
            long key = CounterRandom.fold(seed, resample);
            int right = 0;
            for (int draw = 0; draw < actual.length; draw++) {
                int image = CounterRandom.below(actual.length, key, draw);
                if (actual[image] == predicted[image]) {
                    correct[actual[image]]++;
                    right++;
                }
                inEither[actual[image]]++;
                inEither[predicted[image]]++;
            }
            accuracies[resample] = (double) right / actual.length;
            for (int label = 0; label < classes; label++) {
                // A class that was neither drawn nor predicted scores 0, as in [ConfusionMatrix].
                f1[label][resample] = inEither[label] == 0 ? 0 : 2.0 * correct[label] / inEither[label];
                macros[resample] += f1[label][resample] / classes;
            }
        }
        List<Interval> ofClasses = new ArrayList<>();
        for (double[] figures : f1) {
            ofClasses.add(interval(figures));
        }
        return new Intervals(level, interval(accuracies), ofClasses, interval(macros));
    }

    private Interval interval(double[] figures) {
        Percentile percentile = new Percentile();
        percentile.setData(figures);
        double tail = 100 * (1 - level) / 2;
        return new Interval(percentile.evaluate(tail), percentile.evaluate(100 - tail));
    }
}
