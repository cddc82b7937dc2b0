package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// DEQUANTIZE: `scale · (code − zeroPoint)` for codes of up to 16 bits, with one scale, one per channel or one per block;
/// FLOAT16 and BFLOAT16 are widened. Output FLOAT32.
///
/// The product of a 24-bit scale and a code of at most 17 bits is rounded once, in float as in the reference's double.
final class Dequantize implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return EnumSet.of(ElementType.INT8, ElementType.UINT8, ElementType.INT16, ElementType.UINT16,
                ElementType.INT4, ElementType.UINT4, ElementType.INT2, ElementType.FLOAT16, ElementType.BFLOAT16);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.FLOAT32);
        ElementType type = p.inputTensor(0).type();
        return switch (type) {
            case INT8, INT4, UINT4, INT2 -> bytes(p, -1);
            case UINT8 -> bytes(p, 0xff);
            case INT16 -> shorts(p, -1);
            case UINT16 -> shorts(p, 0xffff);
            case FLOAT16, BFLOAT16 -> halves(p, type);
            default -> throw new AssertionError(type);
        };
    }

    /// @param mask −1 where codes have a sign, 0xff where not
    private static Kernel bytes(Preparation p, int mask) {
        ChannelRuns runs = ChannelRuns.of(p, "input", p.inputTensor(0));
        Slot input = p.input(0);
        Slot output = p.output(0);
        int length = runs.runLength();
        return memory -> {
            byte[] from = memory.bytes(input);
            float[] to = memory.floats(output);
            for (int run = 0; run < runs.runCount(); run++) {
                float scale = runs.scale()[run % runs.scale().length];
                int zeroPoint = runs.zeroPoint()[run % runs.scale().length];
                int fromOffset = memory.offset(input) + run * length;
                int toOffset = memory.offset(output) + run * length;
                for (int i = 0; i < length; i++) {
                    to[toOffset + i] = scale * ((from[fromOffset + i] & mask) - zeroPoint);
                }
            }
        };
    }

    /// @param mask −1 where codes have a sign, 0xffff where not
    private static Kernel shorts(Preparation p, int mask) {
        ChannelRuns runs = ChannelRuns.of(p, "input", p.inputTensor(0));
        Slot input = p.input(0);
        Slot output = p.output(0);
        int length = runs.runLength();
        return memory -> {
            short[] from = memory.shorts(input);
            float[] to = memory.floats(output);
            for (int run = 0; run < runs.runCount(); run++) {
                float scale = runs.scale()[run % runs.scale().length];
                int zeroPoint = runs.zeroPoint()[run % runs.scale().length];
                int fromOffset = memory.offset(input) + run * length;
                int toOffset = memory.offset(output) + run * length;
                for (int i = 0; i < length; i++) {
                    to[toOffset + i] = scale * ((from[fromOffset + i] & mask) - zeroPoint);
                }
            }
        };
    }

    private static Kernel halves(Preparation p, ElementType type) {
        Slot input = p.input(0);
        Slot output = p.output(0);
        int count = input.elementCount();
        return memory -> {
            short[] from = memory.shorts(input);
            float[] to = memory.floats(output);
            int fromOffset = memory.offset(input);
            int toOffset = memory.offset(output);
            for (int i = 0; i < count; i++) {
                to[toOffset + i] = HalfFloat.widen(type, from[fromOffset + i]);
            }
        };
    }
}
