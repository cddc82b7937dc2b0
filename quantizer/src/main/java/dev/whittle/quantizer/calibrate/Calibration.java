package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.model.QuantizationParameters;
import java.util.Map;

/// The int8 parameters of a float model's activations, by tensor index: what calibration measures and what
/// quantization-aware training learns. Tensors whose parameters follow from others (see `QuantizationRule`) have none.
public record Calibration(Map<Integer, QuantizationParameters> parameters) {
    public Calibration {
        parameters = Map.copyOf(parameters);
    }
}
