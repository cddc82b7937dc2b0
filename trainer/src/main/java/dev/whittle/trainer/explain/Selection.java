package dev.whittle.trainer.explain;

import dev.whittle.trainer.metrics.Evaluation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Which images are worth explaining.
public final class Selection {
    private Selection() {}

    /// At most `count` image numbers: first the misclassified ones, the surest mistake first, then the others, the least
    /// certain first. How sure a model is, is the margin between its two largest probabilities; ties go to the lower number.
    ///
    /// @param actual the true class of each image
    /// @param probabilities `[image][class]`, at least two classes
    public static List<Integer> of(int[] actual, float[][] probabilities, int count) {
        List<Integer> wrong = new ArrayList<>();
        List<Integer> right = new ArrayList<>();
        for (int i = 0; i < actual.length; i++) {
            (Evaluation.argMax(probabilities[i]) == actual[i] ? right : wrong).add(i);
        }
        wrong.sort(Comparator.comparingDouble(i -> -margin(probabilities[i])));
        right.sort(Comparator.comparingDouble(i -> margin(probabilities[i])));
        List<Integer> selected = new ArrayList<>(wrong);
        selected.addAll(right);
        return List.copyOf(selected.subList(0, Math.min(count, selected.size())));
    }

    private static double margin(float[] probabilities) {
        int best = Evaluation.argMax(probabilities);
        float second = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < probabilities.length; i++) {
            if (i != best) {
                second = Math.max(second, probabilities[i]);
            }
        }
        return probabilities[best] - second;
    }
}
