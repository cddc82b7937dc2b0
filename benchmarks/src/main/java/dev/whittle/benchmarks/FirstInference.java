package dev.whittle.benchmarks;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/// How soon a JVM that has done nothing yet answers, and how long planning the same model takes once that is warm; started by
/// `benchmarks/first-inference.sh`.
public final class FirstInference {
    private static final int MORE = 20;
    private static final int PLANS = 1000;
    private static final int LAST_PLANS = 300;

    private FirstInference() {}

    /// Prints milliseconds: from the start of this method to the first answer; the median of twenty inferences after it; the
    /// median of planning anew.
    ///
    /// @param arguments a `.tflite` file
    public static void main(String[] arguments) throws IOException {
        long start = System.nanoTime();
        Model model = ModelReader.read(Path.of(arguments[0]));
        double[] next = new double[MORE];
        double first;
        try (Interpreter interpreter = Interpreter.of(model)) {
            interpreter.invoke();
            first = milliseconds(start);
            for (int i = 0; i < MORE; i++) {
                long from = System.nanoTime();
                interpreter.invoke();
                next[i] = milliseconds(from);
            }
        }
        double[] plans = new double[PLANS];
        for (int i = 0; i < PLANS; i++) {
            long from = System.nanoTime();
            Plan.of(model, PlanOptions.defaults());
            plans[i] = milliseconds(from);
        }
        System.out.printf("%.1f\t%.3f\t%.2f%n", first, median(next),
                median(Arrays.copyOfRange(plans, PLANS - LAST_PLANS, PLANS)));
    }

    private static double milliseconds(long from) {
        return (System.nanoTime() - from) / 1e6;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
