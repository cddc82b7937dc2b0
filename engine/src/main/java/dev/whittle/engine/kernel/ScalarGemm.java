package dev.whittle.engine.kernel;

import org.jspecify.annotations.Nullable;

/// [Gemm] in plain Java, in the blocks of [ScalarTile].
enum ScalarGemm implements Gemm {
    INSTANCE;

    private static final int PANEL_COLUMNS = 4;

    @Override
    public int panelColumns() {
        return PANEL_COLUMNS;
    }

    @Override
    public void multiply(float[] a, int aOffset, int aRowStride, int aDepthStride, float[] packedB, int packedOffset,
            int rows, int depth, int columns, float @Nullable [] bias, float min, float max, boolean accumulate,
            float[] c, int cOffset, int cRowStride) {
        for (int column = 0; column < columns; column += PANEL_COLUMNS) {
            int b = packedOffset + column * depth;
            int width = Math.min(PANEL_COLUMNS, columns - column);
            int to = cOffset + column;
            if (!accumulate) {
                for (int row = 0; row < rows; row++) {
                    for (int j = 0; j < width; j++) {
                        c[to + row * cRowStride + j] = 0;
                    }
                }
            }
            ScalarTile.add(a, aOffset, aRowStride, aDepthStride, depth, packedB, b, PANEL_COLUMNS, c, to, cRowStride,
                    rows, width);
            if (!accumulate) {
                for (int row = 0; row < rows; row++) {
                    for (int j = 0; j < width; j++) {
                        int at = to + row * cRowStride + j;
                        c[at] = Gemm.clamp(bias == null ? c[at] : c[at] + bias[column + j], min, max);
                    }
                }
            }
        }
    }
}
