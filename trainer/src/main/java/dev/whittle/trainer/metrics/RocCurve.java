package dev.whittle.trainer.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The area under the receiver operating characteristic (AUC): the chance that an image of a class scores higher for it than an
/// image of another class, ties counting one half (Hanley and McNeil 1982, "The Meaning and Use of the Area under a Receiver
/// Operating Characteristic Curve"). 1 for a perfect ranking, 0.5 for chance; no threshold is involved.
public final class RocCurve {

    /// The areas of all classes, each against all others.
    ///
    /// @param classes in class order; NaN for a class of which there are no images, or no others
    /// @param macro the unweighted mean of those that are numbers
    public record Areas(List<Double> classes, double macro) {
        public Areas {
            classes = List.copyOf(classes);
        }
    }

    private RocCurve() {}

    /// The area under the curve of one class.
    ///
    /// @param scores of each image for the class, any numbers; one that is not a number counts as the lowest
    /// @param isPositive whether each image is of the class
    /// @return NaN where all images are of the class or none is
    public static double area(float[] scores, boolean[] isPositive) {
        if (scores.length != isPositive.length) {
            throw new IllegalArgumentException("%d scores for %d images".formatted(scores.length, isPositive.length));
        }
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, i -> i);
        float[] ranked = scores.clone();
        for (int i = 0; i < ranked.length; i++) {
            ranked[i] = Float.isNaN(ranked[i]) ? Float.NEGATIVE_INFINITY : ranked[i] + 0f;
        }
        Arrays.sort(order, (a, b) -> Float.compare(ranked[a], ranked[b]));
        long positives = 0;
        double rankSum = 0;
        for (int from = 0; from < order.length;) {
            int to = from;
            int positivesHere = 0;
            while (to < order.length && ranked[order[to]] == ranked[order[from]]) {
                positivesHere += isPositive[order[to]] ? 1 : 0;
                to++;
            }
            // Ranks count from 1; images that score alike share the mean of theirs.
            rankSum += positivesHere * (from + to + 1) / 2.0;
            positives += positivesHere;
            from = to;
        }
        long negatives = scores.length - positives;
        if (positives == 0 || negatives == 0) {
            return Double.NaN;
        }
        return (rankSum - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
    }

    /// The areas of all classes, each against all others. Of two classes whose scores add up to 1, both have the same.
    ///
    /// @param actual the true class of each image
    /// @param probabilities `[image][class]`
    public static Areas areas(int classes, int[] actual, float[][] probabilities) {
        List<Double> areas = new ArrayList<>();
        for (int label = 0; label < classes; label++) {
            float[] scores = new float[actual.length];
            boolean[] isPositive = new boolean[actual.length];
            for (int i = 0; i < actual.length; i++) {
                scores[i] = probabilities[i][label];
                isPositive[i] = actual[i] == label;
            }
            areas.add(area(scores, isPositive));
        }
        return new Areas(areas, areas.stream().filter(area -> !area.isNaN()).mapToDouble(area -> area).average()
                .orElse(Double.NaN));
    }
}
