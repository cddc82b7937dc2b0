package dev.whittle.quantizer.rewrite;

import dev.whittle.engine.model.ElementType;

/// The element types of a quantized model's FLOAT32 inputs and outputs: FLOAT32, INT8, UINT8 or INT16. Where the operators
/// there compute on another type, a QUANTIZE or DEQUANTIZE stands between.
public record Ends(ElementType input, ElementType output) {
    public Ends {
        require("input", input);
        require("output", output);
    }

    /// Inputs and outputs of one type.
    public static Ends of(ElementType type) {
        return new Ends(type, type);
    }

    private static void require(String end, ElementType type) {
        switch (type) {
            case FLOAT32, INT8, UINT8, INT16 -> {
                // Supported.
            }
            default -> throw new IllegalArgumentException(
                    end + " type " + type + ", supported are FLOAT32, INT8, UINT8 and INT16");
        }
    }
}
