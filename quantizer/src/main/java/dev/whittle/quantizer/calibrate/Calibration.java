package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.rule.Int8;
import dev.whittle.quantizer.rule.IntegerActivations;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What is known of a float model's activations, by tensor index: what calibration measures and what quantization-aware
/// training learns. Tensors whose parameters follow from others (see `QuantizationRule`) have none.
///
/// @param parameters for int8
/// @param ranges of the real numbers, for activations of other widths
public record Calibration(Map<Integer, QuantizationParameters> parameters, Map<Integer, Range> ranges) {
    public Calibration {
        parameters = Map.copyOf(parameters);
        ranges = Map.copyOf(ranges);
        if (!parameters.keySet().equals(ranges.keySet())) {
            throw new IllegalArgumentException("parameters of the tensors " + parameters.keySet() + " and ranges of "
                    + ranges.keySet() + ", must be of the same");
        }
    }

    /// Parameters that were learned, with the ranges that they cover (equation 4).
    public Calibration(Map<Integer, QuantizationParameters> parameters) {
        this(parameters, covered(parameters));
    }

    /// Parameters that cover the given ranges (equation 3).
    public static Calibration ofRanges(Map<Integer, Range> ranges) {
        Map<Integer, QuantizationParameters> parameters = new TreeMap<>();
        ranges.forEach((tensor, range) -> parameters.put(tensor, Int8.covering(range)));
        return new Calibration(parameters, ranges);
    }

    private static Map<Integer, Range> covered(Map<Integer, QuantizationParameters> parameters) {
        Map<Integer, Range> ranges = new TreeMap<>();
        parameters.forEach((tensor, known) -> ranges.put(tensor, Int8.nudged(known)));
        return ranges;
    }

    /// The parameters of a tensor as integers of a type; empty where nothing is known of it.
    public Optional<QuantizationParameters> parameters(int tensor, IntegerActivations activations) {
        QuantizationParameters int8 = parameters.get(tensor);
        Range range = ranges.get(tensor);
        if (int8 == null || range == null) {
            return Optional.empty();
        }
        return Optional.of(switch (activations) {
            case INT8, UINT8 -> activations.fromInt8(int8);
            case INT16 -> activations.covering(range);
        });
    }
}
