package dev.whittle.engine.kernel;

/// [Tile] of a [DepthwiseShape] in plain Java.
record ScalarDepthwiseTile(DepthwiseShape shape) implements Tile {

    @Override
    public void multiply(float[] a, int aIndex, int[] lineOffsets, int firstLine, int depth, float[] b, int bIndex,
            float[] bias, int biasIndex, float min, float max, float[] c, int cIndex, int count) {
        int rows = shape.isAcross() ? shape.rows() : shape.rows() * count;
        int panels = shape.isAcross() ? count : 1;
        for (int panel = 0; panel < panels; panel++) {
            int column = panel * shape.columns();
            multiply(a, aIndex + column, lineOffsets, firstLine, b,
                    bIndex + panel * shape.bPanelStride(), bias, biasIndex + column,
                    min, max, c, cIndex + column, rows);
        }
    }

    private void multiply(float[] a, int aIndex, int[] lineOffsets, int firstLine, float[] b, int bIndex, float[] bias,
            int biasIndex, float min, float max, float[] c, int cIndex, int rows) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < shape.columns(); j++) {
                int to = cIndex + i * shape.cRowStride() + j;
                float sum = shape.fromC() ? c[to] : 0;
                for (int line = 0; line < shape.lines(); line++) {
                    int from = aIndex + i * shape.aRowStride() + lineOffsets[firstLine + line] + j;
                    int weights = bIndex + line * shape.taps() * shape.panelColumns() + j;
                    for (int tap = 0; tap < shape.taps(); tap++) {
                        if (!shape.isInside(i % shape.rows(), tap)) {
                            continue;
                        }
                        sum = Math.fma(a[from + tap * shape.tapStride()], b[weights + tap * shape.panelColumns()],
                                sum);
                    }
                }
                c[to] = shape.finish() == TileShape.Finish.NONE ? sum : Gemm.clamp(sum + bias[biasIndex + j], min, max);
            }
        }
    }
}
