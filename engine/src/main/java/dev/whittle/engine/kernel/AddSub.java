package dev.whittle.engine.kernel;

import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// ADD and SUB: `output = activation(input0 ± input1)` with broadcasting. Integers wrap around; reals stay finite, as the
/// reference clamps them to the largest float where there is no activation.
///
/// Quantized (LiteRT `reference_ops::Add`, `Sub`): either input, its zero point taken off and shifted left by 20 bits (15
/// for INT16), is scaled to `2 · max(scale0, scale1)`; the sum is scaled to the output. Each scaling rounds twice, ties
/// away from zero ([Multiplier]). For codes of eight bits the first scaling is a table of 256. INT16 whose scales are
/// powers of two, where the option asks for it, shifts the finer input right and adds, saturating.
final class AddSub implements OperatorKernel {
    private static final int CODES = 256;
    private static final int LEFT_SHIFT = 20;
    private static final int LEFT_SHIFT_16 = 15;
    /** What one float takes, roughly, and one code of eight bits. */
    private static final double VECTOR_NANOSECONDS = 0.1;
    private static final double SCALAR_NANOSECONDS = 1;
    private static final double VECTOR_NANOSECONDS_OF_CODES = 0.5;
    private static final double SCALAR_NANOSECONDS_OF_CODES = 2.5;

    enum Kind {
        ADD(1), SUB(-1);

        /** What input 1 is multiplied by. */
        private final int sign;

        Kind(int sign) {
            this.sign = sign;
        }
    }

    private final int sign;

    AddSub(Kind kind) {
        this.sign = kind.sign;
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16, ElementType.INT32,
                ElementType.INT64);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return List.of(Broadcast.of(p).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Activation activation = switch (p.options()) {
            case Options.Add add -> add.activation();
            case Options.Sub sub -> sub.activation();
            default -> throw new AssertionError(p.options());
        };
        ActivationRange.requireClamp(p, activation);
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "input 1", p.inputTensor(1), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Broadcast broadcast = Broadcast.of(p);
        return switch (type) {
            case FLOAT32 -> {
                boolean isVector = p.tier() == KernelTier.VECTOR;
                float min = ActivationRange.realMinimum(activation);
                float max = ActivationRange.realMaximum(activation);
                Kernel emitted = broadcast.machineCode(p, sign > 0 ? Operation.ADD : Operation.SUB, min, max);
                yield emitted != null
                        ? emitted
                        : broadcast.fastKernel(p, isVector ? VECTOR_NANOSECONDS : SCALAR_NANOSECONDS,
                                floats(min, max, isVector));
            }
            case INT8, UINT8 -> {
                Kernel emitted = emitted(p, activation, type);
                yield emitted != null ? emitted : broadcast.fastKernel(p,
                        p.tier() == KernelTier.VECTOR ? VECTOR_NANOSECONDS_OF_CODES : SCALAR_NANOSECONDS_OF_CODES,
                        codes(p, activation, type));
            }
            case INT16 -> broadcast.kernel(p, p.inputTensor(0).quantization() == null
                    ? plainShorts(activation)
                    : shortCodes(p, activation));
            case INT32 -> broadcast.kernel(p, ints(activation));
            case INT64 -> broadcast.kernel(p, longs(activation));
            default -> throw new AssertionError(type);
        };
    }

    /// Machine code for sums of tensors of one shape, or null.
    private @Nullable Kernel emitted(Preparation p, Activation activation, ElementType type) {
        MachineCode machineCode = p.machineCode();
        Scaling scaling = Scaling.of(p, LEFT_SHIFT);
        if (machineCode == null || sign < 0 || !scaling.toOutput.fitsVectors()
                || Math.min(scaling.to0.shift(), scaling.to1.shift()) <= 1 - Integer.SIZE
                || !p.inputTensor(0).shape().equals(p.inputTensor(1).shape())) {
            return null;
        }
        ActivationRange range = ActivationRange.of(activation, type, scaling.out);
        int coarse = scaling.in0.scale(0) >= scaling.in1.scale(0) ? 0 : 1;
        Kernel kernel = machineCode.sum(p, new SumOfCodes(type == ElementType.INT8, p.input(coarse),
                (coarse == 0 ? scaling.in0 : scaling.in1).zeroPoint(0), p.input(1 - coarse),
                (coarse == 0 ? scaling.in1 : scaling.in0).zeroPoint(0), coarse == 0 ? scaling.to1 : scaling.to0,
                scaling.toOutput, p.output(0), scaling.out.zeroPoint(0), range.min(), range.max()));
        if (kernel != null) {
            p.mayOverwrite(0);
            p.mayOverwrite(1);
        }
        return kernel;
    }

    private BinaryRun<float[], float[]> floats(float min, float max, boolean isVector) {
        // A product with ±1 is exact, so that one loop adds and subtracts.
        float factor = sign;
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            int done = 0;
            // Not called for less than a vector: the compiler would take its loop for one that seldom runs.
            if (isVector && length >= Simd.LANES) {
                if (step0 == step1) {
                    done = Simd.sum(a, from0, b, from1, factor, min, max, c, to, length);
                } else if (step0 == 1) {
                    done = Simd.sum(a, from0, 1, factor * b[from1], min, max, c, to, length);
                } else {
                    done = Simd.sum(b, from1, factor, a[from0], min, max, c, to, length);
                }
            }
            if (step0 == 1 && step1 == 1) {
                for (int i = done; i < length; i++) {
                    c[to + i] = Gemm.clamp(a[from0 + i] + factor * b[from1 + i], min, max);
                }
            } else if (step0 == 1) {
                float y = factor * b[from1];
                for (int i = done; i < length; i++) {
                    c[to + i] = Gemm.clamp(a[from0 + i] + y, min, max);
                }
            } else {
                for (int i = done; i < length; i++) {
                    c[to + i] = Gemm.clamp(a[from0 + i * step0] + factor * b[from1 + i * step1], min, max);
                }
            }
        };
    }

    private BinaryRun<int[], int[]> ints(Activation activation) {
        ActivationRange range = ActivationRange.ofIntegers(activation, ElementType.INT32);
        return BinaryRun.ints((x, y) -> range.clamp(x + sign * y));
    }

    private BinaryRun<long[], long[]> longs(Activation activation) {
        long min = (long) activation.minimum();
        long max = (long) activation.maximum();
        return BinaryRun.longs((x, y) -> Math.min(max, Math.max(min, x + sign * y)));
    }

    private BinaryRun<short[], short[]> plainShorts(Activation activation) {
        ActivationRange range = ActivationRange.ofIntegers(activation, ElementType.INT16);
        return BinaryRun.shorts(-1, (x, y) -> range.clamp((short) (x + sign * y)));
    }

    private BinaryRun<byte[], byte[]> codes(Preparation p, Activation activation, ElementType type) {
        Scaling scaling = Scaling.of(p, LEFT_SHIFT);
        int[] table0 = table(type, scaling.to0, scaling.in0, 1);
        int[] table1 = table(type, scaling.to1, scaling.in1, sign);
        Multiplier toOutput = scaling.toOutput;
        ActivationRange range = ActivationRange.of(activation, type, scaling.out);
        int zeroPoint = scaling.out.zeroPoint(0);
        int mask = type == ElementType.INT8 ? -1 : CODES - 1;
        boolean isVector = isVector(p, scaling);
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            int done = 0;
            if (isVector && step0 == step1 && length >= Simd.CODE_LANES) {
                done = Simd.sum(a, from0, b, from1, mask, scaling, sign, range.min(), range.max(), c, to, length);
            }
            for (int i = done; i < length; i++) {
                int sum = table0[a[from0 + i * step0] & 0xff] + table1[b[from1 + i * step1] & 0xff];
                c[to + i] = (byte) range.clamp(toOutput.apply(sum) + zeroPoint);
            }
        };
    }

    private static boolean isVector(Preparation p, Scaling scaling) {
        return p.tier() == KernelTier.VECTOR && scaling.toOutput.fitsVectors()
                && Math.min(scaling.to0.shift(), scaling.to1.shift()) > 1 - Integer.SIZE;
    }

    /// What each code, taken as an unsigned byte, contributes to the sum.
    private static int[] table(ElementType type, Multiplier multiplier, QuantizationParameters input, int sign) {
        int[] table = new int[CODES];
        for (int code = 0; code < CODES; code++) {
            int value = type == ElementType.INT8 ? (byte) code : code;
            table[code] = sign * multiplier.apply((value - input.zeroPoint(0)) << LEFT_SHIFT);
        }
        return table;
    }

    private BinaryRun<short[], short[]> shortCodes(Preparation p, Activation activation) {
        Scaling scaling = Scaling.of(p, LEFT_SHIFT_16);
        ActivationRange range = ActivationRange.of(activation, ElementType.INT16, scaling.out);
        boolean asksForShifts = switch (p.options()) {
            case Options.Add add -> add.potScaleInt16();
            case Options.Sub sub -> sub.potScaleInt16();
            default -> throw new AssertionError(p.options());
        };
        if (asksForShifts && scaling.isShift()) {
            int shift0 = scaling.rightShift(scaling.in0);
            int shift1 = scaling.rightShift(scaling.in1);
            return BinaryRun.shorts(-1, (x, y) -> {
                int sum = Rounding.shiftRight(x, shift0) + sign * Rounding.shiftRight(y, shift1);
                return range.clamp(sum);
            });
        }
        Multiplier to0 = scaling.to0;
        Multiplier to1 = scaling.to1;
        Multiplier toOutput = scaling.toOutput;
        int zeroPoint0 = scaling.in0.zeroPoint(0);
        int zeroPoint1 = scaling.in1.zeroPoint(0);
        int zeroPoint = scaling.out.zeroPoint(0);
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                int sum = to0.apply((a[from0 + i * step0] - zeroPoint0) << LEFT_SHIFT_16)
                        + sign * to1.apply((b[from1 + i * step1] - zeroPoint1) << LEFT_SHIFT_16);
                c[to + i] = (short) range.clamp(toOutput.apply(sum) + zeroPoint);
            }
        };
    }

    /// From either input to the common scale, and from there to the output.
    private record Scaling(QuantizationParameters in0, QuantizationParameters in1, QuantizationParameters out,
            Multiplier to0, Multiplier to1, Multiplier toOutput) {

        static Scaling of(Preparation p, int leftShift) {
            QuantizationParameters in0 = TensorChecks.quantizedPerTensor(p, "input 0", p.inputTensor(0));
            QuantizationParameters in1 = TensorChecks.quantizedPerTensor(p, "input 1", p.inputTensor(1));
            QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
            double common = 2.0 * Math.max(in0.scale(0), in1.scale(0));
            return new Scaling(in0, in1, out,
                    Multiplier.of(p, "input 0 scale / common scale", in0.scale(0) / common),
                    Multiplier.of(p, "input 1 scale / common scale", in1.scale(0) / common),
                    Multiplier.of(p, "2 · max(input scales) / output scale",
                            common / ((1 << leftShift) * (double) out.scale(0))));
        }

        /// Whether shifts alone rescale: powers of two without zero points, one input on the output's scale and the other
        /// finer.
        boolean isShift() {
            boolean isSymmetric = in0.zeroPoint(0) == 0 && in1.zeroPoint(0) == 0 && out.zeroPoint(0) == 0;
            return isSymmetric && Multiplier.isPowerOfTwo(in0.scale(0)) && Multiplier.isPowerOfTwo(in1.scale(0))
                    && Multiplier.isPowerOfTwo(out.scale(0)) && Math.min(rightShift(in0), rightShift(in1)) == 0;
        }

        int rightShift(QuantizationParameters input) {
            return Multiplier.log2(out.scale(0)) - Multiplier.log2(input.scale(0));
        }
    }

    /// Whole vectors of a run. Each method returns how many elements it did.
    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final int LANES = FLOATS.length();
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final int INT_LANES = INTS.length();
        private static final int CODE_LANES = Lanes.CODE.length();
        /// Of a doubling high product of codes that were shifted left.
        private static final int LOST_BITS = Integer.SIZE - 1 - LEFT_SHIFT;
        private static final int LOW_BITS = 15;

        /// `a + factor · b`, the factor being ±1, so that fusing the operations changes nothing.
        static int sum(float[] a, int from0, float[] b, int from1, float factor, float min, float max, float[] c,
                int to,
                int length) {
            FloatVector factors = FloatVector.broadcast(FLOATS, factor);
            int end = FLOATS.loopBound(length);
            for (int i = 0; i < end; i += LANES) {
                FloatVector x = FloatVector.fromArray(FLOATS, a, from0 + i);
                FloatVector y = FloatVector.fromArray(FLOATS, b, from1 + i);
                Lanes.clamp(y.fma(factors, x), min, max).intoArray(c, to + i);
            }
            return end;
        }

        /// `factor · a + y` for one `y`.
        static int sum(float[] a, int from, float factor, float y, float min, float max, float[] c, int to,
                int length) {
            FloatVector factors = FloatVector.broadcast(FLOATS, factor);
            FloatVector ys = FloatVector.broadcast(FLOATS, y);
            int end = FLOATS.loopBound(length);
            for (int i = 0; i < end; i += LANES) {
                FloatVector x = FloatVector.fromArray(FLOATS, a, from + i);
                Lanes.clamp(x.fma(factors, ys), min, max).intoArray(c, to + i);
            }
            return end;
        }

        /// Codes of eight bits. That whose scale is the larger weighs one half, exactly: it is shifted. The term of the
        /// other is what the table of it holds; its doubling high product fits ints, since the multiplier is cut in two,
        /// of which the upper part leaves the bits that are rounded off empty.
        static int sum(byte[] a, int from0, byte[] b, int from1, int mask, Scaling scaling, int sign, int min, int max,
                byte[] c, int to, int length) {
            boolean isCoarse0 = scaling.in0.scale(0) >= scaling.in1.scale(0);
            byte[] coarse = isCoarse0 ? a : b;
            byte[] fine = isCoarse0 ? b : a;
            int coarseFrom = isCoarse0 ? from0 : from1;
            int fineFrom = isCoarse0 ? from1 : from0;
            int coarseFactor = (isCoarse0 ? 1 : sign) << LEFT_SHIFT - 1;
            int coarseBias = -coarseFactor * (isCoarse0 ? scaling.in0 : scaling.in1).zeroPoint(0);
            int fineSign = isCoarse0 ? sign : 1;
            int fineZeroPoint = (isCoarse0 ? scaling.in1 : scaling.in0).zeroPoint(0);
            Multiplier toFine = isCoarse0 ? scaling.to1 : scaling.to0;
            // One half, which both weigh where the scales are the same, goes as 1 with a shift, as there must be one.
            boolean isHalf = toFine.shift() == 0;
            int fineShift = isHalf ? 1 : -toFine.shift();
            long multiplier = isHalf ? 1L << Integer.SIZE - 1 : toFine.multiplier();
            int upper = (int) (multiplier >> LOW_BITS << LOW_BITS - LOST_BITS);
            int lower = (int) (multiplier & (1 << LOW_BITS) - 1);
            LongVector toOutput = Multiplier.Simd.lanes(scaling.toOutput.multiplier());
            int shift = -scaling.toOutput.shift();
            int zeroPoint = scaling.out.zeroPoint(0);
            int i = 0;
            for (; i <= length - CODE_LANES; i += INT_LANES) {
                IntVector x = ByteVector.fromArray(Lanes.CODE, coarse, coarseFrom + i)
                        .convertShape(VectorOperators.B2I, INTS, 0).reinterpretAsInts().and(mask);
                IntVector y = ByteVector.fromArray(Lanes.CODE, fine, fineFrom + i)
                        .convertShape(VectorOperators.B2I, INTS, 0).reinterpretAsInts().and(mask).sub(fineZeroPoint);
                IntVector high = y.mul(lower).add(1 << LOST_BITS - 1).lanewise(VectorOperators.ASHR, LOST_BITS)
                        .add(y.mul(upper));
                IntVector sum = Multiplier.Simd.shiftRight(high, fineShift).mul(fineSign).add(x.mul(coarseFactor))
                        .add(coarseBias);
                Multiplier.Simd.apply(sum, toOutput, shift).add(zeroPoint).max(min).min(max)
                        .convertShape(VectorOperators.I2B, Lanes.CODE, 0).reinterpretAsBytes()
                        .intoArray(c, to + i, Lanes.CODES_OF_INTS);
            }
            return i;
        }
    }
}
