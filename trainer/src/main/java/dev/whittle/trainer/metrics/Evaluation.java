package dev.whittle.trainer.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// The figures of one model on one set of images, unrounded.
///
/// @param images how many were judged
/// @param wrong how many were taken for another class
/// @param accuracy share taken for their own class
/// @param classes scores of each class, in class order
/// @param macro the unweighted mean of the class scores
/// @param confusion what was taken for what
public record Evaluation(
        int images, int wrong, double accuracy, List<ClassScores> classes, ClassScores macro,
        ConfusionMatrix confusion) {
    public Evaluation {
        classes = List.copyOf(classes);
    }

    /// Everything that follows from the confusion matrix.
    public static Evaluation of(ConfusionMatrix confusion) {
        List<ClassScores> classes = new ArrayList<>();
        for (int label = 0; label < confusion.classNames().size(); label++) {
            classes.add(new ClassScores(
                    confusion.classNames().get(label),
                    confusion.precision(label),
                    confusion.recall(label),
                    confusion.f1(label),
                    confusion.support(label)));
        }
        ClassScores macro = new ClassScores(
                "macro",
                mean(classes, ClassScores::precision),
                mean(classes, ClassScores::recall),
                mean(classes, ClassScores::f1),
                confusion.total());
        return new Evaluation(
                confusion.total(), confusion.wrong(), confusion.accuracy(), classes, macro, confusion);
    }

    /// Judges class probabilities (or any scores) by their largest entry.
    ///
    /// @param actual the true class of each image
    /// @param probabilities `[image][class]`
    public static Evaluation of(List<String> classNames, int[] actual, float[][] probabilities) {
        int[] predicted = new int[probabilities.length];
        for (int i = 0; i < predicted.length; i++) {
            predicted[i] = argMax(probabilities[i]);
        }
        return of(ConfusionMatrix.of(classNames, actual, predicted));
    }

    /// The number of the largest score, the first where several are equal; scores that are not numbers never win.
    public static int argMax(float[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best] || Float.isNaN(scores[best])) {
                best = i;
            }
        }
        return best;
    }

    /// The scores of the class of that name: what binary reports call the scores of the positive class.
    public ClassScores scores(String className) {
        return classes.stream()
                .filter(scores -> scores.className().equals(className))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no class \"%s\", there are %s".formatted(className, confusion.classNames())));
    }

    private static double mean(List<ClassScores> classes, ToDoubleFunction<ClassScores> score) {
        return classes.stream().mapToDouble(score).average().orElse(0);
    }
}
