package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// LEAKY_RELU: `x` where it is positive, else `alpha · x`; alpha may be negative.
///
/// Quantized (LiteRT `reference_ops::QuantizeLeakyRelu`): the code, zero point taken off, is scaled by
/// `inputScale / outputScale`, or by that times alpha (each computed in float), rounding twice, ties away from zero.
final class LeakyRelu implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        float alpha = ((Options.LeakyRelu) p.options()).alpha();
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        if (type == ElementType.FLOAT32) {
            return UnaryRun.floats(x -> x > 0 ? x : x * alpha).kernel(p);
        }
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        Multiplier positive = Multiplier.of(p, "input scale / output scale", in.scale(0) / out.scale(0));
        Multiplier negative = Multiplier.of(p, "input scale * alpha / output scale",
                Math.abs(in.scale(0) * alpha / out.scale(0)));
        int sign = alpha < 0 ? -1 : 1;
        int min = TensorChecks.minimumCode(type);
        int max = TensorChecks.maximumCode(type);
        int inZero = in.zeroPoint(0);
        int outZero = out.zeroPoint(0);
        if (type == ElementType.INT16) {
            return UnaryRun.shorts(code -> Math.clamp(
                    (long) scaled(code - inZero, positive, negative, sign) + outZero, min, max)).kernel(p);
        }
        return new CodeTable(type, code -> Math.clamp(
                (long) scaled(code - inZero, positive, negative, sign) + outZero, min, max))
                .kernel(p);
    }

    private static int scaled(int value, Multiplier positive, Multiplier negative, int sign) {
        return value >= 0 ? positive.apply(value) : sign * negative.apply(value);
    }
}
