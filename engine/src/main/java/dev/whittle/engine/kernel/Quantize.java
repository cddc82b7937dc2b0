package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// QUANTIZE: from FLOAT32 to INT8, UINT8 or INT16 as `round(value / scale) + zeroPoint`, halves away from zero, clamped to
/// the type; or from codes to codes of another scale, zero point or type, scaled by `inputScale / outputScale` with double
/// rounding, ties away from zero (LiteRT `reference_ops::AffineQuantize`, `Requantize`). NaN becomes the zero point.
final class Quantize implements OperatorKernel {

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
        ElementType to = p.outputTensor(0).type();
        if (to != ElementType.INT8 && to != ElementType.UINT8 && to != ElementType.INT16) {
            throw p.unsupported("output is " + to + ", supported are INT8, UINT8 and INT16");
        }
        Slot input = p.input(0);
        Slot output = p.output(0);
        return switch (input.type()) {
            case FLOAT32 -> floats(p, input, output);
            case INT8, UINT8, INT16, INT32 -> codes(p, input, output);
            case FLOAT16, INT64, STRING, BOOL, COMPLEX64, FLOAT64, COMPLEX128, UINT64, RESOURCE, VARIANT, UINT32,
                    UINT16,
                    INT4, BFLOAT16, INT2, UINT4 ->
                    throw p.unsupported("input is " + input.type()
                            + ", supported are FLOAT32, INT8, UINT8, INT16 and INT32");
        };
    }

    private static Kernel floats(Preparation p, Slot input, Slot output) {
        QuantizationParameters out = TensorChecks.quantized(p, "output", p.outputTensor(0));
        int min = TensorChecks.minimumCode(output.type());
        int max = TensorChecks.maximumCode(output.type());
        int channels = out.scale().size();
        int inner = 1;
        for (int axis = out.quantizedDimension() + 1; axis < output.shape().rank(); axis++) {
            inner *= output.shape().dimension(axis);
        }
        float[] scale = new float[channels];
        int[] zeroPoint = new int[channels];
        for (int channel = 0; channel < channels; channel++) {
            scale[channel] = out.scale(channel);
            zeroPoint[channel] = out.zeroPoint(channel);
        }
        int runLength = channels == 1 ? input.elementCount() : inner;
        int runs = runLength == 0 ? 0 : input.elementCount() / runLength;
        boolean isShort = output.type() == ElementType.INT16;
        return memory -> {
            float[] from = memory.floats(input);
            for (int run = 0; run < runs; run++) {
                int channel = run % channels;
                int fromOffset = memory.offset(input) + run * runLength;
                int toOffset = memory.offset(output) + run * runLength;
                if (isShort) {
                    short[] to = memory.shorts(output);
                    for (int i = 0; i < runLength; i++) {
                        to[toOffset + i] = (short) code(from[fromOffset + i], scale[channel], zeroPoint[channel], min,
                                max);
                    }
                } else {
                    byte[] to = memory.bytes(output);
                    for (int i = 0; i < runLength; i++) {
                        to[toOffset + i] = (byte) code(from[fromOffset + i], scale[channel], zeroPoint[channel], min,
                                max);
                    }
                }
            }
        };
    }

    /// One real number as a code: `round(value / scale) + zeroPoint` within `[min, max]`.
    static int code(float value, float scale, int zeroPoint, int min, int max) {
        long steps = (long) Rounding.halfAwayFromZero(value / scale);
        return (int) Math.clamp(steps + zeroPoint, min, max);
    }

    private static Kernel codes(Preparation p, Slot input, Slot output) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        Multiplier multiplier = Multiplier.of(p, "input scale / output scale",
                (double) in.scale(0) / (double) out.scale(0));
        int min = TensorChecks.minimumCode(output.type());
        int max = TensorChecks.maximumCode(output.type());
        int inZero = in.zeroPoint(0);
        int outZero = out.zeroPoint(0);
        if (TensorChecks.isEightBit(input.type()) && TensorChecks.isEightBit(output.type())) {
            return new CodeTable(input.type(),
                    code -> Math.clamp((long) multiplier.apply(code - inZero) + outZero, min, max))
                    .kernel(input, output);
        }
        int count = input.elementCount();
        return memory -> {
            int fromOffset = memory.offset(input);
            int toOffset = memory.offset(output);
            for (int i = 0; i < count; i++) {
                int code = read(memory, input, fromOffset + i);
                int scaled = Math.clamp((long) multiplier.apply(code - inZero) + outZero, min, max);
                if (output.type() == ElementType.INT16) {
                    memory.shorts(output)[toOffset + i] = (short) scaled;
                } else {
                    memory.bytes(output)[toOffset + i] = (byte) scaled;
                }
            }
        };
    }

    private static int read(Memory memory, Slot slot, int element) {
        return switch (slot.type()) {
            case INT8 -> memory.bytes(slot)[element];
            case UINT8 -> memory.bytes(slot)[element] & 0xff;
            case INT16 -> memory.shorts(slot)[element];
            case INT32 -> memory.ints(slot)[element];
            case FLOAT32, FLOAT16, INT64, STRING, BOOL, COMPLEX64, FLOAT64, COMPLEX128, UINT64, RESOURCE, VARIANT,
                    UINT32, UINT16, INT4, BFLOAT16, INT2, UINT4 -> throw new IllegalArgumentException(
                            slot.type() + " carries no codes");
        };
    }
}
