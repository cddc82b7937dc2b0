package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;

/// ADD: `output = activation(input0 + input1)` with broadcasting, FLOAT32, INT8 and UINT8.
///
/// Quantized (LiteRT `reference_ops::Add`): either input, its zero point taken off and shifted left by 20 bits, is scaled
/// to `2 · max(scale0, scale1)`; the sum is scaled to the output. Each scaling rounds twice, ties away from zero
/// ([Multiplier]). The first scaling depends on one code alone and is a table of 256.
final class Add implements OperatorKernel {
    private static final int LEFT_SHIFT = 20;
    private static final int CODES = 256;

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
        Activation activation = ((Options.Add) p.options()).activation();
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
                if (step0 == 1 && step1 == 1) {
                    for (int i = 0; i < length; i++) {
                        c[to + i] = Math.min(max, Math.max(min, a[from0 + i] + b[from1 + i]));
                    }
                } else {
                    for (int i = 0; i < length; i++) {
                        c[to + i] = Math.min(max, Math.max(min, a[from0 + i * step0] + b[from1 + i * step1]));
                    }
                }
                to += length;
            }
        };
    }

    private static Kernel codes(Preparation p, Broadcast broadcast, Activation activation, ElementType type) {
        QuantizationParameters in0 = TensorChecks.quantizedPerTensor(p, "input 0", p.inputTensor(0));
        QuantizationParameters in1 = TensorChecks.quantizedPerTensor(p, "input 1", p.inputTensor(1));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        double common = 2 * Math.max(in0.scale(0), in1.scale(0));
        int[] table0 = table(p, "input 0", p.inputTensor(0), in0, common);
        int[] table1 = table(p, "input 1", p.inputTensor(1), in1, common);
        Multiplier toOutput = Multiplier.of(p, "2 · max(input scales) / output scale",
                common / ((1 << LEFT_SHIFT) * out.scale(0)));
        ActivationRange range = ActivationRange.of(activation, type, out);
        int zeroPoint = out.zeroPoint(0);
        Slot input0 = p.input(0);
        Slot input1 = p.input(1);
        Slot output = p.output(0);
        return memory -> {
            byte[] a = memory.bytes(input0);
            byte[] b = memory.bytes(input1);
            byte[] c = memory.bytes(output);
            int to = memory.offset(output);
            for (int run = 0; run < broadcast.runCount(); run++) {
                int from0 = memory.offset(input0) + broadcast.start0(run);
                int from1 = memory.offset(input1) + broadcast.start1(run);
                for (int i = 0; i < broadcast.runLength(); i++) {
                    int sum = table0[a[from0 + i * broadcast.runStep0()] & 0xff]
                            + table1[b[from1 + i * broadcast.runStep1()] & 0xff];
                    c[to + i] = (byte) range.clamp(toOutput.apply(sum) + zeroPoint);
                }
                to += broadcast.runLength();
            }
        };
    }

    /// What each code, taken as an unsigned byte, contributes to the sum.
    private static int[] table(Preparation p, String role, Tensor tensor, QuantizationParameters input, double common) {
        Multiplier multiplier = Multiplier.of(p, role + " scale / common scale", input.scale(0) / common);
        int[] table = new int[CODES];
        for (int code = 0; code < CODES; code++) {
            int value = tensor.type() == ElementType.INT8 ? (byte) code : code;
            table[code] = multiplier.apply((value - input.zeroPoint(0)) << LEFT_SHIFT);
        }
        return table;
    }
}
