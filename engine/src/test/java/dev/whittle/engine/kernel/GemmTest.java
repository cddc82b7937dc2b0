package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GemmTest {
    private static final int[] SIZES = {1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 31, 32, 33, 47};
    private static final float GUARD = 12345;

    private static void assumeRuns(KernelTier tier) {
        assumeTrue(tier != KernelTier.VECTOR || KernelTier.isVectorAvailable(),
                "needs java --add-modules jdk.incubator.vector");
    }

    private static int pick(Random random) {
        return SIZES[random.nextInt(SIZES.length)];
    }

    static float[] randoms(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 4 - 2;
        }
        return values;
    }

    static float[] product(Gemm gemm, float[] a, int aRowStride, int aDepthStride, float[] b, int rows,
            int depth,
            int columns, float @Nullable [] bias, float min, float max, boolean accumulate, float[] start,
            int cRowStride) {
        float[] packed = new float[3 + gemm.packedLength(depth, columns)];
        gemm.pack(b, 0, columns, 1, depth, columns, packed, 3);
        float[] c = start.clone();
        gemm.multiply(a, 0, aRowStride, aDepthStride, packed, 3, rows, depth, columns, bias, min, max, accumulate, c, 5,
                cRowStride);
        return c;
    }

    @ParameterizedTest
    @EnumSource(KernelTier.class)
    void everyTierYieldsTheBitsOfTheNestedLoops(KernelTier tier) {
        assumeRuns(tier);
        Random random = new Random(17);
        for (int round = 0; round < 400; round++) {
            int rows = pick(random);
            int depth = random.nextInt(12) == 0 ? 1024 + pick(random) : pick(random);
            int columns = pick(random);
            boolean transposed = random.nextBoolean();
            int cRowStride = columns + random.nextInt(3);
            float[] bias = random.nextBoolean() ? randoms(random, columns) : null;
            boolean accumulate = random.nextInt(3) == 0;
            float min = random.nextBoolean() ? -0.5f : Float.NEGATIVE_INFINITY;
            float max = random.nextBoolean() ? 0.75f : Float.POSITIVE_INFINITY;
            float[] a = randoms(random, rows * depth);
            float[] b = randoms(random, depth * columns);
            float[] start = new float[5 + rows * cRowStride + 40];
            Arrays.fill(start, GUARD);

            float[] expected =
                    product(ReferenceGemm.INSTANCE, a, transposed ? 1 : depth, transposed ? rows : 1, b, rows,
                            depth, columns, bias, min, max, accumulate, start, cRowStride);
            float[] actual = product(Gemm.of(tier), a, transposed ? 1 : depth, transposed ? rows : 1, b, rows, depth,
                    columns, bias, min, max, accumulate, start, cRowStride);

            assertThat(actual).as("round %d: %d x %d x %d", round, rows, depth, columns).containsExactly(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(KernelTier.class)
    void clampKeepsNanAndNegativeZero(KernelTier tier) {
        assumeRuns(tier);
        Gemm gemm = Gemm.of(tier);
        float[] packed = new float[gemm.packedLength(1, 3)];
        gemm.pack(new float[]{Float.NaN, -1e-30f, 7}, 0, 3, 1, 1, 3, packed, 0);
        float[] c = new float[3];

        gemm.multiply(new float[]{1e-30f}, 0, 1, 1, packed, 0, 1, 1, 3, new float[]{0, -0f, 9}, 0, 6, false, c, 0, 3);

        assertThat(c).containsExactly(Float.NaN, -0f, 6);
    }

    @ParameterizedTest
    @EnumSource(KernelTier.class)
    void emptyReductionLeavesTheBias(KernelTier tier) {
        assumeRuns(tier);
        float[] c = {GUARD, GUARD};

        Gemm.of(tier).multiply(new float[0], 0, 0, 1, new float[0], 0, 1, 0, 2, new float[]{3, -4}, 0, 6, false, c, 0,
                2);

        assertThat(c).containsExactly(3, 0);
    }
}
