package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Weights `[columns][depth]` packed for [Gemm], for real numbers or for codes.
///
/// Codes are multiplied as floats, which is exact while every partial sum stays below 2²⁴: the depth is cut into
/// segments within which `128 · Σ|w|` holds that bound for each column (one segment up to a depth of 1,032 for INT8),
/// and the sums of the segments, exact each, are left to be added as integers.
final class PackedWeights {
    private static final float LARGEST_CODE = 128;
    /// Integers of this absolute value and less are exact as floats.
    static final float EXACT = 1 << 24;

    private final Gemm gemm;
    private final float[] packed;
    private final int columns;
    /// First step of each segment, and the depth at the end.
    private final int[] bounds;
    private final float @Nullable [] bias;
    private final float min;
    private final float max;

    private PackedWeights(Gemm gemm, float[] packed, int columns, int[] bounds, float @Nullable [] bias, float min,
            float max) {
        this.gemm = gemm;
        this.packed = packed;
        this.columns = columns;
        this.bounds = bounds;
        this.bias = bias;
        this.min = min;
        this.max = max;
    }

    /// Packs real numbers, with the bias and clamp of the activation: one segment.
    ///
    /// @param firstColumn first of the `columns` rows of `weights`, and of their bias
    static PackedWeights ofReals(Gemm gemm, float[] weights, int firstColumn, int columns, int depth,
            float @Nullable [] bias, Activation activation) {
        float[] slice = bias == null ? null : Arrays.copyOfRange(bias, firstColumn, firstColumn + columns);
        int[] bounds = {0, depth};
        return new PackedWeights(gemm, pack(gemm, weights, firstColumn, columns, depth, bounds), columns, bounds, slice,
                activation.minimum(), activation.maximum());
    }

    /// Packs codes less their zero point.
    ///
    /// @param bounds [#exactSegments] of all the columns of the operator
    static PackedWeights ofCodes(Gemm gemm, float[] weights, int firstColumn, int columns, int depth, int[] bounds) {
        return new PackedWeights(gemm, pack(gemm, weights, firstColumn, columns, depth, bounds), columns, bounds, null,
                Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
    }

    private static float[] pack(Gemm gemm, float[] weights, int firstColumn, int columns, int depth, int[] bounds) {
        int length = 0;
        for (int segment = 0; segment + 1 < bounds.length; segment++) {
            length = Math.addExact(length, gemm.packedLength(bounds[segment + 1] - bounds[segment], columns));
        }
        float[] packed = new float[length];
        int to = 0;
        for (int segment = 0; segment + 1 < bounds.length; segment++) {
            int steps = bounds[segment + 1] - bounds[segment];
            gemm.pack(weights, firstColumn * depth + bounds[segment], 1, depth, steps, columns, packed, to);
            to += gemm.packedLength(steps, columns);
        }
        return packed;
    }

    /// Cuts the depth of `weights[columns][depth]`: the first step of each segment, and the depth at the end.
    static int[] exactSegments(float[] weights, int columns, int depth) {
        List<Integer> bounds = new ArrayList<>(List.of(0));
        float[] sums = new float[columns];
        for (int r = 0; r < depth; r++) {
            for (int column = 0; column < columns; column++) {
                float term = LARGEST_CODE * Math.abs(weights[column * depth + r]);
                if (sums[column] + term >= EXACT) {
                    bounds.add(r);
                    Arrays.fill(sums, 0);
                    for (int earlier = 0; earlier < column; earlier++) {
                        sums[earlier] = LARGEST_CODE * Math.abs(weights[earlier * depth + r]);
                    }
                }
                sums[column] += term;
            }
        }
        bounds.add(depth);
        return bounds.stream().mapToInt(Integer::intValue).toArray();
    }

    /// Whether sums within the given segments are exact as floats.
    static boolean areExact(float[] weights, int columns, int depth, int[] bounds) {
        for (int column = 0; column < columns; column++) {
            for (int segment = 0; segment + 1 < bounds.length; segment++) {
                double sum = 0;
                for (int r = bounds[segment]; r < bounds[segment + 1]; r++) {
                    sum += LARGEST_CODE * Math.abs(weights[column * depth + r]);
                }
                if (sum >= EXACT) {
                    return false;
                }
            }
        }
        return true;
    }

    int columns() {
        return columns;
    }

    /// Multiplies rows of A, depth innermost and contiguous; the sums of segment `s` go `s · segmentStride` further on.
    void multiply(float[] a, int aOffset, int aRowStride, int rows, float[] sums, int sumsOffset, int sumsRowStride,
            int segmentStride) {
        int at = 0;
        for (int segment = 0; segment + 1 < bounds.length; segment++) {
            int steps = bounds[segment + 1] - bounds[segment];
            gemm.multiply(a, aOffset + bounds[segment], aRowStride, 1, packed, at, rows, steps, columns, bias, min, max,
                    false, sums, sumsOffset + segment * segmentStride, sumsRowStride);
            at += gemm.packedLength(steps, columns);
        }
    }
}
