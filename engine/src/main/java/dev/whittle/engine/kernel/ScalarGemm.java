package dev.whittle.engine.kernel;

import org.jspecify.annotations.Nullable;

/// [Gemm] in plain Java: a block of 3 rows and 4 columns keeps its twelve sums in local variables, which the compiler
/// holds in registers. It reaches the scalar limit of the processor, a tenth of what vectors do.
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
            int i = 0;
            if (!accumulate) {
                for (int row = 0; row < rows; row++) {
                    for (int j = 0; j < width; j++) {
                        c[to + row * cRowStride + j] = 0;
                    }
                }
            }
            if (width == PANEL_COLUMNS) {
                for (; i + 3 <= rows; i += 3) {
                    tile3x4(a, aOffset + i * aRowStride, aRowStride, aDepthStride, packedB, b, depth, c,
                            to + i * cRowStride, cRowStride);
                }
                for (; i < rows; i++) {
                    tile1x4(a, aOffset + i * aRowStride, aDepthStride, packedB, b, depth, c, to + i * cRowStride);
                }
            }
            for (; i < rows; i++) {
                for (int j = 0; j < width; j++) {
                    tile1x1(a, aOffset + i * aRowStride, aDepthStride, packedB, b + j, depth, c,
                            to + i * cRowStride + j);
                }
            }
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

    private static void tile3x4(float[] a, int aIndex, int aRowStride, int aDepthStride, float[] b, int bIndex,
            int depth, float[] c, int c0, int cRowStride) {
        int c1 = c0 + cRowStride;
        int c2 = c1 + cRowStride;
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
        int at = aIndex;
        for (int r = 0; r < depth; r++) {
            float b0 = b[bIndex + r * PANEL_COLUMNS];
            float b1 = b[bIndex + r * PANEL_COLUMNS + 1];
            float b2 = b[bIndex + r * PANEL_COLUMNS + 2];
            float b3 = b[bIndex + r * PANEL_COLUMNS + 3];
            float a0 = a[at];
            float a1 = a[at + aRowStride];
            float a2 = a[at + 2 * aRowStride];
            sum00 = Math.fma(a0, b0, sum00);
            sum01 = Math.fma(a0, b1, sum01);
            sum02 = Math.fma(a0, b2, sum02);
            sum03 = Math.fma(a0, b3, sum03);
            sum10 = Math.fma(a1, b0, sum10);
            sum11 = Math.fma(a1, b1, sum11);
            sum12 = Math.fma(a1, b2, sum12);
            sum13 = Math.fma(a1, b3, sum13);
            sum20 = Math.fma(a2, b0, sum20);
            sum21 = Math.fma(a2, b1, sum21);
            sum22 = Math.fma(a2, b2, sum22);
            sum23 = Math.fma(a2, b3, sum23);
            at += aDepthStride;
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

    private static void tile1x4(float[] a, int aIndex, int aDepthStride, float[] b, int bIndex, int depth, float[] c,
            int cIndex) {
        float sum0 = c[cIndex];
        float sum1 = c[cIndex + 1];
        float sum2 = c[cIndex + 2];
        float sum3 = c[cIndex + 3];
        int at = aIndex;
        for (int r = 0; r < depth; r++) {
            float x = a[at];
            sum0 = Math.fma(x, b[bIndex + r * PANEL_COLUMNS], sum0);
            sum1 = Math.fma(x, b[bIndex + r * PANEL_COLUMNS + 1], sum1);
            sum2 = Math.fma(x, b[bIndex + r * PANEL_COLUMNS + 2], sum2);
            sum3 = Math.fma(x, b[bIndex + r * PANEL_COLUMNS + 3], sum3);
            at += aDepthStride;
        }
        c[cIndex] = sum0;
        c[cIndex + 1] = sum1;
        c[cIndex + 2] = sum2;
        c[cIndex + 3] = sum3;
    }

    private static void tile1x1(float[] a, int aIndex, int aDepthStride, float[] b, int bIndex, int depth, float[] c,
            int cIndex) {
        float sum = c[cIndex];
        int at = aIndex;
        for (int r = 0; r < depth; r++) {
            sum = Math.fma(a[at], b[bIndex + r * PANEL_COLUMNS], sum);
            at += aDepthStride;
        }
        c[cIndex] = sum;
    }
}
