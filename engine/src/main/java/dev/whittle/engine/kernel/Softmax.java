package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// SOFTMAX along the last dimension: `exp(beta · (x − max)) / Σ exp(beta · (x − max))`.
///
/// INT8 and UINT8 codes, to codes of their type or to INT16: the exponentials depend on the distance from the largest code
/// alone and are a table of 256. The reference computes them, their sum with twelve integer bits and its reciprocal in
/// 31-bit fixed point (LiteRT `reference_ops::Softmax`, [FixedPoint]); the optimized kernels in float. INT16 to INT16: two
/// [InterpolationTable]s, of the exponential on `[−10, 0]` and of `1 / (1 + x)` (LiteRT `SoftmaxInt16`).
final class Softmax implements OperatorKernel {
    private static final int CODES = 256;
    /** Integer bits of a scaled distance and of the sum of exponentials. */
    private static final int DISTANCE_BITS = 5;
    private static final int SUM_BITS = 12;
    /** Below this the exponential of INT16 codes counts as nothing. */
    private static final double LEAST_EXPONENT = -10;
    private static final int INT16_STEPS = (1 << Short.SIZE) - 1;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return TensorChecks.alongLastDimension(p);
    }

    @Override
    public Kernel prepare(Preparation p) {
        float beta = ((Options.Softmax) p.options()).beta();
        ElementType type = p.inputTensor(0).type();
        if (!TensorChecks.isEightBit(type) || p.outputTensor(0).type() != ElementType.INT16) {
            TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        }
        // Rows are read before they are written, and the passes that write read each element once, before its result.
        p.mayOverwrite(0);
        if (type == ElementType.FLOAT32) {
            return floats(p.input(0), p.output(0), beta, p.tier() == KernelTier.VECTOR);
        }
        if (!(beta >= 0)) {
            throw p.unsupported("beta is " + beta + ", must be 0 or more for " + type);
        }
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        boolean isWide = p.outputTensor(0).type() == ElementType.INT16;
        if (type == ElementType.INT16) {
            requireOutput(p, out, 1f / (1 << 15), 0);
            return shorts(p, in, beta);
        }
        // The format prescribes them, so that the whole type stands for [0, 1).
        requireOutput(p, out, isWide ? 1f / (1 << Short.SIZE) : 1f / CODES,
                TensorChecks.minimumCode(p.outputTensor(0).type()));
        return p.reference() == ReferenceKernels.OPTIMIZED
                ? floatCodes(p, in, out, beta)
                : fixedPointCodes(p, in, beta);
    }

    private static void requireOutput(Preparation p, QuantizationParameters out, float scale, int zeroPoint) {
        if (Math.abs(out.scale(0) - scale) > 0.001f * scale || out.zeroPoint(0) != zeroPoint) {
            throw p.unsupported("output has scale " + out.scale(0) + " and zero point " + out.zeroPoint(0)
                    + ", must be " + scale + " and " + zeroPoint);
        }
    }

    private static Kernel floats(Slot input, Slot output, float beta, boolean vector) {
        int depth = depth(input);
        int rows = rows(input);
        // Whole vectors; none at all where there is but a part of one.
        int inVectors = vector ? Simd.whole(depth) : 0;
        return memory -> {
            float[] from = memory.floats(input);
            float[] to = memory.floats(output);
            for (int row = 0; row < rows; row++) {
                int fromOffset = memory.offset(input) + row * depth;
                int toOffset = memory.offset(output) + row * depth;
                float max = inVectors == 0 ? from[fromOffset] : Simd.largest(from, fromOffset, inVectors);
                for (int i = inVectors; i < depth; i++) {
                    max = Math.max(max, from[fromOffset + i]);
                }
                if (inVectors > 0) {
                    Simd.exponentials(from, fromOffset, inVectors, max, beta, to, toOffset);
                }
                for (int i = inVectors; i < depth; i++) {
                    to[toOffset + i] = Exp.of((from[fromOffset + i] - max) * beta);
                }
                float sum = 0;
                for (int i = 0; i < depth; i++) {
                    sum += to[toOffset + i];
                }
                for (int i = 0; i < depth; i++) {
                    to[toOffset + i] /= sum;
                }
            }
        };
    }

    /// The exponentials of the distances from the largest code, −1 for those that count as nothing.
    ///
    /// @param toDistance from a code to a number with [#DISTANCE_BITS] integer bits
    static int[] exponentials(Multiplier toDistance) {
        int radius = radius(toDistance);
        int[] exponentials = new int[CODES];
        for (int distance = 0; distance < CODES; distance++) {
            exponentials[distance] = distance > radius
                    ? -1
                    : FixedPoint.Q31.expOfNegative(toDistance.apply(-distance), DISTANCE_BITS);
        }
        return exponentials;
    }

    /// From codes to numbers with [#DISTANCE_BITS] integer bits.
    static Multiplier toDistance(double scale) {
        return Multiplier.of(Math.min(scale * (1L << Integer.SIZE - 1 - DISTANCE_BITS), Integer.MAX_VALUE));
    }

    /// The largest distance that a multiplier keeps within its integer bits.
    static int radius(Multiplier toDistance) {
        double largest = Math.scalb((1 << DISTANCE_BITS) - 1.0,
                Integer.SIZE - 1 - DISTANCE_BITS - toDistance.shift());
        return (int) Math.floor(largest);
    }

    /// The share of an exponential in the sum that numbers with [#SUM_BITS] integer bits come to.
    static int sumTerm(int exponential) {
        return exponential < 0 ? 0 : FixedPoint.Q31.scale(exponential, -SUM_BITS);
    }

    private static Kernel fixedPointCodes(Preparation p, QuantizationParameters in, float beta) {
        int[] exponentials = exponentials(toDistance((double) beta * in.scale(0)));
        Slot input = p.input(0);
        Slot output = p.output(0);
        int depth = depth(input);
        int rows = rows(input);
        int mask = input.type() == ElementType.INT8 ? -1 : CODES - 1;
        int min = TensorChecks.minimumCode(output.type());
        int max = TensorChecks.maximumCode(output.type());
        boolean isWide = output.type() == ElementType.INT16;
        return memory -> {
            byte[] from = memory.bytes(input);
            for (int row = 0; row < rows; row++) {
                int fromOffset = memory.offset(input) + row * depth;
                int toOffset = memory.offset(output) + row * depth;
                int largest = largest(from, fromOffset, depth, mask);
                long sum = 0;
                for (int i = 0; i < depth; i++) {
                    sum += sumTerm(exponentials[largest - (from[fromOffset + i] & mask)]);
                }
                // Its leading one is brought to the top of 32 bits.
                int headroom = Long.numberOfLeadingZeros(sum) - Integer.SIZE;
                int fraction = (int) (headroom >= 0 ? sum << headroom : sum >> -headroom) & Integer.MAX_VALUE;
                int share = FixedPoint.Q31.oneOverOnePlus(fraction);
                int shift = SUM_BITS - headroom + Integer.SIZE - 1 - output.type().bits();
                for (int i = 0; i < depth; i++) {
                    int exponential = exponentials[largest - (from[fromOffset + i] & mask)];
                    int steps = exponential < 0
                            ? 0
                            : Rounding.shiftRight(FixedPoint.Q31.multiply(share, exponential), shift);
                    int code = Math.min(steps + min, max);
                    if (isWide) {
                        memory.shorts(output)[toOffset + i] = (short) code;
                    } else {
                        memory.bytes(output)[toOffset + i] = (byte) code;
                    }
                }
            }
        };
    }

    private static Kernel floatCodes(Preparation p, QuantizationParameters in, QuantizationParameters out,
            float beta) {
        float[] exponentials = new float[CODES];
        for (int distance = 0; distance < CODES; distance++) {
            exponentials[distance] = (float) StrictMath.exp(-in.scale(0) * beta * distance);
        }
        float outScale = out.scale(0);
        int zeroPoint = out.zeroPoint(0);
        Slot input = p.input(0);
        Slot output = p.output(0);
        int depth = depth(input);
        int rows = rows(input);
        int mask = input.type() == ElementType.INT8 ? -1 : CODES - 1;
        int max = TensorChecks.maximumCode(output.type());
        boolean isWide = output.type() == ElementType.INT16;
        return memory -> {
            byte[] from = memory.bytes(input);
            for (int row = 0; row < rows; row++) {
                int fromOffset = memory.offset(input) + row * depth;
                int toOffset = memory.offset(output) + row * depth;
                int largest = largest(from, fromOffset, depth, mask);
                float sum = 0;
                for (int i = 0; i < depth; i++) {
                    sum += exponentials[largest - (from[fromOffset + i] & mask)];
                }
                float stepsPerUnit = 1 / (sum * outScale);
                for (int i = 0; i < depth; i++) {
                    float share = exponentials[largest - (from[fromOffset + i] & mask)] * stepsPerUnit;
                    int code = Math.min((int) Rounding.halfAwayFromZero(share) + zeroPoint, max);
                    if (isWide) {
                        memory.shorts(output)[toOffset + i] = (short) code;
                    } else {
                        memory.bytes(output)[toOffset + i] = (byte) code;
                    }
                }
            }
        };
    }

    private static Kernel shorts(Preparation p, QuantizationParameters in, float beta) {
        InterpolationTable exponential = new InterpolationTable(InterpolationTable.Precision.DOUBLE,
                -LEAST_EXPONENT / INT16_STEPS, Short.MAX_VALUE, 2.0 / INT16_STEPS, 0, StrictMath::exp);
        InterpolationTable reciprocal = new InterpolationTable(InterpolationTable.Precision.DOUBLE,
                1.0 / INT16_STEPS, Short.MIN_VALUE, 2.0 / INT16_STEPS, 0, x -> 1 / (1 + x));
        Multiplier toTable = Multiplier.of(p, "input scale * beta * 65535 / 10",
                in.scale(0) * beta / (-LEAST_EXPONENT / INT16_STEPS));
        Slot input = p.input(0);
        Slot output = p.output(0);
        int depth = depth(input);
        int rows = rows(input);
        return memory -> {
            short[] from = memory.shorts(input);
            short[] to = memory.shorts(output);
            for (int row = 0; row < rows; row++) {
                int fromOffset = memory.offset(input) + row * depth;
                int toOffset = memory.offset(output) + row * depth;
                int largest = from[fromOffset];
                for (int i = 1; i < depth; i++) {
                    largest = Math.max(largest, from[fromOffset + i]);
                }
                long sum = 0;
                for (int i = 0; i < depth; i++) {
                    long scaled = (long) toTable.apply(from[fromOffset + i] - largest) + Short.MAX_VALUE;
                    short e = exponential.apply((short) Math.clamp(scaled, Short.MIN_VALUE, Short.MAX_VALUE));
                    to[toOffset + i] = e;
                    sum += e;
                }
                // Its leading one to bit 30, then 17 bits of it: 1 + x, of which the table takes x.
                int headroom = Long.numberOfLeadingZeros(sum) - Integer.SIZE - 1;
                long top = headroom >= 0 ? sum << headroom : sum >> -headroom;
                long x = (top + (1 << 13) >> 14) - (1 << 16) - (1 << 15);
                int share = reciprocal.apply((short) Math.clamp(x, Short.MIN_VALUE, Short.MAX_VALUE));
                int shift = 30 - headroom;
                for (int i = 0; i < depth; i++) {
                    long scaled = (long) to[toOffset + i] * share + (1L << shift - 1) >> shift;
                    to[toOffset + i] = (short) Math.clamp(scaled, 0, Short.MAX_VALUE);
                }
            }
        };
    }

    /// The largest code of a row.
    ///
    /// @param mask −1 where codes have a sign, 255 where not
    static int largest(byte[] codes, int offset, int depth, int mask) {
        int largest = codes[offset] & mask;
        for (int i = 1; i < depth; i++) {
            largest = Math.max(largest, codes[offset + i] & mask);
        }
        return largest;
    }

    /// Elements in a row.
    static int depth(Slot slot) {
        return slot.shape().dimension(slot.shape().rank() - 1);
    }

    static int rows(Slot slot) {
        int depth = depth(slot);
        return depth == 0 ? 0 : slot.elementCount() / depth;
    }

    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final int LANES = FLOATS.length();

        /// How many of so many elements whole vectors take.
        static int whole(int depth) {
            return FLOATS.loopBound(depth);
        }

        static float largest(float[] from, int offset, int count) {
            FloatVector largest = FloatVector.fromArray(FLOATS, from, offset);
            for (int i = LANES; i < count; i += LANES) {
                largest = largest.max(FloatVector.fromArray(FLOATS, from, offset + i));
            }
            return largest.reduceLanes(VectorOperators.MAX);
        }

        static void exponentials(float[] from, int fromOffset, int count, float max, float beta, float[] to,
                int toOffset) {
            for (int i = 0; i < count; i += LANES) {
                VectorExp.of(FloatVector.fromArray(FLOATS, from, fromOffset + i).sub(max).mul(beta)).intoArray(to,
                        toOffset + i);
            }
        }
    }
}
