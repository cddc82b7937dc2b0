package dev.whittle.trainer.metrics;

import java.util.ArrayList;
import java.util.List;

/// How many images of each class were taken for each class.
///
/// Where a ratio has no denominator (no image of the class, or none predicted) it is 0, the convention of scikit-learn.
///
/// @param classNames the classes, which number rows and columns
/// @param counts `counts[actual][predicted]`
public record ConfusionMatrix(List<String> classNames, List<List<Integer>> counts) {
    public ConfusionMatrix {
        classNames = List.copyOf(classNames);
        counts = counts.stream().map(List::copyOf).toList();
        int classes = classNames.size();
        if (counts.size() != classes || counts.stream().anyMatch(row -> row.size() != classes)) {
            throw new IllegalArgumentException(
                    "counts %s do not have %d rows and columns, one for each class".formatted(counts, classes));
        }
        if (counts.stream().flatMap(List::stream).anyMatch(count -> count < 0)) {
            throw new IllegalArgumentException("counts %s are negative".formatted(counts));
        }
    }

    /// Counts image by image; both arrays hold class numbers.
    public static ConfusionMatrix of(List<String> classNames, int[] actual, int[] predicted) {
        if (actual.length != predicted.length) {
            throw new IllegalArgumentException(
                    "%d actual classes for %d predicted ones".formatted(actual.length, predicted.length));
        }
        int[][] counts = new int[classNames.size()][classNames.size()];
        for (int i = 0; i < actual.length; i++) {
            counts[actual[i]][predicted[i]]++;
        }
        List<List<Integer>> rows = new ArrayList<>();
        for (int[] row : counts) {
            List<Integer> boxed = new ArrayList<>();
            for (int count : row) {
                boxed.add(count);
            }
            rows.add(boxed);
        }
        return new ConfusionMatrix(classNames, rows);
    }

    /// Images of class `actual` that were taken for class `predicted`.
    public int count(int actual, int predicted) {
        return counts.get(actual).get(predicted);
    }

    /// All images.
    public int total() {
        return counts.stream().flatMap(List::stream).mapToInt(count -> count).sum();
    }

    /// Images taken for their own class.
    public int correct() {
        int correct = 0;
        for (int label = 0; label < classNames.size(); label++) {
            correct += count(label, label);
        }
        return correct;
    }

    /// Images taken for another class.
    public int wrong() {
        return total() - correct();
    }

    /// The share of images taken for their own class.
    public double accuracy() {
        return ratio(correct(), total());
    }

    /// Images of class `label`.
    public int support(int label) {
        return counts.get(label).stream().mapToInt(count -> count).sum();
    }

    /// Images taken for class `label`.
    public int predicted(int label) {
        return counts.stream().mapToInt(row -> row.get(label)).sum();
    }

    /// Of the images taken for class `label`, the share that are.
    public double precision(int label) {
        return ratio(count(label, label), predicted(label));
    }

    /// Of the images of class `label`, the share taken for it.
    public double recall(int label) {
        return ratio(count(label, label), support(label));
    }

    /// The harmonic mean of precision and recall of class `label`.
    public double f1(int label) {
        return ratio(2 * count(label, label), support(label) + predicted(label));
    }

    private static double ratio(int part, int whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
