package dev.whittle.engine.kernel;

/// The innermost loops of convolutions and matrix products: sums of products for a few rows (output positions) by a few
/// columns (output channels), as [TileShape] says, repeated for `count` runs of rows that follow each other.
///
/// For each row `i` and column `j`
///
/// ```
/// sum = fromC ? c[cIndex + i · cRowStride + j] : +0
/// for line in 0 … lines, r in 0 … depth:
///     sum = fma(a[aIndex + i · aRowStride + lineOffsets[firstLine + line] + r · aDepthStride],
///               b[bIndex + (line · depth + r) · panelColumns + j], sum)
/// c[cIndex + i · cRowStride + j] = finish(sum)
/// ```
///
/// or, where lines are loose, `a[aIndex + i · aRowStride + lineOffsets[firstLine + r]]` for each `r`.
///
/// There `finish` is that of the shape: nothing, or `clamp(sum + bias[biasIndex + j])` with the rules of [Gemm#clamp], the
/// sum scaled before where the shape says so.
/// Where the shape pools, a row stands for several, of whose finished sums it keeps the largest ([TileShape.Pool]).
/// Every implementation yields the same bits. Instances have no state and may be shared by threads.
interface Tile {

    /// @param lineOffsets floats from where a row starts to what it reads in each line
    /// @param firstLine the first of them that takes part
    /// @param depth steps of the reduction in each line
    /// @param bias not looked at where the shape adds none; else it has a float for each of the columns
    /// @param count how many times `rows` rows
    void multiply(float[] a, int aIndex, int[] lineOffsets, int firstLine, int depth, float[] b, int bIndex,
            float[] bias, int biasIndex, float min, float max, float[] c, int cIndex, int count);
}
