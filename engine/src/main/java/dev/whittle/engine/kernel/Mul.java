package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// MUL: `output = activation(input0 · input1)` with broadcasting, FLOAT32, INT8 and UINT8.
///
/// Quantized (LiteRT `reference_ops::Mul`): the product of both codes, zero points taken off, is scaled once by
/// `scale0 · scale1 / outputScale` (computed in float), rounding twice, ties away from zero ([Multiplier]).
final class Mul implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        return List.of(Broadcast.of(p, p.inputTensor(0).shape(), p.inputTensor(1).shape()).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Activation activation = ((Options.Mul) p.options()).activation();
        ActivationRange.requireClamp(p, activation);
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "input 1", p.inputTensor(1), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Broadcast broadcast = Broadcast.of(p, p.inputTensor(0).shape(), p.inputTensor(1).shape());
        return switch (type) {
            case FLOAT32 -> floats(p, broadcast, activation);
            case INT8, UINT8 -> codes(p, broadcast, activation, type);
            case FLOAT16, INT32, INT64, STRING, BOOL, INT16, COMPLEX64, FLOAT64, COMPLEX128, UINT64, RESOURCE, VARIANT,
                    UINT32, UINT16, INT4, BFLOAT16, INT2, UINT4 ->
                    throw p.unsupported("inputs are " + type + ", supported are FLOAT32, INT8 and UINT8");
        };
    }

    private static Kernel floats(Preparation p, Broadcast broadcast, Activation activation) {
        Slot input0 = p.input(0);
        Slot input1 = p.input(1);
        Slot output = p.output(0);
        float min = activation.minimum();
        float max = activation.maximum();
        return memory -> {
            float[] a = memory.floats(input0);
            float[] b = memory.floats(input1);
            float[] c = memory.floats(output);
            int length = broadcast.runLength();
            int step0 = broadcast.runStep0();
            int step1 = broadcast.runStep1();
            int to = memory.offset(output);
            for (int run = 0; run < broadcast.runCount(); run++) {
                int from0 = memory.offset(input0) + broadcast.start0(run);
                int from1 = memory.offset(input1) + broadcast.start1(run);
                for (int i = 0; i < length; i++) {
                    c[to + i] = Math.min(max, Math.max(min, a[from0 + i * step0] * b[from1 + i * step1]));
                }
                to += length;
            }
        };
    }

    private static Kernel codes(Preparation p, Broadcast broadcast, Activation activation, ElementType type) {
        QuantizationParameters in0 = TensorChecks.quantizedPerTensor(p, "input 0", p.inputTensor(0));
        QuantizationParameters in1 = TensorChecks.quantizedPerTensor(p, "input 1", p.inputTensor(1));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        Multiplier multiplier = Multiplier.of(p, "input scales / output scale",
                in0.scale(0) * in1.scale(0) / out.scale(0));
        ActivationRange range = ActivationRange.of(activation, type, out);
        // INT8 codes are read with their sign, UINT8 codes without.
        int mask = type == ElementType.INT8 ? -1 : 0xff;
        int zeroPoint0 = in0.zeroPoint(0);
        int zeroPoint1 = in1.zeroPoint(0);
        int zeroPoint = out.zeroPoint(0);
        Slot input0 = p.input(0);
        Slot input1 = p.input(1);
        Slot output = p.output(0);
        return memory -> {
            byte[] a = memory.bytes(input0);
            byte[] b = memory.bytes(input1);
            byte[] c = memory.bytes(output);
            int step0 = broadcast.runStep0();
            int step1 = broadcast.runStep1();
            int to = memory.offset(output);
            for (int run = 0; run < broadcast.runCount(); run++) {
                int from0 = memory.offset(input0) + broadcast.start0(run);
                int from1 = memory.offset(input1) + broadcast.start1(run);
                for (int i = 0; i < broadcast.runLength(); i++) {
                    int product = ((a[from0 + i * step0] & mask) - zeroPoint0)
                            * ((b[from1 + i * step1] & mask) - zeroPoint1);
                    c[to + i] = (byte) range.clamp(multiplier.apply(product) + zeroPoint);
                }
                to += broadcast.runLength();
            }
        };
    }
}
