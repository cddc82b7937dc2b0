package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// RELU, RELU6, RELU_N1_TO_1 and RELU_0_TO_1 as operators of their own: a clamp of every element. NaN stays NaN, but for
/// RELU6, which makes it 0.
///
/// Quantized (LiteRT `QuantizedReluX`): the code, zero point taken off, is scaled by `inputScale / outputScale` (computed
/// in float), rounding twice, ties away from zero, and clamped to the codes of the bounds.
final class Relu implements OperatorKernel {
    /** What one float takes, roughly. */
    private static final double VECTOR_NANOSECONDS = 0.1;
    private static final double SCALAR_NANOSECONDS = 1;

    enum Kind {
        RELU(0, Float.POSITIVE_INFINITY), RELU6(0, 6), RELU_N1_TO_1(-1, 1), RELU_0_TO_1(0, 1);

        private final float min;
        private final float max;

        Kind(float min, float max) {
            this.min = min;
            this.max = max;
        }
    }

    private final Kind kind;

    Relu(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8, ElementType.INT16);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        if (type != ElementType.FLOAT32) {
            return codes(p, type);
        }
        boolean isVector = p.tier() == KernelTier.VECTOR && kind != Kind.RELU6;
        return floats(isVector).elementwise(p, isVector ? VECTOR_NANOSECONDS : SCALAR_NANOSECONDS);
    }

    private UnaryRun<float[]> floats(boolean isVector) {
        float min = kind.min;
        float max = kind.max;
        if (kind == Kind.RELU6) {
            return UnaryRun.floats(x -> x > min ? Math.min(x, max) : min);
        }
        return (from, fromOffset, to, toOffset, count) -> {
            // Not called for less than a vector: the compiler would take its loop for one that seldom runs.
            int done = isVector && count >= Simd.LANES
                    ? Simd.clamp(from, fromOffset, min, max, to, toOffset, count)
                    : 0;
            for (int i = done; i < count; i++) {
                to[toOffset + i] = Gemm.clamp(from[fromOffset + i], min, max);
            }
        };
    }

    private Kernel codes(Preparation p, ElementType type) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        Multiplier multiplier = Multiplier.of(p, "input scale / output scale", in.scale(0) / out.scale(0));
        ActivationRange range = ActivationRange.of(kind.min, kind.max, type, out);
        int inZero = in.zeroPoint(0);
        int outZero = out.zeroPoint(0);
        return type == ElementType.INT16
                ? UnaryRun.shorts(code -> range.clamp(multiplier.apply(code - inZero) + outZero)).kernel(p)
                : new CodeTable(type, code -> range.clamp(multiplier.apply(code - inZero) + outZero))
                        .kernel(p);
    }

    /// Whole vectors of elements.
    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final int LANES = FLOATS.length();

        /// @return how many elements were done
        static int clamp(float[] from, int fromOffset, float min, float max, float[] to, int toOffset, int count) {
            int end = FLOATS.loopBound(count);
            for (int i = 0; i < end; i += LANES) {
                Lanes.clamp(FloatVector.fromArray(FLOATS, from, fromOffset + i), min, max).intoArray(to, toOffset + i);
            }
            return end;
        }
    }
}
