package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// SOFTMAX along the last dimension: `exp(beta · (x − max)) / Σ exp(beta · (x − max))`, FLOAT32, INT8 and UINT8.
///
/// Quantized: the real function of the codes, rounded to the nearest step of 1/256, or of 1/65536 where INT8 codes give
/// an INT16 output. The exponentials depend on the
/// distance from the largest code alone and are a table of 256; they are added in index order.
final class Softmax implements OperatorKernel {
    private static final int CODES = 256;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        Shape shape = p.inputTensor(0).shape();
        if (shape.rank() == 0) {
            throw p.malformed("input is a scalar, must have a dimension to go along");
        }
        return List.of(shape);
    }

    @Override
    public Kernel prepare(Preparation p) {
        float beta = ((Options.Softmax) p.options()).beta();
        ElementType type = p.inputTensor(0).type();
        if (type != ElementType.INT8 || p.outputTensor(0).type() != ElementType.INT16) {
            TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        }
        return switch (type) {
            case FLOAT32 -> floats(p.input(0), p.output(0), beta);
            case INT8, UINT8 -> codes(p, type, beta);
            case FLOAT16, INT32, INT64, STRING, BOOL, INT16, COMPLEX64, FLOAT64, COMPLEX128, UINT64, RESOURCE, VARIANT,
                    UINT32, UINT16, INT4, BFLOAT16, INT2, UINT4 ->
                    throw p.unsupported("input is " + type + ", supported are FLOAT32, INT8 and UINT8");
        };
    }

    private static Kernel floats(Slot input, Slot output, float beta) {
        int depth = depth(input);
        int rows = rows(input);
        return memory -> {
            float[] from = memory.floats(input);
            float[] to = memory.floats(output);
            for (int row = 0; row < rows; row++) {
                int fromOffset = memory.offset(input) + row * depth;
                int toOffset = memory.offset(output) + row * depth;
                float max = from[fromOffset];
                for (int i = 1; i < depth; i++) {
                    max = Math.max(max, from[fromOffset + i]);
                }
                float sum = 0;
                for (int i = 0; i < depth; i++) {
                    float e = Exp.of((from[fromOffset + i] - max) * beta);
                    to[toOffset + i] = e;
                    sum += e;
                }
                for (int i = 0; i < depth; i++) {
                    to[toOffset + i] /= sum;
                }
            }
        };
    }

    private static Kernel codes(Preparation p, ElementType type, float beta) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        boolean isWide = p.outputTensor(0).type() == ElementType.INT16;
        int steps = isWide ? 1 << 16 : CODES;
        int zeroPoint = TensorChecks.minimumCode(p.outputTensor(0).type());
        // The format prescribes them, so that the whole type stands for [0, 1).
        if (out.scale(0) != 1f / steps || out.zeroPoint(0) != zeroPoint) {
            throw p.unsupported(
                    "output has scale " + out.scale(0) + " and zero point " + out.zeroPoint(0) + ", must be "
                            + 1f / steps + " and " + zeroPoint);
        }
        if (!(beta >= 0)) {
            throw p.unsupported("beta is " + beta + ", must be 0 or more for " + type);
        }
        double[] exponential = new double[CODES];
        for (int distance = 0; distance < CODES; distance++) {
            exponential[distance] = StrictMath.exp(-(double) beta * in.scale(0) * distance);
        }
        Slot input = p.input(0);
        Slot output = p.output(0);
        int depth = depth(input);
        int rows = rows(input);
        int mask = type == ElementType.INT8 ? -1 : CODES - 1;
        return memory -> {
            byte[] from = memory.bytes(input);
            for (int row = 0; row < rows; row++) {
                int fromOffset = memory.offset(input) + row * depth;
                int toOffset = memory.offset(output) + row * depth;
                int max = from[fromOffset] & mask;
                for (int i = 1; i < depth; i++) {
                    max = Math.max(max, from[fromOffset + i] & mask);
                }
                double sum = 0;
                for (int i = 0; i < depth; i++) {
                    sum += exponential[max - (from[fromOffset + i] & mask)];
                }
                for (int i = 0; i < depth; i++) {
                    double share = exponential[max - (from[fromOffset + i] & mask)] / sum;
                    int code = Math.min((int) (share * steps + 0.5), steps - 1) + zeroPoint;
                    if (isWide) {
                        memory.shorts(output)[toOffset + i] = (short) code;
                    } else {
                        memory.bytes(output)[toOffset + i] = (byte) code;
                    }
                }
            }
        };
    }

    private static int depth(Slot slot) {
        return slot.shape().dimension(slot.shape().rank() - 1);
    }

    private static int rows(Slot slot) {
        int depth = depth(slot);
        return depth == 0 ? 0 : slot.elementCount() / depth;
    }
}
