package dev.whittle.quantizer.recipe;

import dev.whittle.engine.model.ElementType;
import java.util.List;

/// How an operator computes, and what its weights are stored as. Equations: `docs/QUANTIZATION.md`.
public enum Mode {
    /// Everything FLOAT32.
    FLOAT(ElementType.FLOAT32, 32),
    /// Constants FLOAT16, widened by a DEQUANTIZE when the model is loaded; arithmetic in FLOAT32.
    FLOAT16(ElementType.FLOAT32, 16),
    /// Integer weights; the kernel quantizes its FLOAT32 input anew at each invocation.
    DYNAMIC_RANGE(ElementType.FLOAT32, 8, 4),
    /// Integer weights, widened by a DEQUANTIZE when the model is loaded; arithmetic in FLOAT32.
    WEIGHT_ONLY(ElementType.FLOAT32, 8, 4),
    /// INT8 activations, symmetric integer weights, INT32 biases.
    INT8(ElementType.INT8, 8, 4),
    /// Symmetric INT16 activations, INT8 weights, INT64 biases.
    INT16X8(ElementType.INT16, 8),
    /// UINT8 activations, UINT8 weights with one scale and zero point, INT32 biases: how models were quantized before
    /// INT8, and what old runtimes and accelerators take.
    UINT8(ElementType.UINT8, 8);

    private final ElementType activationType;
    private final List<Integer> weightBits;

    Mode(ElementType activationType, Integer... weightBits) {
        this.activationType = activationType;
        this.weightBits = List.of(weightBits);
    }

    /// The element type of the activations that the operator takes and gives.
    public ElementType activationType() {
        return activationType;
    }

    /// The widths that weights may have, the customary one first.
    public List<Integer> weightBits() {
        return weightBits;
    }

    /// Whether activations are integers, whose ranges have to be known beforehand.
    public boolean isInteger() {
        return activationType != ElementType.FLOAT32;
    }

    /// Whether weights are integers.
    public boolean hasIntegerWeights() {
        return this != FLOAT && this != FLOAT16;
    }
}
