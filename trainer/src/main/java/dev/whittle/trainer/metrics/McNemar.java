package dev.whittle.trainer.metrics;

import org.apache.commons.math3.distribution.BinomialDistribution;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;

/// McNemar's test of two models on the same images: whether one is right more often than chance explains (McNemar 1947,
/// "Note on the sampling error of the difference between correlated proportions or percentages"). Only images that one
/// model gets right and the other wrong tell anything; were both models equally good, each such image would fall to
/// either side like a coin.
///
/// @param onlyFirst images that the first model alone got right
/// @param onlySecond images that the second model alone got right
/// @param isExact whether the p-value comes from the binomial distribution, as with few such images, else from `χ²` of one
///            degree of freedom
/// @param statistic `(|onlyFirst − onlySecond| − 1)² / (onlyFirst + onlySecond)`, with the correction for continuity of Edwards
///            1948 ("Note on the correction for continuity in testing the significance of the difference between correlated
///            proportions"); NaN where the test is exact
/// @param pValue the two-sided probability of a difference this large or larger between equally good models
public record McNemar(int onlyFirst, int onlySecond, boolean isExact, double statistic, double pValue) {
    /// From so many images on, `χ²` is close enough.
    private static final int ENOUGH = 25;

    /// The test, from its two counts.
    public static McNemar of(int onlyFirst, int onlySecond) {
        if (onlyFirst < 0 || onlySecond < 0) {
            throw new IllegalArgumentException(
                    "%d and %d images, must be 0 or more".formatted(onlyFirst, onlySecond));
        }
        int discordant = onlyFirst + onlySecond;
        if (discordant < ENOUGH) {
            double tail = new BinomialDistribution(null, discordant, 0.5)
                    .cumulativeProbability(Math.min(onlyFirst, onlySecond));
            return new McNemar(onlyFirst, onlySecond, true, Double.NaN, Math.min(1, 2 * tail));
        }
        double difference = Math.max(Math.abs(onlyFirst - onlySecond) - 1, 0);
        double statistic = difference * difference / discordant;
        return new McNemar(onlyFirst, onlySecond, false, statistic,
                1 - new ChiSquaredDistribution(null, 1).cumulativeProbability(statistic));
    }

    /// The test of what two models took each image for.
    ///
    /// @param actual the true class of each image
    public static McNemar of(int[] actual, int[] first, int[] second) {
        if (actual.length != first.length || actual.length != second.length) {
            throw new IllegalArgumentException("%d actual classes for %d and %d predicted ones".formatted(
                    actual.length, first.length, second.length));
        }
        int onlyFirst = 0;
        int onlySecond = 0;
        for (int i = 0; i < actual.length; i++) {
            boolean isFirstRight = first[i] == actual[i];
            boolean isSecondRight = second[i] == actual[i];
            onlyFirst += isFirstRight && !isSecondRight ? 1 : 0;
            onlySecond += isSecondRight && !isFirstRight ? 1 : 0;
        }
        return of(onlyFirst, onlySecond);
    }
}
