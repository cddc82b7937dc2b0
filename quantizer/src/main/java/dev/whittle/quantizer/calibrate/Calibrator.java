package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.quantizer.observe.MinMaxObserver;
import dev.whittle.quantizer.observe.Observer;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.rule.Int8;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Runs representative data through a float model and watches its activations.
///
/// @param observer makes the observer of each tensor
/// @param inputRanges ranges of inputs that are known beforehand, by input number: an image's 0 to 255 gives scale 1 and
///        zero point −128 exactly, whatever the samples happen to hold
public record Calibrator(Supplier<? extends Observer> observer, Map<Integer, Range> inputRanges) {
    public Calibrator {
        inputRanges = Map.copyOf(inputRanges);
    }

    /// Takes the smallest and the largest value seen, inputs as seen too.
    public static Calibrator minMax() {
        return new Calibrator(MinMaxObserver::new, Map.of());
    }

    /// As this, with the range of an input known beforehand.
    public Calibrator withInputRange(int number, Range range) {
        Map<Integer, Range> ranges = new HashMap<>(inputRanges);
        ranges.put(number, range);
        return new Calibrator(observer, ranges);
    }

    /// The parameters of the model's activations.
    ///
    /// @param samples one array for each input of the model, as many elements as the model's own shape has
    /// @throws IllegalArgumentException when there is no sample, a sample does not fit the inputs, or an activation is
    ///         not finite
    public Calibration calibrate(Model model, Iterable<List<float[]>> samples) {
        Subgraph subgraph = model.primary();
        Map<Integer, Observer> observers = new LinkedHashMap<>();
        for (int tensor : ObservedTensors.of(subgraph)) {
            observers.put(tensor, observer.get());
        }
        Map<Integer, Range> known = KnownRanges.of(subgraph, inputRanges);
        observers.keySet().removeAll(known.keySet());
        int count = 0;
        PlanOptions options = PlanOptions.defaults().withPreserveAllTensors(true);
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
        Map<Integer, QuantizationParameters> parameters = new HashMap<>();
        known.forEach((tensor, range) -> parameters.put(tensor, Int8.covering(range)));
        observers.forEach((tensor, seen) -> parameters.put(tensor, Int8.covering(seen.range())));
        return new Calibration(parameters);
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
