package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// LOG_SOFTMAX along the last dimension: `x − max − log Σ exp(x − max)`.
///
/// INT8 and UINT8: the exponentials and their sum as those of [Softmax], its logarithm in 31-bit fixed point (LiteRT
/// `reference_integer_ops::LogSoftmax`); the optimized kernels compute in float. The output has steps of 1/16 down from 0,
/// the largest code.
final class LogSoftmax implements OperatorKernel {
    private static final int CODES = 256;
    /** Integer bits of a scaled distance, of the sum of exponentials and of the output. */
    private static final int DISTANCE_BITS = 5;
    private static final int SUM_BITS = 12;
    private static final int OUTPUT_BITS = 4;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return TensorChecks.alongLastDimension(p);
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        if (type == ElementType.FLOAT32) {
            return floats(Softmax.depth(p.input(0))).kernel(p);
        }
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        float scale = 16f / CODES;
        int zeroPoint = TensorChecks.maximumCode(type);
        if (out.scale(0) != scale || out.zeroPoint(0) != zeroPoint) {
            throw p.unsupported("output has scale " + out.scale(0) + " and zero point " + out.zeroPoint(0)
                    + ", must be " + scale + " and " + zeroPoint);
        }
        int mask = type == ElementType.INT8 ? -1 : CODES - 1;
        int depth = Softmax.depth(p.input(0));
        return (p.reference() == ReferenceKernels.OPTIMIZED
                ? floatCodes(in.scale(0), scale, zeroPoint, mask, depth)
                : fixedPointCodes(p, in.scale(0), zeroPoint, mask, depth)).kernel(p);
    }

    private static UnaryRun<float[]> floats(int depth) {
        return (from, fromOffset, to, toOffset, count) -> {
            for (int row = 0; row < count; row += depth) {
                float max = from[fromOffset + row];
                for (int i = row + 1; i < row + depth; i++) {
                    max = Math.max(max, from[fromOffset + i]);
                }
                float sum = 0;
                for (int i = row; i < row + depth; i++) {
                    sum += Exp.of(from[fromOffset + i] - max);
                }
                float logOfSum = (float) StrictMath.log(sum);
                for (int i = row; i < row + depth; i++) {
                    to[toOffset + i] = from[fromOffset + i] - max - logOfSum;
                }
            }
        };
    }

    private static UnaryRun<byte[]> fixedPointCodes(Preparation p, float inScale, int zeroPoint, int mask,
            int depth) {
        Multiplier toDistance = Softmax.toDistance(inScale);
        if (toDistance.shift() <= 0) {
            throw p.unsupported("input scale is " + inScale + ", must be more than 2^-26");
        }
        int[] exponentials = Softmax.exponentials(toDistance);
        int radius = Softmax.radius(toDistance);
        int min = zeroPoint - CODES + 1;
        // Back from distances to codes, for the least code that the logarithm leaves in range.
        Multiplier toCode = Multiplier.of(
                Math.scalb(1.0, Integer.SIZE - 1 - toDistance.shift()) / toDistance.multiplier());
        return (from, fromOffset, to, toOffset, count) -> {
            for (int row = 0; row < count; row += depth) {
                int largest = Softmax.largest(from, fromOffset + row, depth, mask);
                long sum = 0;
                for (int i = row; i < row + depth; i++) {
                    sum += Softmax.sumTerm(exponentials[largest - (from[fromOffset + i] & mask)]);
                }
                int logOfSum = FixedPoint.log((int) Math.min(sum, Integer.MAX_VALUE), SUM_BITS, DISTANCE_BITS);
                int least = Math.max(-radius - 1, toCode.apply(Integer.MIN_VALUE + logOfSum));
                for (int i = row; i < row + depth; i++) {
                    int difference = (from[fromOffset + i] & mask) - largest;
                    int code = min;
                    if (difference > least) {
                        int steps = Rounding.shiftRight(toDistance.apply(difference) - logOfSum,
                                Integer.SIZE - 1 - DISTANCE_BITS - OUTPUT_BITS);
                        code = Math.clamp((long) steps + zeroPoint, min, zeroPoint);
                    }
                    to[toOffset + i] = (byte) code;
                }
            }
        };
    }

    private static UnaryRun<byte[]> floatCodes(float inScale, float outScale, int zeroPoint, int mask, int depth) {
        float[] exponentials = new float[CODES];
        for (int distance = 0; distance < CODES; distance++) {
            exponentials[distance] = (float) StrictMath.exp(-inScale * distance);
        }
        int min = zeroPoint - CODES + 1;
        float factor = inScale / outScale;
        return (from, fromOffset, to, toOffset, count) -> {
            for (int row = 0; row < count; row += depth) {
                int largest = Softmax.largest(from, fromOffset + row, depth, mask);
                float sum = 0;
                for (int i = row; i < row + depth; i++) {
                    sum += exponentials[largest - (from[fromOffset + i] & mask)];
                }
                float logOfSum = (float) StrictMath.log(sum);
                float origin = (inScale * largest + logOfSum) / outScale;
                for (int i = row; i < row + depth; i++) {
                    float steps = factor * (from[fromOffset + i] & mask) - origin;
                    to[toOffset + i] = (byte) Math.clamp((long) Math.rint(steps) + zeroPoint, min, zeroPoint);
                }
            }
        };
    }
}
