package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.quantizer.observe.CalibrationMethod;
import dev.whittle.quantizer.observe.Observer;
import dev.whittle.quantizer.observe.Range;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/// Runs representative data through a float model and watches its activations.
///
/// @param methods the method for a tensor, by the tensor's name
/// @param inputRanges ranges of inputs that are known beforehand, by input number: an image's 0 to 255 gives scale 1 and
///        zero point −128 exactly, whatever the samples happen to hold
/// @param threads to run the model with, 1 or more; their number changes no range
public record Calibrator(Function<String, CalibrationMethod> methods, Map<Integer, Range> inputRanges, int threads) {
    public Calibrator {
        inputRanges = Map.copyOf(inputRanges);
    }

    /// Takes the smallest and the largest value seen, inputs as seen too.
    public static Calibrator minMax() {
        return of(new CalibrationMethod.MinMax());
    }

    /// Takes one method for all tensors.
    public static Calibrator of(CalibrationMethod method) {
        return of(_ -> method);
    }

    /// Takes the method that `methods` gives for each tensor's name.
    public static Calibrator of(Function<String, CalibrationMethod> methods) {
        return new Calibrator(methods, Map.of(), 1);
    }

    /// As this, with the range of an input known beforehand.
    public Calibrator withInputRange(int number, Range range) {
        Map<Integer, Range> ranges = new HashMap<>(inputRanges);
        ranges.put(number, range);
        return new Calibrator(methods, ranges, threads);
    }

    /// As this, with more than one thread.
    public Calibrator withThreads(int newThreads) {
        return new Calibrator(methods, inputRanges, newThreads);
    }

    /// The int8 parameters of the model's activations (equation 3).
    ///
    /// @param samples as for [#ranges]
    /// @throws IllegalArgumentException as [#ranges]
    public Calibration calibrate(Model model, Iterable<List<float[]>> samples) {
        return Calibration.ofRanges(ranges(model, samples));
    }

    /// The ranges of the model's activations, by tensor index, as the methods have them; not widened to hold 0.
    ///
    /// @param samples one array for each input of the model, as many elements as the model's own shape has
    /// @throws IllegalArgumentException when there is no sample, a sample does not fit the inputs, or an activation is
    ///         not finite
    public Map<Integer, Range> ranges(Model model, Iterable<List<float[]>> samples) {
        Subgraph subgraph = model.primary();
        Map<Integer, Observer> observers = new LinkedHashMap<>();
        for (int tensor : ObservedTensors.of(subgraph)) {
            observers.put(tensor, methods.apply(subgraph.tensor(tensor).name()).observer());
        }
        Map<Integer, Range> known = KnownRanges.of(subgraph, inputRanges);
        observers.keySet().removeAll(known.keySet());
        int count = 0;
        PlanOptions options = PlanOptions.defaults().withPreserveAllTensors(true).withThreads(threads);
        try (Interpreter interpreter = Interpreter.of(model, options)) {
            for (List<float[]> sample : samples) {
                putInputs(interpreter, sample, count);
                interpreter.invoke();
                for (Map.Entry<Integer, Observer> entry : observers.entrySet()) {
                    float[] values = interpreter.tensor(entry.getKey()).toFloats();
                    requireFinite(model, subgraph.tensor(entry.getKey()), values, count);
                    entry.getValue().observe(values);
                }
                count++;
            }
        }
        if (count == 0) {
            throw new IllegalArgumentException(
                    "[" + model.source() + "] no representative sample, expected at least one");
        }
        Map<Integer, Range> ranges = new TreeMap<>(known);
        observers.forEach((tensor, seen) -> ranges.put(tensor, seen.range()));
        return ranges;
    }

    private static void putInputs(Interpreter interpreter, List<float[]> sample, int number) {
        int inputs = interpreter.inputs().size();
        if (sample.size() != inputs) {
            throw new IllegalArgumentException("[" + interpreter.model().source() + "] representative sample " + number
                    + " has " + sample.size() + " arrays, the model has " + inputs + " inputs");
        }
        for (int input = 0; input < inputs; input++) {
            interpreter.input(input).putFloats(sample.get(input));
        }
    }

    private static void requireFinite(Model model, Tensor tensor, float[] values, int sample) {
        if (tensor.type() != ElementType.FLOAT32) {
            throw new IllegalArgumentException("[" + model.source() + "] tensor \"" + tensor.name() + "\" is "
                    + tensor.type() + ", calibration needs a model with FLOAT32 activations");
        }
        for (float value : values) {
            // Arithmetic with a fused activation ends at the largest float where it overflows, as the reference's does.
            if (!(Math.abs(value) < Float.MAX_VALUE)) {
                throw new IllegalArgumentException("[" + model.source() + "] tensor \"" + tensor.name() + "\" holds "
                        + value + " at representative sample " + sample + ", must be finite and below "
                        + Float.MAX_VALUE);
            }
        }
    }
}
