package dev.whittle.trainer.compression;

import dev.whittle.trainer.layer.CounterRandom;
import java.util.Arrays;

/// k-means of numbers on a line. Centroids start as k-means++ picks them: each further one is a value, drawn with a chance
/// that grows with the square of its distance from the nearest centroid there is. Then every value goes to the nearest
/// centroid and every centroid to the mean of its values, until nothing changes.
///
/// Source: Arthur and Vassilvitskii 2007, "k-means++: The Advantages of Careful Seeding"; Lloyd 1982, "Least squares
/// quantization in PCM".
public final class KMeans {
    private static final int MAX_ROUNDS = 100;

    private KMeans() {}

    /// The centroids in ascending order, as many as asked for or as there are different values.
    ///
    /// @param key that the random choices are drawn from
    public static float[] centroids(float[] values, int count, long key) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        double[] centroids = seeds(sorted, count, key);
        for (int round = 0; round < MAX_ROUNDS; round++) {
            double[] means = means(sorted, centroids);
            if (Arrays.equals(means, centroids)) {
                break;
            }
            centroids = means;
        }
        float[] floats = new float[centroids.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) centroids[i];
        }
        return floats;
    }

    private static double[] seeds(float[] sorted, int count, long key) {
        double[] chosen = new double[count];
        double[] squares = new double[sorted.length];
        Arrays.fill(squares, Double.POSITIVE_INFINITY);
        int next = CounterRandom.below(sorted.length, key, 0);
        int found = 0;
        while (true) {
            chosen[found++] = sorted[next];
            double sum = 0;
            for (int i = 0; i < sorted.length; i++) {
                double distance = sorted[i] - (double) sorted[next];
                squares[i] = Math.min(squares[i], distance * distance);
                sum += squares[i];
            }
            if (found == count || !(sum > 0)) {
                break;
            }
            next = drawn(squares, sum * CounterRandom.uniform(key, found));
        }
        double[] seeds = Arrays.copyOf(chosen, found);
        Arrays.sort(seeds);
        return seeds;
    }

    /// The first place where the sum of all squares so far passes a threshold.
    private static int drawn(double[] squares, double threshold) {
        double sum = 0;
        int last = 0;
        for (int i = 0; i < squares.length; i++) {
            sum += squares[i];
            last = squares[i] > 0 ? i : last;
            if (squares[i] > 0 && sum > threshold) {
                return i;
            }
        }
        return last;
    }

    /// What lies nearest to a centroid is a run of the sorted values. A centroid that has none stays.
    private static double[] means(float[] sorted, double[] centroids) {
        double[] means = centroids.clone();
        int from = 0;
        for (int c = 0; c < centroids.length; c++) {
            double border = c + 1 < centroids.length ? (centroids[c] + centroids[c + 1]) / 2 : Double.POSITIVE_INFINITY;
            double sum = 0;
            int to = from;
            while (to < sorted.length && sorted[to] <= border) {
                sum += sorted[to++];
            }
            if (to > from) {
                means[c] = sum / (to - from);
            }
            from = to;
        }
        return means;
    }

    /// The nearest of ascending centroids, the lower one where two are as near.
    public static float nearest(float value, float[] centroids) {
        int found = Arrays.binarySearch(centroids, value);
        if (found >= 0) {
            return centroids[found];
        }
        int above = -found - 1;
        if (above == 0) {
            return centroids[0];
        }
        if (above == centroids.length) {
            return centroids[above - 1];
        }
        double below = value - (double) centroids[above - 1];
        return centroids[above] - (double) value < below ? centroids[above] : centroids[above - 1];
    }
}
