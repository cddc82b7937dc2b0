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

/// MUL: `output = activation(input0 · input1)` with broadcasting. Integers wrap around; reals stay finite, as the reference
/// clamps them to the largest float where there is no activation. COMPLEX64 takes no activation.
///
/// Quantized (LiteRT `reference_ops::Mul`): the product of both codes, zero points taken off, is scaled once by
/// `scale0 · scale1 / outputScale` (computed in float), rounding twice, ties away from zero ([Multiplier]). Of INT16 inputs
/// with an output of eight bits the scales are taken as 2⁻¹⁵, 2⁻¹⁵ and 2⁻⁷: high half of the doubled product, then eight
/// bits off, each rounded.
final class Mul implements OperatorKernel {
    /** What one float takes, roughly, and one code of eight bits. */
    private static final double VECTOR_NANOSECONDS = 0.1;
    private static final double SCALAR_NANOSECONDS = 1;
    private static final double VECTOR_NANOSECONDS_OF_CODES = 0.4;
    private static final double SCALAR_NANOSECONDS_OF_CODES = 2;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.INT8, ElementType.UINT8, ElementType.INT16,
                ElementType.INT32, ElementType.UINT32, ElementType.INT64, ElementType.COMPLEX64);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return List.of(Broadcast.of(p).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Activation activation = ((Options.Mul) p.options()).activation();
        ActivationRange.requireClamp(p, activation);
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "input 1", p.inputTensor(1), type);
        boolean isNarrowing = type == ElementType.INT16 && TensorChecks.isEightBit(p.outputTensor(0).type());
        if (!isNarrowing) {
            TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        }
        Broadcast broadcast = Broadcast.of(p);
        float min = ActivationRange.realMinimum(activation);
        float max = ActivationRange.realMaximum(activation);
        return switch (type) {
            case FLOAT32 -> {
                boolean isVector = p.tier() == KernelTier.VECTOR;
                Kernel emitted = broadcast.machineCode(p, Operation.MUL, min, max);
                yield emitted != null
                        ? emitted
                        : broadcast.fastKernel(p, isVector ? VECTOR_NANOSECONDS : SCALAR_NANOSECONDS,
                                floats(min, max, isVector));
            }
            case FLOAT16 -> broadcast.kernel(p,
                    BinaryRun.halves(type, (x, y) -> Math.min(max, Math.max(min, x * y))));
            case INT8, UINT8 -> broadcast.fastKernel(p,
                    p.tier() == KernelTier.VECTOR ? VECTOR_NANOSECONDS_OF_CODES : SCALAR_NANOSECONDS_OF_CODES,
                    codes(p, activation, type));
            case INT16 -> {
                if (isNarrowing) {
                    yield broadcast.kernel(p, narrowing(p, activation));
                }
                yield broadcast.kernel(p, p.outputTensor(0).quantization() == null
                        ? plainShorts(activation)
                        : shortCodes(p, activation));
            }
            case INT32 -> {
                ActivationRange range = ActivationRange.ofIntegers(activation, type);
                yield broadcast.kernel(p, BinaryRun.ints((x, y) -> range.clamp(x * y)));
            }
            case UINT32 -> {
                // Nothing is below 0, and the other bounds are small.
                long most = (long) Math.min(activation.maximum(), (float) (1L << 32));
                yield broadcast.kernel(p,
                        BinaryRun.ints((x, y) -> (int) Math.min(most, Integer.toUnsignedLong(x * y))));
            }
            case INT64 -> {
                long least = (long) activation.minimum();
                long most = (long) activation.maximum();
                yield broadcast.kernel(p, BinaryRun.longs((x, y) -> Math.min(most, Math.max(least, x * y))));
            }
            case COMPLEX64 -> {
                if (activation != Activation.NONE) {
                    throw p.unsupported("fused activation is " + activation + ", must be NONE for COMPLEX64");
                }
                yield broadcast.kernel(p, complex());
            }
            default -> throw new AssertionError(type);
        };
    }

    private static BinaryRun<float[], float[]> floats(float min, float max, boolean isVector) {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            int done = 0;
            // Not called for less than a vector: the compiler would take its loop for one that seldom runs.
            if (isVector && length >= Simd.LANES) {
                if (step0 == step1) {
                    done = Simd.product(a, from0, b, from1, min, max, c, to, length);
                } else if (step0 == 1) {
                    done = Simd.product(a, from0, b[from1], min, max, c, to, length);
                } else {
                    done = Simd.product(b, from1, a[from0], min, max, c, to, length);
                }
            }
            if (step0 == 1 && step1 == 1) {
                for (int i = done; i < length; i++) {
                    c[to + i] = Gemm.clamp(a[from0 + i] * b[from1 + i], min, max);
                }
            } else if (step0 == 1) {
                float y = b[from1];
                for (int i = done; i < length; i++) {
                    c[to + i] = Gemm.clamp(a[from0 + i] * y, min, max);
                }
            } else {
                for (int i = done; i < length; i++) {
                    c[to + i] = Gemm.clamp(a[from0 + i * step0] * b[from1 + i * step1], min, max);
                }
            }
        };
    }

    private static BinaryRun<float[], float[]> complex() {
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                float re0 = a[from0 + 2 * i * step0];
                float im0 = a[from0 + 2 * i * step0 + 1];
                float re1 = b[from1 + 2 * i * step1];
                float im1 = b[from1 + 2 * i * step1 + 1];
                c[to + 2 * i] = re0 * re1 - im0 * im1;
                c[to + 2 * i + 1] = re0 * im1 + im0 * re1;
            }
        };
    }

    private static BinaryRun<byte[], byte[]> codes(Preparation p, Activation activation, ElementType type) {
        Scaling scaling = Scaling.of(p, activation);
        Multiplier multiplier = scaling.multiplier;
        ActivationRange range = scaling.range;
        // INT8 codes are read with their sign, UINT8 codes without.
        int mask = type == ElementType.INT8 ? -1 : 0xff;
        int zeroPoint0 = scaling.zeroPoint0;
        int zeroPoint1 = scaling.zeroPoint1;
        int zeroPoint = scaling.zeroPoint;
        boolean isVector = p.tier() == KernelTier.VECTOR && multiplier.fitsVectors();
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            int done = 0;
            if (isVector && step0 == step1 && length >= Simd.CODE_LANES) {
                done = Simd.product(a, from0, b, from1, mask, scaling, c, to, length);
            }
            for (int i = done; i < length; i++) {
                int product = ((a[from0 + i * step0] & mask) - zeroPoint0)
                        * ((b[from1 + i * step1] & mask) - zeroPoint1);
                c[to + i] = (byte) range.clamp(multiplier.apply(product) + zeroPoint);
            }
        };
    }

    private static BinaryRun<short[], short[]> shortCodes(Preparation p, Activation activation) {
        Scaling scaling = Scaling.of(p, activation);
        Multiplier multiplier = scaling.multiplier;
        ActivationRange range = scaling.range;
        if (scaling.zeroPoint0 != 0 || scaling.zeroPoint1 != 0 || scaling.zeroPoint != 0) {
            throw p.unsupported("zero points are " + scaling.zeroPoint0 + ", " + scaling.zeroPoint1 + " and "
                    + scaling.zeroPoint + ", must be 0 for INT16");
        }
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                c[to + i] = (short) range.clamp(multiplier.apply(a[from0 + i * step0] * b[from1 + i * step1]));
            }
        };
    }

    private static BinaryRun<short[], short[]> plainShorts(Activation activation) {
        ActivationRange range = ActivationRange.ofIntegers(activation, ElementType.INT16);
        return BinaryRun.shorts(-1, (x, y) -> range.clamp((short) (x * y)));
    }

    private static BinaryRun<short[], byte[]> narrowing(Preparation p, Activation activation) {
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        ActivationRange range = ActivationRange.of(activation, p.outputTensor(0).type(), out);
        int zeroPoint = out.zeroPoint(0);
        return (a, from0, step0, b, from1, step1, c, to, length) -> {
            for (int i = 0; i < length; i++) {
                int product = FixedPoint.Q15.multiply(a[from0 + i * step0], b[from1 + i * step1]);
                c[to + i] = (byte) range.clamp(Rounding.shiftRight(product, Byte.SIZE) + zeroPoint);
            }
        };
    }

    private record Scaling(Multiplier multiplier, ActivationRange range, int zeroPoint0, int zeroPoint1,
            int zeroPoint) {

        static Scaling of(Preparation p, Activation activation) {
            QuantizationParameters in0 = TensorChecks.quantizedPerTensor(p, "input 0", p.inputTensor(0));
            QuantizationParameters in1 = TensorChecks.quantizedPerTensor(p, "input 1", p.inputTensor(1));
            QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
            return new Scaling(
                    Multiplier.of(p, "input scales / output scale", in0.scale(0) * in1.scale(0) / out.scale(0)),
                    ActivationRange.of(activation, p.outputTensor(0).type(), out), in0.zeroPoint(0), in1.zeroPoint(0),
                    out.zeroPoint(0));
        }
    }

    /// Whole vectors of a run. Each method returns how many elements it did.
    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final int LANES = FLOATS.length();
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final int INT_LANES = INTS.length();
        private static final int CODE_LANES = Lanes.CODE.length();

        static int product(float[] a, int from0, float[] b, int from1, float min, float max, float[] c, int to,
                int length) {
            int end = FLOATS.loopBound(length);
            for (int i = 0; i < end; i += LANES) {
                FloatVector x = FloatVector.fromArray(FLOATS, a, from0 + i);
                FloatVector y = FloatVector.fromArray(FLOATS, b, from1 + i);
                Lanes.clamp(x.mul(y), min, max).intoArray(c, to + i);
            }
            return end;
        }

        static int product(float[] a, int from, float y, float min, float max, float[] c, int to, int length) {
            int end = FLOATS.loopBound(length);
            for (int i = 0; i < end; i += LANES) {
                Lanes.clamp(FloatVector.fromArray(FLOATS, a, from + i).mul(y), min, max).intoArray(c, to + i);
            }
            return end;
        }

        /// Codes of eight bits.
        static int product(byte[] a, int from0, byte[] b, int from1, int mask, Scaling scaling, byte[] c, int to,
                int length) {
            LongVector multiplier = Multiplier.Simd.lanes(scaling.multiplier.multiplier());
            int shift = -scaling.multiplier.shift();
            int min = scaling.range.min();
            int max = scaling.range.max();
            int i = 0;
            for (; i <= length - CODE_LANES; i += INT_LANES) {
                IntVector x = ByteVector.fromArray(Lanes.CODE, a, from0 + i).convertShape(VectorOperators.B2I, INTS, 0)
                        .reinterpretAsInts().and(mask).sub(scaling.zeroPoint0);
                IntVector y = ByteVector.fromArray(Lanes.CODE, b, from1 + i).convertShape(VectorOperators.B2I, INTS, 0)
                        .reinterpretAsInts().and(mask).sub(scaling.zeroPoint1);
                Multiplier.Simd.apply(x.mul(y), multiplier, shift).add(scaling.zeroPoint).max(min).min(max)
                        .convertShape(VectorOperators.I2B, Lanes.CODE, 0).reinterpretAsBytes()
                        .intoArray(c, to + i, Lanes.CODES_OF_INTS);
            }
            return i;
        }
    }
}
