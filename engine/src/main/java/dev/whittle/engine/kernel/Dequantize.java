package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// DEQUANTIZE: `scale · (code − zeroPoint)` for codes of up to 16 bits, with one scale, one per channel or one per block;
/// FLOAT16 and BFLOAT16 are widened. Output FLOAT32.
///
/// The product of a 24-bit scale and a code of at most 17 bits is rounded once, in float as in the reference's double.
final class Dequantize implements OperatorKernel {
    /** What one code takes, roughly. */
    private static final double VECTOR_NANOSECONDS = 0.15;
    private static final double SCALAR_NANOSECONDS = 0.5;

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
        Kernel emitted = emitted(p, runs);
        if (emitted != null) {
            return emitted;
        }
        boolean isVector = p.tier() == KernelTier.VECTOR;
        return runs.kernel(isVector ? VECTOR_NANOSECONDS : SCALAR_NANOSECONDS, (memory, run, first, end) -> {
            byte[] from = memory.bytes(input);
            float[] to = memory.floats(output);
            float scale = runs.scale()[run % runs.scale().length];
            int zeroPoint = runs.zeroPoint()[run % runs.scale().length];
            int fromOffset = memory.offset(input) + run * length + first;
            int toOffset = memory.offset(output) + run * length + first;
            int count = end - first;
            // Not called for less than a vector: the compiler would take its loop for one that seldom runs.
            int done = isVector && count >= Simd.CODE_LANES
                    ? Simd.bytes(from, fromOffset, mask, scale, zeroPoint, to, toOffset, count)
                    : 0;
            for (int i = done; i < count; i++) {
                to[toOffset + i] = scale * ((from[fromOffset + i] & mask) - zeroPoint);
            }
        });
    }

    /// Machine code for codes of eight bits and of one scale, or null.
    private static @Nullable Kernel emitted(Preparation p, ChannelRuns runs) {
        MachineCode machineCode = p.machineCode();
        ElementType type = p.inputTensor(0).type();
        if (machineCode == null || !TensorChecks.isEightBit(type) || runs.runCount() != 1) {
            return null;
        }
        return machineCode.dequantize(p, new RealsOfCodes(type == ElementType.INT8, runs.scale()[0],
                runs.zeroPoint()[0], p.input(0), p.output(0)));
    }

    /// @param mask −1 where codes have a sign, 0xffff where not
    private static Kernel shorts(Preparation p, int mask) {
        ChannelRuns runs = ChannelRuns.of(p, "input", p.inputTensor(0));
        Slot input = p.input(0);
        Slot output = p.output(0);
        int length = runs.runLength();
        return runs.kernel(SCALAR_NANOSECONDS, (memory, run, first, end) -> {
            short[] from = memory.shorts(input);
            float[] to = memory.floats(output);
            float scale = runs.scale()[run % runs.scale().length];
            int zeroPoint = runs.zeroPoint()[run % runs.scale().length];
            int fromOffset = memory.offset(input) + run * length + first;
            int toOffset = memory.offset(output) + run * length + first;
            for (int i = 0; i < end - first; i++) {
                to[toOffset + i] = scale * ((from[fromOffset + i] & mask) - zeroPoint);
            }
        });
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

    /// Whole vectors of codes.
    private static final class Simd {
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final int INT_LANES = INTS.length();
        private static final int CODE_LANES = Lanes.CODE.length();

        /// @return how many codes were done
        static int bytes(byte[] from, int fromOffset, int mask, float scale, int zeroPoint, float[] to, int toOffset,
                int count) {
            int i = 0;
            for (; i <= count - CODE_LANES; i += INT_LANES) {
                ByteVector.fromArray(Lanes.CODE, from, fromOffset + i).convertShape(VectorOperators.B2I, INTS, 0)
                        .reinterpretAsInts().and(mask).sub(zeroPoint).convert(VectorOperators.I2F, 0)
                        .reinterpretAsFloats().mul(scale).intoArray(to, toOffset + i);
            }
            return i;
        }
    }
}
