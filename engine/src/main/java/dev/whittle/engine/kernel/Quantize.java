package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// QUANTIZE: from FLOAT32 to codes as `round(value / scale) + zeroPoint`, clamped to the type, with one scale or one per
/// channel; NaN becomes the zero point. Or from codes to codes of another scale, zero point or type, scaled by
/// `inputScale / outputScale` with double rounding, ties away from zero (LiteRT `reference_ops::AffineQuantize`,
/// `Requantize`).
///
/// Halves of real numbers go away from zero. The optimized kernels multiply with the reciprocal of the scale and send halves
/// to even, but for the elements after the last whole eight, or where there is a scale per channel.
final class Quantize implements OperatorKernel {
    private static final Set<ElementType> CODES = EnumSet.of(ElementType.INT4, ElementType.INT8, ElementType.UINT8,
            ElementType.INT16, ElementType.UINT16, ElementType.INT32);
    /** What one float takes, roughly. */
    private static final double VECTOR_NANOSECONDS = 0.2;
    private static final double SCALAR_NANOSECONDS = 6;
    /** Elements that the optimized kernels take at once. */
    private static final int OPTIMIZED_ELEMENTS = 8;

    /// Reads one code from an array.
    @FunctionalInterface
    private interface Reader {
        int read(Object array, int index);
    }

    /// Writes one code to an array.
    @FunctionalInterface
    private interface Writer {
        void write(Object array, int index, int code);
    }

    @Override
    public Set<ElementType> types() {
        return EnumSet.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16,
                ElementType.INT32);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType to = p.outputTensor(0).type();
        if (!CODES.contains(to)) {
            throw p.unsupported("output is " + to + ", supported are " + CODES);
        }
        return p.inputTensor(0).type() == ElementType.FLOAT32 ? floats(p) : codes(p);
    }

    private static Kernel floats(Preparation p) {
        ChannelRuns runs = ChannelRuns.of(p, "output", p.outputTensor(0));
        Slot input = p.input(0);
        Slot output = p.output(0);
        Writer writer = writer(output.type());
        int min = TensorChecks.minimumCode(output.type());
        int max = TensorChecks.maximumCode(output.type());
        int channels = runs.scale().length;
        int length = runs.runLength();
        boolean isOptimized = p.reference() == ReferenceKernels.OPTIMIZED && channels == 1
                && output.type() != ElementType.INT4;
        MachineCode machineCode = p.machineCode();
        Kernel emitted = machineCode == null || !TensorChecks.isEightBit(output.type()) || runs.runCount() != 1
                ? null
                : machineCode.quantize(p, new CodesOfReals(output.type() == ElementType.INT8, isOptimized,
                        runs.scale()[0], runs.zeroPoint()[0], input, output));
        if (emitted != null) {
            return emitted;
        }
        int optimized = isOptimized ? length - length % OPTIMIZED_ELEMENTS : 0;
        boolean isVector = p.tier() == KernelTier.VECTOR && TensorChecks.isEightBit(output.type());
        return runs.kernel(isVector ? VECTOR_NANOSECONDS : SCALAR_NANOSECONDS, (memory, run, first, end) -> {
            float[] from = memory.floats(input);
            Object to = memory.array(output);
            float scale = runs.scale()[run % channels];
            int zeroPoint = runs.zeroPoint()[run % channels];
            int fromOffset = memory.offset(input) + run * length;
            int toOffset = memory.offset(output) + run * length;
            int endOptimized = Math.clamp(optimized, first, end);
            int done = first;
            // Not called for less than a vector: the compiler would take its loop for one that seldom runs.
            if (isVector && endOptimized - done >= Simd.LANES) {
                done += Simd.halvesToEven(from, fromOffset + done, 1 / scale, zeroPoint, min, max, (byte[]) to,
                        toOffset + done, endOptimized - done);
            }
            for (; done < endOptimized; done++) {
                long steps = (long) Math.rint(from[fromOffset + done] * (1 / scale));
                writer.write(to, toOffset + done, (int) Math.clamp(saturated(steps) + zeroPoint, min, max));
            }
            if (isVector && end - done >= Simd.LANES) {
                done += Simd.halvesAway(from, fromOffset + done, scale, zeroPoint, min, max, (byte[]) to,
                        toOffset + done, end - done);
            }
            for (; done < end; done++) {
                writer.write(to, toOffset + done, code(from[fromOffset + done], scale, zeroPoint, min, max));
            }
        });
    }

    /// One real number as a code: `round(value / scale) + zeroPoint` within `[min, max]`.
    static int code(float value, float scale, int zeroPoint, int min, int max) {
        long steps = (long) Rounding.halfAwayFromZero(value / scale);
        return Math.clamp(saturated(steps) + zeroPoint, min, max);
    }

    /// So that the sum with a zero point stays within a long.
    private static long saturated(long steps) {
        return Math.clamp(steps, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private static Kernel codes(Preparation p) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        Slot input = p.input(0);
        Slot output = p.output(0);
        Multiplier multiplier = Multiplier.of(p, "input scale / output scale",
                (double) in.scale(0) / (double) out.scale(0));
        int min = TensorChecks.minimumCode(output.type());
        int max = TensorChecks.maximumCode(output.type());
        int inZero = in.zeroPoint(0);
        int outZero = out.zeroPoint(0);
        if (TensorChecks.isEightBit(input.type()) && TensorChecks.isEightBit(output.type())) {
            return new CodeTable(input.type(),
                    code -> Math.clamp((long) multiplier.apply(code - inZero) + outZero, min, max))
                    .kernel(p);
        }
        p.mayOverwrite(0);
        int count = input.elementCount();
        Reader reader = reader(input.type());
        Writer writer = writer(output.type());
        return memory -> {
            Object from = memory.array(input);
            Object to = memory.array(output);
            int fromOffset = memory.offset(input);
            int toOffset = memory.offset(output);
            for (int i = 0; i < count; i++) {
                long scaled = multiplier.apply(reader.read(from, fromOffset + i) - inZero);
                writer.write(to, toOffset + i, Math.clamp(scaled + outZero, min, max));
            }
        };
    }

    private static Reader reader(ElementType type) {
        return switch (type) {
            case INT8 -> (array, index) -> ((byte[]) array)[index];
            case UINT8 -> (array, index) -> ((byte[]) array)[index] & 0xff;
            case INT16 -> (array, index) -> ((short[]) array)[index];
            case INT32 -> (array, index) -> ((int[]) array)[index];
            default -> throw new AssertionError(type);
        };
    }

    private static Writer writer(ElementType type) {
        return switch (type) {
            case INT4, INT8, UINT8 -> (array, index, code) -> ((byte[]) array)[index] = (byte) code;
            case INT16, UINT16 -> (array, index, code) -> ((short[]) array)[index] = (short) code;
            case INT32 -> (array, index, code) -> ((int[]) array)[index] = code;
            default -> throw new AssertionError(type);
        };
    }

    /// Whole vectors of floats, to codes of eight bits. Each method returns how many were done.
    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final int LANES = FLOATS.length();
        /// Steps past this, either way, are past the codes with any zero point.
        private static final float MOST_STEPS = 1024;
        /// Floats from here on are whole: added and taken off again, halves have gone to even.
        private static final float WHOLE = 3 << 22;

        static int halvesToEven(float[] from, int fromOffset, float reciprocal, int zeroPoint, int min, int max,
                byte[] to,
                int toOffset, int count) {
            int end = FLOATS.loopBound(count);
            for (int i = 0; i < end; i += LANES) {
                FloatVector steps = Lanes.clamp(FloatVector.fromArray(FLOATS, from, fromOffset + i).mul(reciprocal),
                        -MOST_STEPS, MOST_STEPS);
                steps.add(WHOLE).sub(WHOLE).convert(VectorOperators.F2I, 0).reinterpretAsInts().add(zeroPoint).max(min)
                        .min(max).convertShape(VectorOperators.I2B, Lanes.CODE, 0).reinterpretAsBytes()
                        .intoArray(to, toOffset + i, Lanes.CODES_OF_INTS);
            }
            return end;
        }

        static int halvesAway(float[] from, int fromOffset, float scale, int zeroPoint, int min, int max, byte[] to,
                int toOffset, int count) {
            int end = FLOATS.loopBound(count);
            for (int i = 0; i < end; i += LANES) {
                FloatVector steps = Lanes.clamp(FloatVector.fromArray(FLOATS, from, fromOffset + i).div(scale),
                        -MOST_STEPS, MOST_STEPS);
                IntVector whole = steps.convert(VectorOperators.F2I, 0).reinterpretAsInts();
                // What was cut off, exactly; twice that is cut to one where it is a half or more.
                FloatVector rest = steps.sub(whole.convert(VectorOperators.I2F, 0));
                IntVector more = rest.add(rest).convert(VectorOperators.F2I, 0).reinterpretAsInts();
                whole.add(more).add(zeroPoint).max(min).min(max).convertShape(VectorOperators.I2B, Lanes.CODE, 0)
                        .reinterpretAsBytes().intoArray(to, toOffset + i, Lanes.CODES_OF_INTS);
            }
            return end;
        }
    }
}
