package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// RELU and RELU6 as operators of their own: a clamp of every element. NaN stays NaN.
///
/// Quantized (LiteRT `QuantizedReluX`): the code, zero point taken off, is scaled by `inputScale / outputScale` (computed
/// in float), rounding twice, ties away from zero, and clamped to the codes of the bounds.
final class Relu implements OperatorKernel {
    private final Activation clamp;

    /// @param clamp RELU or RELU6
    Relu(Activation clamp) {
        this.clamp = clamp;
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        return switch (type) {
            case FLOAT32 -> floats(p.input(0), p.output(0));
            case INT8, UINT8 -> codes(p, type);
            case FLOAT16, INT32, INT64, STRING, BOOL, INT16, COMPLEX64, FLOAT64, COMPLEX128, UINT64, RESOURCE, VARIANT,
                    UINT32, UINT16, INT4, BFLOAT16, INT2, UINT4 ->
                    throw p.unsupported("input is " + type + ", supported are FLOAT32, INT8 and UINT8");
        };
    }

    private Kernel floats(Slot input, Slot output) {
        int count = input.elementCount();
        float min = clamp.minimum();
        float max = clamp.maximum();
        return memory -> {
            float[] from = memory.floats(input);
            float[] to = memory.floats(output);
            int fromOffset = memory.offset(input);
            int toOffset = memory.offset(output);
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = Math.min(max, Math.max(min, from[fromOffset + i]));
            }
        };
    }

    private Kernel codes(Preparation p, ElementType type) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        Multiplier multiplier = Multiplier.of(p, "input scale / output scale", in.scale(0) / out.scale(0));
        ActivationRange range = ActivationRange.of(clamp, type, out);
        return new CodeTable(type,
                code -> range.clamp(multiplier.apply(code - in.zeroPoint(0)) + out.zeroPoint(0)))
                .kernel(p.input(0), p.output(0));
    }
}
