package dev.whittle.engine.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// [Gemm] on the Vector API: a tile keeps 12 rows by two vectors of columns in registers over the whole depth, lanes
/// along the columns. What is left of the rows goes to tiles of 6, 3 and 1 rows, what is left of the columns to tiles
/// one vector wide, of which the small ones are masked.
///
/// The tiles are written out because the compiler keeps sums in registers only when they are local variables, and
/// call nothing and mask nothing twice because past the inliner's node limit every vector would become an object. For
/// the same reason bias and clamp are a pass of their own, over rows that are still in the first-level cache. Unrolling
/// the depth by two measured no faster.
enum SimdGemm implements Gemm {
    INSTANCE;

    private static final VectorSpecies<Float> SPECIES = Lanes.FLOAT;
    private static final int LANES = SPECIES.length();
    private static final int PANEL_COLUMNS = 2 * LANES;

    /// Where sums start when they do not start from C, read with a row stride of 0.
    private static final float[] ZEROS = new float[PANEL_COLUMNS];

    /// A tile of 12 rows and two vectors holds 24 sums, one of 6 rows 12.
    private static final boolean HAS_32_REGISTERS = Lanes.registers() >= 32;

    /// So many steps of a panel (128 KB at 512 bits) stay in the second-level cache while all rows pass over them.
    private static final int DEPTH_BLOCK = 1024;

    /// Adding −0 changes no float, so a missing bias needs no branch.
    private static final float[] NO_BIAS = noBias();

    private static float[] noBias() {
        float[] zeros = new float[PANEL_COLUMNS];
        Arrays.fill(zeros, -0f);
        return zeros;
    }

    @Override
    public int panelColumns() {
        return PANEL_COLUMNS;
    }

    @Override
    public void multiply(float[] a, int aOffset, int aRowStride, int aDepthStride, float[] packedB, int packedOffset,
            int rows, int depth, int columns, float @Nullable [] bias, float min, float max, boolean accumulate,
            float[] c, int cOffset, int cRowStride) {
        int firstStep = 0;
        do {
            int steps = Math.min(DEPTH_BLOCK, depth - firstStep);
            boolean carry = accumulate || firstStep > 0;
            int aBlock = aOffset + firstStep * aDepthStride;
            for (int column = 0; column < columns; column += PANEL_COLUMNS) {
                int b = packedOffset + column * depth + firstStep * PANEL_COLUMNS;
                float[] start = carry ? c : ZEROS;
                int startIndex = carry ? cOffset + column : 0;
                int startRowStride = carry ? cRowStride : 0;
                if (columns - column >= PANEL_COLUMNS) {
                    panel(a, aBlock, aRowStride, aDepthStride, packedB, b, rows, steps, start, startIndex,
                            startRowStride, c, cOffset + column, cRowStride);
                } else {
                    for (int half = 0; column + half < columns; half += LANES) {
                        narrowPanel(a, aBlock, aRowStride, aDepthStride, packedB, b + half, rows, steps, start,
                                carry ? startIndex + half : 0, startRowStride, c, cOffset + column + half, cRowStride,
                                Math.min(LANES, columns - column - half));
                    }
                }
            }
            firstStep += steps;
        } while (firstStep < depth);
        if (!accumulate) {
            finish(bias, min, max, rows, columns, c, cOffset, cRowStride);
        }
    }

    private static void panel(float[] a, int aOffset, int aRowStride, int aDepthStride, float[] b, int bIndex, int rows,
            int depth, float[] start, int startIndex, int startRowStride, float[] c, int cOffset, int cRowStride) {
        int i = 0;
        if (HAS_32_REGISTERS) {
            for (; i + 12 <= rows; i += 12) {
                tile12x2(a, aOffset + i * aRowStride, aRowStride, aDepthStride, b, bIndex, depth, start,
                        startIndex + i * startRowStride, startRowStride, c, cOffset + i * cRowStride, cRowStride);
            }
        }
        for (; i + 6 <= rows; i += 6) {
            tile6x2(a, aOffset + i * aRowStride, aRowStride, aDepthStride, b, bIndex, depth, start,
                    startIndex + i * startRowStride, startRowStride, c, cOffset + i * cRowStride, cRowStride);
        }
        for (; i + 3 <= rows; i += 3) {
            tile3x2(a, aOffset + i * aRowStride, aRowStride, aDepthStride, b, bIndex, depth, start,
                    startIndex + i * startRowStride, startRowStride, c, cOffset + i * cRowStride, cRowStride);
        }
        for (; i < rows; i++) {
            tile1x2(a, aOffset + i * aRowStride, aRowStride, aDepthStride, b, bIndex, depth, start,
                    startIndex + i * startRowStride, startRowStride, c, cOffset + i * cRowStride, cRowStride);
        }
    }

    private static void narrowPanel(float[] a, int aOffset, int aRowStride, int aDepthStride, float[] b, int bIndex,
            int rows,
            int depth, float[] start, int startIndex, int startRowStride, float[] c, int cOffset, int cRowStride,
            int columns) {
        int i = 0;
        // A dozen masked loads and stores would go past the inliner's limit: a 16-channel convolution ran 100 times slower.
        if (columns == LANES) {
            for (; i + 12 <= rows; i += 12) {
                tile12x1(a, aOffset + i * aRowStride, aRowStride, aDepthStride, b, bIndex, depth, start,
                        startIndex + i * startRowStride, startRowStride, c, cOffset + i * cRowStride, cRowStride);
            }
        }
        for (; i + 3 <= rows; i += 3) {
            tile3x1(a, aOffset + i * aRowStride, aRowStride, aDepthStride, b, bIndex, depth, start,
                    startIndex + i * startRowStride, startRowStride, c, cOffset + i * cRowStride, cRowStride, columns);
        }
        for (; i < rows; i++) {
            tile1x1(a, aOffset + i * aRowStride, aRowStride, aDepthStride, b, bIndex, depth, start,
                    startIndex + i * startRowStride, startRowStride, c, cOffset + i * cRowStride, cRowStride, columns);
        }
    }

    private static void tile12x2(float[] a, int aIndex, int aRowStride, int aDepthStride, float[] b, int bIndex,
            int depth, float[] start, int startIndex, int startRowStride, float[] c, int cIndex, int cRowStride) {
        int a1 = aIndex + aRowStride;
        int a2 = a1 + aRowStride;
        int a3 = a2 + aRowStride;
        int a4 = a3 + aRowStride;
        int a5 = a4 + aRowStride;
        int a6 = a5 + aRowStride;
        int a7 = a6 + aRowStride;
        int a8 = a7 + aRowStride;
        int a9 = a8 + aRowStride;
        int a10 = a9 + aRowStride;
        int a11 = a10 + aRowStride;
        FloatVector left0 = FloatVector.fromArray(SPECIES, start, startIndex);
        FloatVector right0 = FloatVector.fromArray(SPECIES, start, startIndex + LANES);
        FloatVector left1 = FloatVector.fromArray(SPECIES, start, startIndex + startRowStride);
        FloatVector right1 = FloatVector.fromArray(SPECIES, start, startIndex + startRowStride + LANES);
        FloatVector left2 = FloatVector.fromArray(SPECIES, start, startIndex + 2 * startRowStride);
        FloatVector right2 = FloatVector.fromArray(SPECIES, start, startIndex + 2 * startRowStride + LANES);
        FloatVector left3 = FloatVector.fromArray(SPECIES, start, startIndex + 3 * startRowStride);
        FloatVector right3 = FloatVector.fromArray(SPECIES, start, startIndex + 3 * startRowStride + LANES);
        FloatVector left4 = FloatVector.fromArray(SPECIES, start, startIndex + 4 * startRowStride);
        FloatVector right4 = FloatVector.fromArray(SPECIES, start, startIndex + 4 * startRowStride + LANES);
        FloatVector left5 = FloatVector.fromArray(SPECIES, start, startIndex + 5 * startRowStride);
        FloatVector right5 = FloatVector.fromArray(SPECIES, start, startIndex + 5 * startRowStride + LANES);
        FloatVector left6 = FloatVector.fromArray(SPECIES, start, startIndex + 6 * startRowStride);
        FloatVector right6 = FloatVector.fromArray(SPECIES, start, startIndex + 6 * startRowStride + LANES);
        FloatVector left7 = FloatVector.fromArray(SPECIES, start, startIndex + 7 * startRowStride);
        FloatVector right7 = FloatVector.fromArray(SPECIES, start, startIndex + 7 * startRowStride + LANES);
        FloatVector left8 = FloatVector.fromArray(SPECIES, start, startIndex + 8 * startRowStride);
        FloatVector right8 = FloatVector.fromArray(SPECIES, start, startIndex + 8 * startRowStride + LANES);
        FloatVector left9 = FloatVector.fromArray(SPECIES, start, startIndex + 9 * startRowStride);
        FloatVector right9 = FloatVector.fromArray(SPECIES, start, startIndex + 9 * startRowStride + LANES);
        FloatVector left10 = FloatVector.fromArray(SPECIES, start, startIndex + 10 * startRowStride);
        FloatVector right10 = FloatVector.fromArray(SPECIES, start, startIndex + 10 * startRowStride + LANES);
        FloatVector left11 = FloatVector.fromArray(SPECIES, start, startIndex + 11 * startRowStride);
        FloatVector right11 = FloatVector.fromArray(SPECIES, start, startIndex + 11 * startRowStride + LANES);
        int k = 0;
        int at = bIndex;
        for (int r = 0; r < depth; r++) {
            FloatVector left = FloatVector.fromArray(SPECIES, b, at);
            FloatVector right = FloatVector.fromArray(SPECIES, b, at + LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[aIndex + k]);
            left0 = x.fma(left, left0);
            right0 = x.fma(right, right0);
            x = FloatVector.broadcast(SPECIES, a[a1 + k]);
            left1 = x.fma(left, left1);
            right1 = x.fma(right, right1);
            x = FloatVector.broadcast(SPECIES, a[a2 + k]);
            left2 = x.fma(left, left2);
            right2 = x.fma(right, right2);
            x = FloatVector.broadcast(SPECIES, a[a3 + k]);
            left3 = x.fma(left, left3);
            right3 = x.fma(right, right3);
            x = FloatVector.broadcast(SPECIES, a[a4 + k]);
            left4 = x.fma(left, left4);
            right4 = x.fma(right, right4);
            x = FloatVector.broadcast(SPECIES, a[a5 + k]);
            left5 = x.fma(left, left5);
            right5 = x.fma(right, right5);
            x = FloatVector.broadcast(SPECIES, a[a6 + k]);
            left6 = x.fma(left, left6);
            right6 = x.fma(right, right6);
            x = FloatVector.broadcast(SPECIES, a[a7 + k]);
            left7 = x.fma(left, left7);
            right7 = x.fma(right, right7);
            x = FloatVector.broadcast(SPECIES, a[a8 + k]);
            left8 = x.fma(left, left8);
            right8 = x.fma(right, right8);
            x = FloatVector.broadcast(SPECIES, a[a9 + k]);
            left9 = x.fma(left, left9);
            right9 = x.fma(right, right9);
            x = FloatVector.broadcast(SPECIES, a[a10 + k]);
            left10 = x.fma(left, left10);
            right10 = x.fma(right, right10);
            x = FloatVector.broadcast(SPECIES, a[a11 + k]);
            left11 = x.fma(left, left11);
            right11 = x.fma(right, right11);
            k += aDepthStride;
            at += 2 * LANES;
        }
        left0.intoArray(c, cIndex);
        right0.intoArray(c, cIndex + LANES);
        left1.intoArray(c, cIndex + cRowStride);
        right1.intoArray(c, cIndex + cRowStride + LANES);
        left2.intoArray(c, cIndex + 2 * cRowStride);
        right2.intoArray(c, cIndex + 2 * cRowStride + LANES);
        left3.intoArray(c, cIndex + 3 * cRowStride);
        right3.intoArray(c, cIndex + 3 * cRowStride + LANES);
        left4.intoArray(c, cIndex + 4 * cRowStride);
        right4.intoArray(c, cIndex + 4 * cRowStride + LANES);
        left5.intoArray(c, cIndex + 5 * cRowStride);
        right5.intoArray(c, cIndex + 5 * cRowStride + LANES);
        left6.intoArray(c, cIndex + 6 * cRowStride);
        right6.intoArray(c, cIndex + 6 * cRowStride + LANES);
        left7.intoArray(c, cIndex + 7 * cRowStride);
        right7.intoArray(c, cIndex + 7 * cRowStride + LANES);
        left8.intoArray(c, cIndex + 8 * cRowStride);
        right8.intoArray(c, cIndex + 8 * cRowStride + LANES);
        left9.intoArray(c, cIndex + 9 * cRowStride);
        right9.intoArray(c, cIndex + 9 * cRowStride + LANES);
        left10.intoArray(c, cIndex + 10 * cRowStride);
        right10.intoArray(c, cIndex + 10 * cRowStride + LANES);
        left11.intoArray(c, cIndex + 11 * cRowStride);
        right11.intoArray(c, cIndex + 11 * cRowStride + LANES);
    }

    private static void tile6x2(float[] a, int aIndex, int aRowStride, int aDepthStride, float[] b, int bIndex,
            int depth, float[] start, int startIndex, int startRowStride, float[] c, int cIndex, int cRowStride) {
        int a1 = aIndex + aRowStride;
        int a2 = a1 + aRowStride;
        int a3 = a2 + aRowStride;
        int a4 = a3 + aRowStride;
        int a5 = a4 + aRowStride;
        FloatVector left0 = FloatVector.fromArray(SPECIES, start, startIndex);
        FloatVector right0 = FloatVector.fromArray(SPECIES, start, startIndex + LANES);
        FloatVector left1 = FloatVector.fromArray(SPECIES, start, startIndex + startRowStride);
        FloatVector right1 = FloatVector.fromArray(SPECIES, start, startIndex + startRowStride + LANES);
        FloatVector left2 = FloatVector.fromArray(SPECIES, start, startIndex + 2 * startRowStride);
        FloatVector right2 = FloatVector.fromArray(SPECIES, start, startIndex + 2 * startRowStride + LANES);
        FloatVector left3 = FloatVector.fromArray(SPECIES, start, startIndex + 3 * startRowStride);
        FloatVector right3 = FloatVector.fromArray(SPECIES, start, startIndex + 3 * startRowStride + LANES);
        FloatVector left4 = FloatVector.fromArray(SPECIES, start, startIndex + 4 * startRowStride);
        FloatVector right4 = FloatVector.fromArray(SPECIES, start, startIndex + 4 * startRowStride + LANES);
        FloatVector left5 = FloatVector.fromArray(SPECIES, start, startIndex + 5 * startRowStride);
        FloatVector right5 = FloatVector.fromArray(SPECIES, start, startIndex + 5 * startRowStride + LANES);
        int k = 0;
        int at = bIndex;
        for (int r = 0; r < depth; r++) {
            FloatVector left = FloatVector.fromArray(SPECIES, b, at);
            FloatVector right = FloatVector.fromArray(SPECIES, b, at + LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[aIndex + k]);
            left0 = x.fma(left, left0);
            right0 = x.fma(right, right0);
            x = FloatVector.broadcast(SPECIES, a[a1 + k]);
            left1 = x.fma(left, left1);
            right1 = x.fma(right, right1);
            x = FloatVector.broadcast(SPECIES, a[a2 + k]);
            left2 = x.fma(left, left2);
            right2 = x.fma(right, right2);
            x = FloatVector.broadcast(SPECIES, a[a3 + k]);
            left3 = x.fma(left, left3);
            right3 = x.fma(right, right3);
            x = FloatVector.broadcast(SPECIES, a[a4 + k]);
            left4 = x.fma(left, left4);
            right4 = x.fma(right, right4);
            x = FloatVector.broadcast(SPECIES, a[a5 + k]);
            left5 = x.fma(left, left5);
            right5 = x.fma(right, right5);
            k += aDepthStride;
            at += 2 * LANES;
        }
        left0.intoArray(c, cIndex);
        right0.intoArray(c, cIndex + LANES);
        left1.intoArray(c, cIndex + cRowStride);
        right1.intoArray(c, cIndex + cRowStride + LANES);
        left2.intoArray(c, cIndex + 2 * cRowStride);
        right2.intoArray(c, cIndex + 2 * cRowStride + LANES);
        left3.intoArray(c, cIndex + 3 * cRowStride);
        right3.intoArray(c, cIndex + 3 * cRowStride + LANES);
        left4.intoArray(c, cIndex + 4 * cRowStride);
        right4.intoArray(c, cIndex + 4 * cRowStride + LANES);
        left5.intoArray(c, cIndex + 5 * cRowStride);
        right5.intoArray(c, cIndex + 5 * cRowStride + LANES);
    }

    private static void tile3x2(float[] a, int aIndex, int aRowStride, int aDepthStride, float[] b, int bIndex,
            int depth, float[] start, int startIndex, int startRowStride, float[] c, int cIndex, int cRowStride) {
        int a1 = aIndex + aRowStride;
        int a2 = a1 + aRowStride;
        FloatVector left0 = FloatVector.fromArray(SPECIES, start, startIndex);
        FloatVector right0 = FloatVector.fromArray(SPECIES, start, startIndex + LANES);
        FloatVector left1 = FloatVector.fromArray(SPECIES, start, startIndex + startRowStride);
        FloatVector right1 = FloatVector.fromArray(SPECIES, start, startIndex + startRowStride + LANES);
        FloatVector left2 = FloatVector.fromArray(SPECIES, start, startIndex + 2 * startRowStride);
        FloatVector right2 = FloatVector.fromArray(SPECIES, start, startIndex + 2 * startRowStride + LANES);
        int k = 0;
        int at = bIndex;
        for (int r = 0; r < depth; r++) {
            FloatVector left = FloatVector.fromArray(SPECIES, b, at);
            FloatVector right = FloatVector.fromArray(SPECIES, b, at + LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[aIndex + k]);
            left0 = x.fma(left, left0);
            right0 = x.fma(right, right0);
            x = FloatVector.broadcast(SPECIES, a[a1 + k]);
            left1 = x.fma(left, left1);
            right1 = x.fma(right, right1);
            x = FloatVector.broadcast(SPECIES, a[a2 + k]);
            left2 = x.fma(left, left2);
            right2 = x.fma(right, right2);
            k += aDepthStride;
            at += 2 * LANES;
        }
        left0.intoArray(c, cIndex);
        right0.intoArray(c, cIndex + LANES);
        left1.intoArray(c, cIndex + cRowStride);
        right1.intoArray(c, cIndex + cRowStride + LANES);
        left2.intoArray(c, cIndex + 2 * cRowStride);
        right2.intoArray(c, cIndex + 2 * cRowStride + LANES);
    }

    private static void tile1x2(float[] a, int aIndex, int aRowStride, int aDepthStride, float[] b, int bIndex,
            int depth, float[] start, int startIndex, int startRowStride, float[] c, int cIndex, int cRowStride) {
        FloatVector left0 = FloatVector.fromArray(SPECIES, start, startIndex);
        FloatVector right0 = FloatVector.fromArray(SPECIES, start, startIndex + LANES);
        int k = 0;
        int at = bIndex;
        for (int r = 0; r < depth; r++) {
            FloatVector left = FloatVector.fromArray(SPECIES, b, at);
            FloatVector right = FloatVector.fromArray(SPECIES, b, at + LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[aIndex + k]);
            left0 = x.fma(left, left0);
            right0 = x.fma(right, right0);
            k += aDepthStride;
            at += 2 * LANES;
        }
        left0.intoArray(c, cIndex);
        right0.intoArray(c, cIndex + LANES);
    }

    private static void tile12x1(float[] a, int aIndex, int aRowStride, int aDepthStride, float[] b, int bIndex,
            int depth, float[] start, int startIndex, int startRowStride, float[] c, int cIndex, int cRowStride) {
        int a1 = aIndex + aRowStride;
        int a2 = a1 + aRowStride;
        int a3 = a2 + aRowStride;
        int a4 = a3 + aRowStride;
        int a5 = a4 + aRowStride;
        int a6 = a5 + aRowStride;
        int a7 = a6 + aRowStride;
        int a8 = a7 + aRowStride;
        int a9 = a8 + aRowStride;
        int a10 = a9 + aRowStride;
        int a11 = a10 + aRowStride;
        FloatVector sum0 = FloatVector.fromArray(SPECIES, start, startIndex);
        FloatVector sum1 = FloatVector.fromArray(SPECIES, start, startIndex + startRowStride);
        FloatVector sum2 = FloatVector.fromArray(SPECIES, start, startIndex + 2 * startRowStride);
        FloatVector sum3 = FloatVector.fromArray(SPECIES, start, startIndex + 3 * startRowStride);
        FloatVector sum4 = FloatVector.fromArray(SPECIES, start, startIndex + 4 * startRowStride);
        FloatVector sum5 = FloatVector.fromArray(SPECIES, start, startIndex + 5 * startRowStride);
        FloatVector sum6 = FloatVector.fromArray(SPECIES, start, startIndex + 6 * startRowStride);
        FloatVector sum7 = FloatVector.fromArray(SPECIES, start, startIndex + 7 * startRowStride);
        FloatVector sum8 = FloatVector.fromArray(SPECIES, start, startIndex + 8 * startRowStride);
        FloatVector sum9 = FloatVector.fromArray(SPECIES, start, startIndex + 9 * startRowStride);
        FloatVector sum10 = FloatVector.fromArray(SPECIES, start, startIndex + 10 * startRowStride);
        FloatVector sum11 = FloatVector.fromArray(SPECIES, start, startIndex + 11 * startRowStride);
        int k = 0;
        int at = bIndex;
        for (int r = 0; r < depth; r++) {
            FloatVector column = FloatVector.fromArray(SPECIES, b, at);
            sum0 = FloatVector.broadcast(SPECIES, a[aIndex + k]).fma(column, sum0);
            sum1 = FloatVector.broadcast(SPECIES, a[a1 + k]).fma(column, sum1);
            sum2 = FloatVector.broadcast(SPECIES, a[a2 + k]).fma(column, sum2);
            sum3 = FloatVector.broadcast(SPECIES, a[a3 + k]).fma(column, sum3);
            sum4 = FloatVector.broadcast(SPECIES, a[a4 + k]).fma(column, sum4);
            sum5 = FloatVector.broadcast(SPECIES, a[a5 + k]).fma(column, sum5);
            sum6 = FloatVector.broadcast(SPECIES, a[a6 + k]).fma(column, sum6);
            sum7 = FloatVector.broadcast(SPECIES, a[a7 + k]).fma(column, sum7);
            sum8 = FloatVector.broadcast(SPECIES, a[a8 + k]).fma(column, sum8);
            sum9 = FloatVector.broadcast(SPECIES, a[a9 + k]).fma(column, sum9);
            sum10 = FloatVector.broadcast(SPECIES, a[a10 + k]).fma(column, sum10);
            sum11 = FloatVector.broadcast(SPECIES, a[a11 + k]).fma(column, sum11);
            k += aDepthStride;
            at += 2 * LANES;
        }
        sum0.intoArray(c, cIndex);
        sum1.intoArray(c, cIndex + cRowStride);
        sum2.intoArray(c, cIndex + 2 * cRowStride);
        sum3.intoArray(c, cIndex + 3 * cRowStride);
        sum4.intoArray(c, cIndex + 4 * cRowStride);
        sum5.intoArray(c, cIndex + 5 * cRowStride);
        sum6.intoArray(c, cIndex + 6 * cRowStride);
        sum7.intoArray(c, cIndex + 7 * cRowStride);
        sum8.intoArray(c, cIndex + 8 * cRowStride);
        sum9.intoArray(c, cIndex + 9 * cRowStride);
        sum10.intoArray(c, cIndex + 10 * cRowStride);
        sum11.intoArray(c, cIndex + 11 * cRowStride);
    }

    private static void tile3x1(float[] a, int aIndex, int aRowStride, int aDepthStride, float[] b, int bIndex,
            int depth, float[] start, int startIndex, int startRowStride, float[] c, int cIndex, int cRowStride,
            int columns) {
        VectorMask<Float> valid = SPECIES.indexInRange(0, columns);
        int a1 = aIndex + aRowStride;
        int a2 = a1 + aRowStride;
        FloatVector sum0 = FloatVector.fromArray(SPECIES, start, startIndex, valid);
        FloatVector sum1 = FloatVector.fromArray(SPECIES, start, startIndex + startRowStride, valid);
        FloatVector sum2 = FloatVector.fromArray(SPECIES, start, startIndex + 2 * startRowStride, valid);
        int k = 0;
        int at = bIndex;
        for (int r = 0; r < depth; r++) {
            FloatVector column = FloatVector.fromArray(SPECIES, b, at);
            sum0 = FloatVector.broadcast(SPECIES, a[aIndex + k]).fma(column, sum0);
            sum1 = FloatVector.broadcast(SPECIES, a[a1 + k]).fma(column, sum1);
            sum2 = FloatVector.broadcast(SPECIES, a[a2 + k]).fma(column, sum2);
            k += aDepthStride;
            at += 2 * LANES;
        }
        sum0.intoArray(c, cIndex, valid);
        sum1.intoArray(c, cIndex + cRowStride, valid);
        sum2.intoArray(c, cIndex + 2 * cRowStride, valid);
    }

    private static void tile1x1(float[] a, int aIndex, int aRowStride, int aDepthStride, float[] b, int bIndex,
            int depth, float[] start, int startIndex, int startRowStride, float[] c, int cIndex, int cRowStride,
            int columns) {
        VectorMask<Float> valid = SPECIES.indexInRange(0, columns);
        FloatVector sum0 = FloatVector.fromArray(SPECIES, start, startIndex, valid);
        int k = 0;
        int at = bIndex;
        for (int r = 0; r < depth; r++) {
            FloatVector column = FloatVector.fromArray(SPECIES, b, at);
            sum0 = FloatVector.broadcast(SPECIES, a[aIndex + k]).fma(column, sum0);
            k += aDepthStride;
            at += 2 * LANES;
        }
        sum0.intoArray(c, cIndex, valid);
    }

    /// Bias and clamp, by comparing, since the vector maximum pays for Java's rules on NaN and −0.
    static void finish(float @Nullable [] bias, float min, float max, int rows, int columns, float[] c,
            int cOffset, int cRowStride) {
        if (bias == null && min == Float.NEGATIVE_INFINITY && max == Float.POSITIVE_INFINITY) {
            return;
        }
        for (int j = 0; j < columns; j += LANES) {
            VectorMask<Float> valid = SPECIES.indexInRange(j, columns);
            FloatVector biases =
                    FloatVector.fromArray(SPECIES, bias == null ? NO_BIAS : bias, bias == null ? 0 : j, valid);
            for (int i = 0; i < rows; i++) {
                int at = cOffset + i * cRowStride + j;
                FloatVector value = FloatVector.fromArray(SPECIES, c, at, valid).add(biases);
                value = value.blend(min, value.lt(min));
                value.blend(max, value.compare(VectorOperators.GT, max)).intoArray(c, at, valid);
            }
        }
    }
}
