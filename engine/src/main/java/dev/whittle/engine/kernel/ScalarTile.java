package dev.whittle.engine.kernel;

/// [Tile] in plain Java: blocks of 3 rows and 4 columns keep their twelve sums in local variables, which the compiler
/// holds in registers. It reaches the scalar limit of the processor, a tenth of what vectors do.
record ScalarTile(TileShape shape) implements Tile {

    @Override
    public void multiply(float[] a, int aIndex, int[] lineOffsets, int firstLine, int depth, float[] b, int bIndex,
            float[] bias, int biasIndex, float min, float max, float[] c, int cIndex, int count) {
        int rows = shape.rows() * count;
        int columns = shape.columns();
        if (shape.pool() != null) {
            pooled(shape.pool(), a, aIndex, lineOffsets, firstLine, depth, b, bIndex, bias, biasIndex, min, max, c,
                    cIndex, rows);
            return;
        }
        if (!shape.fromC()) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    c[cIndex + i * shape.cRowStride() + j] = 0;
                }
            }
        }
        if (shape.lines() == TileShape.LOOSE) {
            for (int step = 0; step < depth; step++) {
                multiply(a, aIndex + lineOffsets[firstLine + step], 1, b, bIndex + step * shape.panelColumns(), c,
                        cIndex, rows);
            }
        }
        for (int line = 0; line < shape.lines(); line++) {
            multiply(a, aIndex + lineOffsets[firstLine + line], depth, b,
                    bIndex + line * depth * shape.panelColumns(), c, cIndex, rows);
        }
        if (shape.finish() != TileShape.Finish.NONE) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    int at = cIndex + i * shape.cRowStride() + j;
                    c[at] = finished(c[at], bias, biasIndex + j, min, max);
                }
            }
        }
    }

    private float finished(float sum, float[] bias, int biasIndex, float min, float max) {
        float real = shape.scalingStride() == 0
                ? sum
                : (sum + bias[biasIndex + shape.scalingStride()]) * bias[biasIndex + 2 * shape.scalingStride()];
        return Gemm.clamp(real + bias[biasIndex], min, max);
    }

    private void pooled(TileShape.Pool pool, float[] a, int aIndex, int[] lineOffsets, int firstLine, int depth,
            float[] b, int bIndex, float[] bias, int biasIndex, float min, float max, float[] c, int cIndex, int rows) {
        boolean isLoose = shape.lines() == TileShape.LOOSE;
        int lines = isLoose ? depth : shape.lines();
        int steps = isLoose ? 1 : depth;
        boolean isFinished = shape.finish() != TileShape.Finish.NONE;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < shape.columns(); j++) {
                float largest = isFinished ? -Float.MAX_VALUE : Float.NaN;
                for (int part = 0; part < TileShape.Pool.PARTS; part++) {
                    float sum = 0;
                    for (int line = 0; line < lines; line++) {
                        int from = aIndex + i * shape.aRowStride() + pool.offset(part) + lineOffsets[firstLine + line];
                        for (int r = 0; r < steps; r++) {
                            sum = Math.fma(a[from + r * shape.aDepthStride()],
                                    b[bIndex + (line * steps + r) * shape.panelColumns() + j], sum);
                        }
                    }
                    float value = isFinished ? finished(sum, bias, biasIndex + j, min, max) : sum;
                    largest = part == 0 && !isFinished || largest < value ? value : largest;
                }
                c[cIndex + i * shape.cRowStride() + j] = largest;
            }
        }
    }

    /// Adds the products of one line.
    private void multiply(float[] a, int aIndex, int depth, float[] b, int bIndex, float[] c, int cIndex, int rows) {
        add(a, aIndex, shape.aRowStride(), shape.aDepthStride(), depth, b, bIndex, shape.panelColumns(), c, cIndex,
                shape.cRowStride(),
                rows,
                shape.columns());
    }

    /// `c[i][j] += Σ_r a[i][r] · b[r][j]`, one fused multiply-add for each `r` in their order.
    static void add(float[] a, int aIndex, int aRowStride, int aDepthStride, int depth, float[] b, int bIndex,
            int bStride, float[] c, int cIndex, int cRowStride, int rows, int columns) {
        int rowsDone = 0;
        while (rowsDone < rows) {
            int height = rowsDone + 3 <= rows ? 3 : 1;
            int from = aIndex + rowsDone * aRowStride;
            int to = cIndex + rowsDone * cRowStride;
            int j = 0;
            for (; j + 4 <= columns; j += 4) {
                if (height == 3) {
                    block(a, from, aRowStride, aDepthStride, depth, b, bIndex + j, bStride, c, to + j, cRowStride);
                } else {
                    row(a, from, aDepthStride, depth, b, bIndex + j, bStride, c, to + j);
                }
            }
            for (; j < columns; j++) {
                for (int row = 0; row < height; row++) {
                    element(a, from + row * aRowStride, aDepthStride, depth, b, bIndex + j, bStride, c,
                            to + row * cRowStride + j);
                }
            }
            rowsDone += height;
        }
    }

    private static void block(float[] a, int a0, int rowStride, int depthStride, int depth, float[] b,
            int bIndex, int bStride, float[] c, int c0, int cStride) {
        int a1 = a0 + rowStride;
        int a2 = a1 + rowStride;
        int c1 = c0 + cStride;
        int c2 = c1 + cStride;
        float sum00 = c[c0];
        float sum01 = c[c0 + 1];
        float sum02 = c[c0 + 2];
        float sum03 = c[c0 + 3];
        float sum10 = c[c1];
        float sum11 = c[c1 + 1];
        float sum12 = c[c1 + 2];
        float sum13 = c[c1 + 3];
        float sum20 = c[c2];
        float sum21 = c[c2 + 1];
        float sum22 = c[c2 + 2];
        float sum23 = c[c2 + 3];
        int at = bIndex;
        for (int k = 0; k < depth; k++) {
            float b0 = b[at];
            float b1 = b[at + 1];
            float b2 = b[at + 2];
            float b3 = b[at + 3];
            float x0 = a[a0 + k * depthStride];
            float x1 = a[a1 + k * depthStride];
            float x2 = a[a2 + k * depthStride];
            sum00 = Math.fma(x0, b0, sum00);
            sum01 = Math.fma(x0, b1, sum01);
            sum02 = Math.fma(x0, b2, sum02);
            sum03 = Math.fma(x0, b3, sum03);
            sum10 = Math.fma(x1, b0, sum10);
            sum11 = Math.fma(x1, b1, sum11);
            sum12 = Math.fma(x1, b2, sum12);
            sum13 = Math.fma(x1, b3, sum13);
            sum20 = Math.fma(x2, b0, sum20);
            sum21 = Math.fma(x2, b1, sum21);
            sum22 = Math.fma(x2, b2, sum22);
            sum23 = Math.fma(x2, b3, sum23);
            at += bStride;
        }
        c[c0] = sum00;
        c[c0 + 1] = sum01;
        c[c0 + 2] = sum02;
        c[c0 + 3] = sum03;
        c[c1] = sum10;
        c[c1 + 1] = sum11;
        c[c1 + 2] = sum12;
        c[c1 + 3] = sum13;
        c[c2] = sum20;
        c[c2 + 1] = sum21;
        c[c2 + 2] = sum22;
        c[c2 + 3] = sum23;
    }

    private static void row(float[] a, int aIndex, int depthStride, int depth, float[] b, int bIndex,
            int bStride, float[] c, int cIndex) {
        float sum0 = c[cIndex];
        float sum1 = c[cIndex + 1];
        float sum2 = c[cIndex + 2];
        float sum3 = c[cIndex + 3];
        int at = bIndex;
        for (int k = 0; k < depth; k++) {
            float x = a[aIndex + k * depthStride];
            sum0 = Math.fma(x, b[at], sum0);
            sum1 = Math.fma(x, b[at + 1], sum1);
            sum2 = Math.fma(x, b[at + 2], sum2);
            sum3 = Math.fma(x, b[at + 3], sum3);
            at += bStride;
        }
        c[cIndex] = sum0;
        c[cIndex + 1] = sum1;
        c[cIndex + 2] = sum2;
        c[cIndex + 3] = sum3;
    }

    private static void element(float[] a, int aIndex, int depthStride, int depth, float[] b, int bIndex,
            int bStride, float[] c, int cIndex) {
        float sum = c[cIndex];
        for (int k = 0; k < depth; k++) {
            sum = Math.fma(a[aIndex + k * depthStride], b[bIndex + k * bStride], sum);
        }
        c[cIndex] = sum;
    }
}
