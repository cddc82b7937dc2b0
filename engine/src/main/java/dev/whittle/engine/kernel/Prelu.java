package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import java.util.function.IntBinaryOperator;

/// PRELU: `x` where it is not negative, else `alpha · x`; alpha, input 1, is broadcast to the input's shape.
///
/// Quantized (LiteRT `reference_ops::Prelu`): the code, zero point taken off, is scaled by `inputScale / outputScale`, or the
/// product with alpha's code by `inputScale · alphaScale / outputScale` (each computed in float), rounding twice, ties away
/// from zero.
final class Prelu implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        Shape output = Broadcast.of(p).output();
        Shape input = p.inputTensor(0).shape();
        if (!output.equals(input)) {
            throw p.malformed("alpha has shape " + p.inputTensor(1).shape() + ", must broadcast to the input's "
                    + input);
        }
        return List.of(output);
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "alpha", p.inputTensor(1), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        BinaryRun<?, ?> run = switch (type) {
            case FLOAT32 -> floats();
            case INT8 -> BinaryRun.bytes(-1, codes(p, type));
            case UINT8 -> BinaryRun.bytes(0xff, codes(p, type));
            default -> throw new AssertionError(type);
        };
        return Broadcast.of(p).kernel(p, run);
    }

    private static BinaryRun<float[], float[]> floats() {
        return (x, from0, step0, alpha, from1, step1, y, to, length) -> {
            for (int i = 0; i < length; i++) {
                float value = x[from0 + i * step0];
                y[to + i] = value >= 0 ? value : value * alpha[from1 + i * step1];
            }
        };
    }

    private static IntBinaryOperator codes(Preparation p, ElementType type) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters alpha = TensorChecks.quantizedPerTensor(p, "alpha", p.inputTensor(1));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        Multiplier positive = Multiplier.of(p, "input scale / output scale", in.scale(0) / out.scale(0));
        Multiplier negative = Multiplier.of(p, "input scale * alpha scale / output scale",
                in.scale(0) * alpha.scale(0) / out.scale(0));
        int min = TensorChecks.minimumCode(type);
        int max = TensorChecks.maximumCode(type);
        int inZero = in.zeroPoint(0);
        int alphaZero = alpha.zeroPoint(0);
        long outZero = out.zeroPoint(0);
        return (x, a) -> {
            int value = x - inZero;
            int scaled = value >= 0 ? positive.apply(value) : negative.apply(value * (a - alphaZero));
            return Math.clamp(scaled + outZero, min, max);
        };
    }
}
