package dev.whittle.engine.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/// The weights of −128 in a hybrid product, which the reference gets wrong: it gives the weight the sign of the input
/// code and multiplies by the code without sign, and −128 changed in sign is −128 again within eight bits. So where the
/// code is negative the product comes out as `−128 · |code|`. Both of its kernel sets do so (`DotProdInt8x4x4` in
/// LiteRT `optimized/sse_tensor_utils.cc`), in all steps of the depth but the last `depth mod 16`.
///
/// Files have such weights where they are UINT8, whose bytes the hybrid kernels take for INT8.
final class MostNegativeWeights {
    private static final int VECTOR_STEPS = 16;

    private record Weight(int column, int step, int segment) {
    }

    private final Weight[] weights;

    private MostNegativeWeights(Weight[] weights) {
        this.weights = weights;
    }

    /// Finds them, or null where there are none.
    ///
    /// @param ordered the weights `[columns][depth]` as the product takes them
    /// @param fileStep where a step of the depth stands in the file
    /// @param bounds of the segments, see [PackedWeights#exactSegments]
    static @Nullable MostNegativeWeights find(float[] ordered, int columns, int depth, IntUnaryOperator fileStep,
            int[] bounds) {
        int steps = depth / VECTOR_STEPS * VECTOR_STEPS;
        List<Weight> found = new ArrayList<>();
        for (int column = 0; column < columns; column++) {
            int segment = 0;
            for (int step = 0; step < depth; step++) {
                while (step >= bounds[segment + 1]) {
                    segment++;
                }
                if (ordered[column * depth + step] == Byte.MIN_VALUE && fileStep.applyAsInt(step) < steps) {
                    found.add(new Weight(column, step, segment));
                }
            }
        }
        return found.isEmpty() ? null : new MostNegativeWeights(found.toArray(Weight[]::new));
    }

    /// Turns exact sums into those of the reference; they stay exact as floats.
    ///
    /// @param a the input codes of the product
    /// @param lineOffsets where each run of `depth` steps lies, from where the row starts
    void spoil(float[] a, int aOffset, int aRowStride, int[] lineOffsets, int depth, int rows, float[] sums,
            int sumsOffset, int sumsRowStride,
            int segmentStride) {
        for (int row = 0; row < rows; row++) {
            for (Weight weight : weights) {
                float code = a[aOffset + row * aRowStride + lineOffsets[weight.step / depth]
                        + weight.step % depth];
                if (code < 0) {
                    sums[sumsOffset + row * sumsRowStride + weight.segment * segmentStride + weight.column] += 256
                            * code;
                }
            }
        }
    }
}
