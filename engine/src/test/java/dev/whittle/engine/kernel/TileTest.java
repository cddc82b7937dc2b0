package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The tiles that are written for their shape against those in plain Java, bit for bit, and that they write nothing else.
class TileTest {
    private static final float GUARD = 12345;
    private static final int LENGTH = 6000;

    private final Random random = new Random(99);

    @BeforeEach
    void assumeVectors() {
        assumeTrue(KernelTier.isVectorAvailable(), "needs java --add-modules jdk.incubator.vector");
    }

    private float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = switch (random.nextInt(50)) {
                case 0 -> -0f;
                case 1 -> Float.NaN;
                case 2 -> Float.POSITIVE_INFINITY;
                default -> (float) random.nextGaussian();
            };
        }
        return values;
    }

    private void agree(Object shape, TileShape.Finish finish, Tile written, Tile plain, int lines, int depth,
            int count) {
        float[] a = values(LENGTH);
        float[] b = values(LENGTH);
        float[] parameters = values(LENGTH);
        int[] lineOffsets = random.ints(lines + 2, 0, 200).toArray();
        float[] expected = new float[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            expected[i] = i % 7 == 0 ? GUARD : random.nextFloat();
        }
        float[] actual = expected.clone();

        float min = finish.compareTo(TileShape.Finish.MINIMUM) >= 0 ? -0.5f : Float.NEGATIVE_INFINITY;
        float max = finish == TileShape.Finish.CLAMP ? 1.5f : Float.POSITIVE_INFINITY;
        plain.multiply(a, 11, lineOffsets, 2, depth, b, 3, parameters, 5, min, max, expected, 13, count);
        written.multiply(a, 11, lineOffsets, 2, depth, b, 3, parameters, 5, min, max, actual, 13, count);

        assertThat(actual).as("%s, depth %d, %d times", shape, depth, count).containsExactly(expected);
    }

    @Test
    void tilesOfProductsAgree() {
        int lanes = Tiling.VECTOR.lanes();
        for (int round = 0; round < 150; round++) {
            int vectors = 1 << random.nextInt(4);
            boolean isNarrow = random.nextInt(3) == 0;
            int most = Tiling.VECTOR.rows(isNarrow ? 1 : vectors, false);
            boolean isPooled = most >= TileShape.Pool.PARTS && random.nextInt(3) == 0;
            int rows = 1 + random.nextInt(Math.max(1, most / (isPooled ? TileShape.Pool.PARTS : 1)));
            int columns = isNarrow ? 1 + random.nextInt(lanes) : vectors * lanes;
            boolean isLoose = random.nextInt(4) == 0;
            int lines = isLoose ? TileShape.LOOSE : 1 + random.nextInt(3);
            TileShape.Finish finish =
                    TileShape.Finish.values()[random.nextInt(TileShape.Finish.values().length)];
            boolean isScaled = finish != TileShape.Finish.NONE && random.nextInt(3) == 0;
            TileShape shape = new TileShape(rows, columns, Math.ceilDiv(columns, lanes) * lanes, lines,
                    random.nextInt(20), 1 + random.nextInt(4) / 3 * random.nextInt(30), columns + random.nextInt(3),
                    !isPooled && random.nextInt(4) == 0, finish,
                    isScaled ? columns + random.nextInt(3) : 0,
                    isPooled ? new TileShape.Pool(random.nextInt(10), random.nextInt(300)) : null);
            int depth = 1 + random.nextInt(9);
            agree(shape, shape.finish(), Tiling.VECTOR.tile(shape), Tiling.SCALAR.tile(shape), isLoose ? depth : lines,
                    depth,
                    1 + random.nextInt(2));
        }
    }

    @Test
    void depthwiseTilesAgree() {
        int lanes = Tiling.VECTOR.lanes();
        for (int round = 0; round < 150; round++) {
            boolean isAcross = random.nextBoolean();
            int columns = isAcross ? lanes : 1 + random.nextInt(lanes);
            int rows = 1 + random.nextInt(Tiling.VECTOR.depthwiseRows());
            int taps = 1 + random.nextInt(5);
            int lines = 1 + random.nextInt(3);
            int channels = columns * (isAcross ? 3 : 1);
            int rowStride = channels * (1 + random.nextInt(2));
            int panelColumns = Math.ceilDiv(columns, lanes) * lanes;
            boolean isEdge = random.nextInt(3) == 0;
            DepthwiseShape shape = new DepthwiseShape(rows, columns, panelColumns, lines, taps, isAcross,
                    channels * (1 + random.nextInt(2)), rowStride, channels, lines * taps * panelColumns,
                    isEdge ? channels * random.nextInt(3) : 0,
                    isEdge ? channels * (1 + random.nextInt(8)) : Integer.MAX_VALUE, random.nextInt(4) == 0,
                    TileShape.Finish.values()[random.nextInt(TileShape.Finish.values().length)]);
            agree(shape, shape.finish(), Tiling.VECTOR.tile(shape), Tiling.SCALAR.tile(shape), lines, 0,
                    1 + random.nextInt(isAcross ? 3 : 2));
        }
    }

    @Test
    void wholeVectorsOrLessThanOne() {
        int lanes = Tiling.VECTOR.lanes();
        TileShape shape = new TileShape(1, lanes + 1, 2 * lanes, 1, 1, 1, 1, false, TileShape.Finish.NONE, 0, null);

        assertThatThrownBy(() -> Tiling.VECTOR.tile(shape))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("columns must be whole vectors of " + lanes + " or less");
    }
}
