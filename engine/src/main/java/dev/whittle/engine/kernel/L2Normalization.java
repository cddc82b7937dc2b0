package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// L2_NORMALIZATION along the last dimension: `x / max(√Σx², 10⁻⁶)`.
///
/// Quantized (LiteRT `L2Normalization`): squares of the codes, zero point taken off, are summed exactly; the reciprocal of
/// their root is a multiplier ([FixedPoint#inverseSquareRoot]) that each code is scaled by, with double rounding. The output
/// has steps of 1/128, zero point 0 or, for UINT8, 128.
final class L2Normalization implements OperatorKernel {
    private static final float LEAST_NORM = 1e-6f;
    private static final int OUTPUT_BITS = 7;

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
        Activation activation = ((Options.L2Normalization) p.options()).activation();
        if (activation != Activation.NONE) {
            throw p.unsupported("fused activation is " + activation + ", must be NONE");
        }
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        int depth = p.inputTensor(0).shape().dimension(p.inputTensor(0).shape().rank() - 1);
        return switch (type) {
            case FLOAT32 -> floats(depth).kernel(p);
            case INT8 -> codes(p, depth, -1, 0).kernel(p);
            case UINT8 -> codes(p, depth, 0xff, 1 << OUTPUT_BITS).kernel(p);
            default -> throw new AssertionError(type);
        };
    }

    private static UnaryRun<float[]> floats(int depth) {
        return (from, fromOffset, to, toOffset, count) -> {
            for (int row = 0; row < count; row += depth) {
                float sum = 0;
                for (int i = row; i < row + depth; i++) {
                    sum += from[fromOffset + i] * from[fromOffset + i];
                }
                float norm = Math.max((float) Math.sqrt(sum), LEAST_NORM);
                for (int i = row; i < row + depth; i++) {
                    to[toOffset + i] = from[fromOffset + i] / norm;
                }
            }
        };
    }

    private static UnaryRun<byte[]> codes(Preparation p, int depth, int mask, int zeroPoint) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        float scale = 1f / (1 << OUTPUT_BITS);
        if (out.scale(0) != scale || out.zeroPoint(0) != zeroPoint) {
            throw p.unsupported("output has scale " + out.scale(0) + " and zero point " + out.zeroPoint(0)
                    + ", must be " + scale + " and " + zeroPoint);
        }
        int inZero = in.zeroPoint(0);
        // The 7 bits of the output come before the scaling or with it, which differs in how it rounds.
        int leftShift = p.inputTensor(0).type() == ElementType.UINT8 ? OUTPUT_BITS : 0;
        int min = TensorChecks.minimumCode(p.outputTensor(0).type());
        int max = TensorChecks.maximumCode(p.outputTensor(0).type());
        return (from, fromOffset, to, toOffset, count) -> {
            for (int row = 0; row < count; row += depth) {
                int sum = 0;
                for (int i = row; i < row + depth; i++) {
                    int value = (from[fromOffset + i] & mask) - inZero;
                    sum += value * value;
                }
                int multiplier = FixedPoint.inverseSquareRoot(sum);
                int shift = FixedPoint.inverseSquareRootShift(sum) + OUTPUT_BITS - leftShift;
                for (int i = row; i < row + depth; i++) {
                    int value = (from[fromOffset + i] & mask) - inZero;
                    int scaled = Multiplier.apply(value << leftShift, multiplier, shift);
                    to[toOffset + i] = (byte) Math.clamp((long) scaled + zeroPoint, min, max);
                }
            }
        };
    }
}
