package dev.whittle.engine.kernel;

/// A float matrix product over arrays that change while the way they lie stays: `C[i][j] = Σ A[i][line][r] · B[line][r][j]`,
/// with A in overlapping windows of an image and B as it is, unpacked. What training multiplies with; inference has
/// constant weights, packed once.
///
/// A sum starts at +0, or at C, and takes its terms line by line, each with one fused multiply-add; the bias comes last, then
/// the lower bound, which keeps a NaN. Every tier and vector width yields the same bits. Instances have no state and may be
/// shared by threads.
public final class StridedProduct {
    /// Floats of the widest vector.
    private static final int COLUMN_GROUP = 16;

    private final TiledProduct product;

    private StridedProduct(TiledProduct product) {
        this.product = product;
    }

    /// How A, B and C lie, in floats.
    ///
    /// @param rows how many rows of A follow each other, `aRowStride` apart
    /// @param lineOffsets where each line of the reduction starts, from where the row starts
    /// @param depth steps in each line, `aDepthStride` apart
    /// @param bDepthStride from one row of B to the next: at least [#filledUp] of the columns
    public record Layout(int rows, int aRowStride, int[] lineOffsets, int depth, int aDepthStride, int columns,
            int bDepthStride, int cRowStride) {
    }

    /// Floats that a row of B takes for so many columns, so that any vector of them can be read whole.
    public static int filledUp(int columns) {
        return Math.ceilDiv(columns, COLUMN_GROUP) * COLUMN_GROUP;
    }

    /// A product that overwrites C with sums, or with `max(min, sum + bias[j])`.
    ///
    /// @param hasBias whether the bias is added and the bound kept
    public static StridedProduct of(KernelTier tier, Layout layout, boolean hasBias, float min) {
        return new StridedProduct(TiledProduct.ofStrided(tier, layout.columns(), layout.bDepthStride(), false,
                hasBias ? TileShape.Finish.of(min, Float.POSITIVE_INFINITY) : TileShape.Finish.NONE, min,
                tiled(tier, layout)));
    }

    /// A product that adds to C.
    public static StridedProduct adding(KernelTier tier, Layout layout) {
        return new StridedProduct(TiledProduct.ofStrided(tier, layout.columns(), layout.bDepthStride(), true,
                TileShape.Finish.NONE, Float.NEGATIVE_INFINITY, tiled(tier, layout)));
    }

    private static TiledProduct.Layout tiled(KernelTier tier, Layout layout) {
        boolean isLoose = TiledProduct.isShort(tier, layout.depth());
        int steps = isLoose ? layout.depth() : 1;
        int[] offsets = new int[layout.lineOffsets().length * steps];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = layout.lineOffsets()[i / steps] + i % steps * layout.aDepthStride();
        }
        return new TiledProduct.Layout(layout.rows(), layout.aRowStride(), layout.cRowStride(), offsets,
                isLoose ? 1 : layout.depth(), layout.aDepthStride(), null);
    }

    /// Multiplies, for several blocks of rows in turn.
    ///
    /// @param bias [#filledUp] of the columns; not looked at without a bias
    /// @param aBlockStride floats from one block's rows to the next one's
    public void multiply(float[] a, int aOffset, float[] b, int bOffset, float[] bias, float[] c, int cOffset,
            int blocks, int aBlockStride, int cBlockStride) {
        product.multiply(a, aOffset, b, bOffset, bias, 0, c, cOffset, blocks, aBlockStride, cBlockStride);
    }
}
