package dev.whittle.engine.kernel;

import org.jspecify.annotations.Nullable;

/// The specification of [Gemm]: three nested loops.
enum ReferenceGemm implements Gemm {
    INSTANCE;

    /// Not a power of two, so that nothing comes to rely on one.
    private static final int PANEL_COLUMNS = 12;

    @Override
    public int panelColumns() {
        return PANEL_COLUMNS;
    }

    @Override
    public void multiply(float[] a, int aOffset, int aRowStride, int aDepthStride, float[] packedB, int packedOffset,
            int rows, int depth, int columns, float @Nullable [] bias, float min, float max, boolean accumulate,
            float[] c, int cOffset, int cRowStride) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                int b = packedOffset + (j / PANEL_COLUMNS) * PANEL_COLUMNS * depth + j % PANEL_COLUMNS;
                int to = cOffset + i * cRowStride + j;
                float sum = accumulate ? c[to] : 0;
                for (int r = 0; r < depth; r++) {
                    sum = Math.fma(a[aOffset + i * aRowStride + r * aDepthStride], packedB[b + r * PANEL_COLUMNS], sum);
                }
                if (!accumulate) {
                    sum = Gemm.clamp(bias == null ? sum : sum + bias[j], min, max);
                }
                c[to] = sum;
            }
        }
    }
}
