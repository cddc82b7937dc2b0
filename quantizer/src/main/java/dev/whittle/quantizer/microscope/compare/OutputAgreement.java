package dev.whittle.quantizer.microscope.compare;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How far one output of two models is apart on the same inputs, in real numbers.
///
/// @param output its name in the first model
/// @param samples how many inputs were run
/// @param sqnr the signal-to-quantization-noise ratio `10 · log10(Σ a² / Σ (a − b)²)` in decibels, the first model's output
///        being the signal; null where the outputs are equal
/// @param largestError of any element
/// @param topAgreement the share of rows (vectors along the last dimension) whose largest element is in the same place;
///        null where the last dimension is 1
public record OutputAgreement(String output, int samples, @Nullable Double sqnr, double largestError,
        @Nullable Double topAgreement) {
    private static final double DECIBELS = 10;

    /// Whether it is within what may be asked for.
    ///
    /// @param minimumSqnr in decibels; equal outputs pass any
    public boolean isWithin(double minimumSqnr, double maximumError, double minimumAgreement) {
        return (sqnr == null || sqnr >= minimumSqnr) && largestError <= maximumError
                && (topAgreement == null || topAgreement >= minimumAgreement);
    }

    /// Runs both models on the same real numbers and compares all outputs.
    ///
    /// @param inputs one array for each input of the models
    /// @throws IllegalArgumentException when the models take or give other numbers of elements, or there is no sample
    public static List<OutputAgreement> of(Model first, Model second, Iterable<List<float[]>> inputs) {
        requireAlike(first, second);
        try (Interpreter one = Interpreter.of(first); Interpreter other = Interpreter.of(second)) {
            List<Sums> sums = one.outputs().stream().map(output -> new Sums(output.name(), output.shape())).toList();
            int samples = 0;
            for (List<float[]> sample : inputs) {
                run(one, sample);
                run(other, sample);
                for (int output = 0; output < sums.size(); output++) {
                    sums.get(output).add(one.output(output).toFloats(), other.output(output).toFloats());
                }
                samples++;
            }
            if (samples == 0) {
                throw new IllegalArgumentException("no inputs to compare outputs on, expected at least one");
            }
            List<OutputAgreement> agreements = new ArrayList<>();
            for (Sums sum : sums) {
                agreements.add(sum.agreement(samples));
            }
            return agreements;
        }
    }

    private static void run(Interpreter interpreter, List<float[]> sample) {
        if (sample.size() != interpreter.inputs().size()) {
            throw new IllegalArgumentException("[%s] takes %d inputs, %d given".formatted(
                    interpreter.model().source(), interpreter.inputs().size(), sample.size()));
        }
        for (int input = 0; input < sample.size(); input++) {
            interpreter.input(input).putFloats(sample.get(input));
        }
        interpreter.invoke();
    }

    private static void requireAlike(Model first, Model second) {
        requireAlike("inputs", shapes(first, first.primary().inputs()), shapes(second, second.primary().inputs()));
        requireAlike("outputs", shapes(first, first.primary().outputs()), shapes(second, second.primary().outputs()));
    }

    private static void requireAlike(String ends, List<Shape> one, List<Shape> other) {
        if (!one.equals(other)) {
            throw new IllegalArgumentException("the models have the " + ends + " " + one + " and " + other
                    + ", outputs are compared where they are the same");
        }
    }

    private static List<Shape> shapes(Model model, List<Integer> tensors) {
        return tensors.stream().map(tensor -> model.primary().tensor(tensor).shape()).toList();
    }

    private static final class Sums {
        private final String name;
        private final int row;
        private double signal;
        private double noise;
        private double largest;
        private long rows;
        private long agreeing;

        Sums(String name, Shape shape) {
            this.name = name;
            this.row = shape.rank() == 0 ? 1 : shape.dimension(shape.rank() - 1);
        }

        void add(float[] one, float[] other) {
            if (one.length != other.length) {
                throw new IllegalArgumentException("output \"%s\" has %d and %d elements, expected as many".formatted(
                        name, one.length, other.length));
            }
            for (int i = 0; i < one.length; i++) {
                double error = Float.compare(one[i], other[i]) == 0 ? 0 : (double) one[i] - other[i];
                signal += (double) one[i] * one[i];
                noise += error * error;
                largest = Math.max(largest, Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.abs(error));
            }
            for (int from = 0; row > 1 && from + row <= one.length; from += row) {
                rows++;
                agreeing += top(one, from) == top(other, from) ? 1 : 0;
            }
        }

        private int top(float[] values, int from) {
            int top = 0;
            for (int i = 1; i < row; i++) {
                top = values[from + i] > values[from + top] ? i : top;
            }
            return top;
        }

        OutputAgreement agreement(int samples) {
            return new OutputAgreement(name, samples, noise == 0 ? null : DECIBELS * Math.log10(signal / noise),
                    largest, rows == 0 ? null : (double) agreeing / rows);
        }
    }
}
