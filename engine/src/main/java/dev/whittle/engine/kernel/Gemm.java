package dev.whittle.engine.kernel;

import org.jspecify.annotations.Nullable;

/// The float matrix product `C[i][j] = clamp(Σ_r A[i][r] · B[r][j] + bias[j])` under convolution and fully-connected,
/// forward and backward, and under the quantized kernels, whose codes are small enough to be exact as floats.
///
/// Every implementation yields the same bits: a sum starts at +0 (or at C, when accumulating) and takes its terms in
/// the order of `r`, each with one fused multiply-add; the bias is added last, then the clamp keeps a NaN and compares
/// with `<` and `>`, so that a bound of 0 leaves −0 as it is. Depth may be cut in pieces by accumulating, which changes
/// no bit either.
///
/// B is packed once, into panels of [#panelColumns] columns: panel `p` starts at `p · depth · panelColumns` and holds, for
/// each `r`, its columns side by side, zeros past the last. A packed B fits only the implementation that packed it.
/// Instances have no state and may be shared by threads.
public interface Gemm {

    /// The implementation of [KernelTier#selected].
    static Gemm selected() {
        return of(KernelTier.selected());
    }

    static Gemm of(KernelTier tier) {
        return switch (tier) {
            case REFERENCE -> ReferenceGemm.INSTANCE;
            case SCALAR -> ScalarGemm.INSTANCE;
            case VECTOR -> SimdGemm.INSTANCE;
            case EMITTED -> of(tier.portable());
        };
    }

    /// Columns in one packed panel.
    int panelColumns();

    /// Floats that a packed B takes, the last panel padded to its full width.
    ///
    /// @throws ArithmeticException when they pass the range of int
    default int packedLength(int depth, int columns) {
        int panels = Math.ceilDiv(columns, panelColumns());
        return Math.multiplyExact(Math.multiplyExact(panels, panelColumns()), depth);
    }

    /// Packs B, whose element `[r][j]` lies at `bOffset + r · bDepthStride + j · bColumnStride`.
    default void pack(float[] b, int bOffset, int bDepthStride, int bColumnStride, int depth, int columns,
            float[] packed, int packedOffset) {
        int width = panelColumns();
        int to = packedOffset;
        for (int firstColumn = 0; firstColumn < columns; firstColumn += width) {
            int valid = Math.min(width, columns - firstColumn);
            for (int r = 0; r < depth; r++) {
                int from = bOffset + r * bDepthStride + firstColumn * bColumnStride;
                for (int j = 0; j < valid; j++) {
                    packed[to + j] = b[from + j * bColumnStride];
                }
                for (int j = valid; j < width; j++) {
                    packed[to + j] = 0;
                }
                to += width;
            }
        }
    }

    /// Multiplies `rows × depth` by `depth × columns`.
    ///
    /// @param aRowStride floats from `A[i][r]` to `A[i + 1][r]`; rows may overlap, as those of a convolution do
    /// @param aDepthStride floats from `A[i][r]` to `A[i][r + 1]`; 1 is fastest
    /// @param bias one per column, or null for none; not used when accumulating
    /// @param min lower bound of the clamp, −∞ for none; not used when accumulating
    /// @param max upper bound of the clamp, +∞ for none; not used when accumulating
    /// @param accumulate adds to C instead of overwriting it
    void multiply(float[] a, int aOffset, int aRowStride, int aDepthStride, float[] packedB, int packedOffset, int rows,
            int depth, int columns, float @Nullable [] bias, float min, float max, boolean accumulate, float[] c,
            int cOffset, int cRowStride);

    /// The clamp of all implementations: NaN stays NaN.
    static float clamp(float value, float min, float max) {
        return value < min ? min : value > max ? max : value;
    }
}
