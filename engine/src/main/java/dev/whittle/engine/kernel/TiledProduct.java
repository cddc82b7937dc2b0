package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Weights `[columns][reduction]`, packed and cut into [Tile]s for rows of input that lie in a known way: the product
/// under convolutions and fully-connected layers.
///
/// The columns fall into panels, each as wide as the tiles that read it. Reductions that are too long for a
/// cache, or of more lines than a tile should have, go in pieces that go on from each other's sums, which changes no bit.
///
/// Codes are multiplied as floats, which is exact while every partial sum stays below 2²⁴: the reduction is cut into
/// segments within which `128 · Σ|w|` holds that bound for each column (one segment up to 1,032 steps for INT8), and the
/// sums of the segments, exact each, are left to be added as integers.
final class TiledProduct {
    /// So many steps of a panel of two vectors (256 KB at 512 bits) stay in the second-level cache while rows pass.
    private static final int MOST_STEPS = 2048;
    /// Each line is a loop of the tile's code, which the compiler refuses from a certain size on.
    private static final int MOST_LINES = 6;
    private static final int SHORT_LINE = 16;
    /// Vectors in a panel that a tile can be as wide as, those first that leave most rows.
    private static final int[] PANEL_VECTORS = {2, 1, 4, 8};
    /// Cycles before the result of a multiplication can be added to: so many sums times two are worth having.
    private static final int LATENCY = 4;

    /// Bytes of weights of which a single row finds the next ones in the first-level cache. From the second, two cycles bring
    /// one vector, so that two sums lose nothing by waiting; more were 7 % slower.
    private static final int FIRST_LEVEL_CACHE = 48 << 10;

    /// Floats before the first weight. HotSpot starts a large array 16 bytes after a multiple of 64; vectors that each lay in
    /// two cache lines made a product of one row, which reads each weight once, a fifth slower.
    private static final int MARGIN = 12;

    /// How the input lies: as for [Tile].
    ///
    /// @param rows how many follow each other, `aRowStride` apart
    /// @param lineOffsets where each line of the reduction lies, from where its row starts
    /// @param depth steps in each line
    /// @param aDepthStride floats from one step to the next
    /// @param pool where each row is the largest of several, else null
    record Layout(int rows, int aRowStride, int cRowStride, int[] lineOffsets, int depth, int aDepthStride,
            TileShape.@Nullable Pool pool) {
        Layout(int rows, int aRowStride, int cRowStride, int[] lineOffsets, int depth,
                TileShape.@Nullable Pool pool) {
            this(rows, aRowStride, cRowStride, lineOffsets, depth, 1, pool);
        }

        /// Rows that are contiguous.
        static Layout ofMatrix(int rows, int depth, int columns) {
            return new Layout(rows, depth, columns, new int[1], depth, null);
        }

        /// Whether each step has an offset of its own.
        boolean isLoose() {
            return depth == 1;
        }

        boolean hasLines() {
            return !isLoose() && lineOffsets.length > 1;
        }

        int parts() {
            return pool == null ? 1 : TileShape.Pool.PARTS;
        }

        int reduction() {
            return lineOffsets.length * depth;
        }
    }

    /// A piece of the reduction for one panel.
    private record Piece(int line, int step, int depth, int weights, int column, int segment, Tile tile,
            @Nullable Tile tail) {
    }

    private final float[] packed;
    private final Layout layout;
    private final int segments;
    private final int rowsOfTile;
    private final int wholeTiles;
    private final Piece[] pieces;
    private final float[] bias;
    private final float min;
    private final float max;

    private TiledProduct(float[] packed, Layout layout, int segments, int rowsOfTile, Piece[] pieces, float[] bias,
            float min, float max) {
        this.packed = packed;
        this.layout = layout;
        this.segments = segments;
        this.rowsOfTile = rowsOfTile;
        wholeTiles = layout.rows() / rowsOfTile;
        this.pieces = pieces;
        this.bias = bias;
        this.min = min;
        this.max = max;
    }

    /// The product of real numbers, with the bias and clamp of the activation: one segment.
    ///
    /// @param weights of which `columns` rows from `firstColumn` on take part
    /// @param bias of all rows of `weights`
    static TiledProduct ofReals(KernelTier tier, float[] weights, int firstColumn, int columns,
            float @Nullable [] bias, Activation activation, Layout layout) {
        // Adding −0 changes no float, so a missing bias needs no branch.
        float[] biases = new float[columns];
        Arrays.fill(biases, -0f);
        if (bias != null) {
            System.arraycopy(bias, firstColumn, biases, 0, columns);
        }
        TileShape.Finish finish = bias == null && activation == Activation.NONE && layout.pool() == null
                ? TileShape.Finish.NONE
                : TileShape.Finish.of(activation.minimum(), activation.maximum());
        return packed(tier, weights, firstColumn, columns, new int[]{0, layout.reduction()}, finish, 0, biases,
                activation.minimum(), activation.maximum(), layout);
    }

    /// The product of codes less their zero point.
    ///
    /// @param bounds [PackedWeights#exactSegments] of all the columns of the operator
    static TiledProduct ofCodes(KernelTier tier, float[] weights, int firstColumn, int columns,
            int[] bounds, Layout layout) {
        return packed(tier, weights, firstColumn, columns, bounds, TileShape.Finish.NONE, 0, new float[0],
                Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, layout);
    }

    /// The product of codes less their zero point, in one segment, which becomes real: [#multiply] is given the parameters, as
    /// [HybridScaling] lays them out.
    static TiledProduct ofScaledCodes(KernelTier tier, float[] weights, int columns, Activation activation,
            Layout layout) {
        return packed(tier, weights, 0, columns, new int[]{0, layout.reduction()},
                TileShape.Finish.of(activation.minimum(), activation.maximum()), columns, new float[0],
                activation.minimum(), activation.maximum(), layout);
    }

    /// The product of real numbers with a B that stays as it is, `bDepthStride` floats from one step to the next, its last
    /// vector of columns filled up.
    ///
    /// @param isAdding sums go on from what is in C
    static TiledProduct ofStrided(KernelTier tier, int columns, int bDepthStride, boolean isAdding,
            TileShape.Finish finish, float min, Layout layout) {
        Tiling tiling = Tiling.of(tier);
        int vectors = panelVectors(tiling, layout, columns);
        int rowsOfTile = rowsOfTile(tiling, vectors, layout);
        int[] bounds = {0, layout.reduction()};
        List<Piece> pieces = new ArrayList<>();
        int width;
        for (int column = 0; column < columns; column += width) {
            width = tiling.panelColumns(vectors, columns - column);
            addPieces(pieces, tiling, rowsOfTile, new Panel(column, width, column, bDepthStride), bounds, isAdding,
                    finish, 0, layout);
        }
        return new TiledProduct(new float[0], layout, 1, rowsOfTile, pieces.toArray(Piece[]::new), new float[0], min,
                Float.POSITIVE_INFINITY);
    }

    private static TiledProduct packed(KernelTier tier, float[] weights, int firstColumn, int columns, int[] bounds,
            TileShape.Finish finish, int scalingStride, float[] bias, float min, float max, Layout layout) {
        Tiling tiling = Tiling.of(tier);
        int vectors = panelVectors(tiling, layout, columns);
        int rowsOfTile = rowsOfTile(tiling, vectors, layout);
        int reduction = layout.reduction();
        int length = MARGIN;
        for (int column = 0; column < columns; column += tiling.panelColumns(vectors, columns - column)) {
            length = Math.addExact(length,
                    Math.multiplyExact(tiling.paddedColumns(tiling.panelColumns(vectors, columns - column)),
                            reduction));
        }
        float[] packed = new float[length];
        List<Piece> pieces = new ArrayList<>();
        int to = MARGIN;
        int column = 0;
        while (column < columns) {
            int width = tiling.panelColumns(vectors, columns - column);
            int padded = tiling.paddedColumns(width);
            pack(weights, firstColumn + column, width, reduction, packed, to, padded);
            addPieces(pieces, tiling, rowsOfTile, new Panel(column, width, to, padded), bounds, false, finish,
                    scalingStride, layout);
            column += width;
            to += padded * reduction;
        }
        return new TiledProduct(packed, layout, bounds.length - 1, rowsOfTile, pieces.toArray(Piece[]::new), bias, min,
                max);
    }

    /// Columns that a tile is wide.
    ///
    /// @param weights where its first row of B starts
    /// @param stride floats from one row of B to the next
    private record Panel(int column, int width, int weights, int stride) {
    }

    private static void addPieces(List<Piece> pieces, Tiling tiling, int rowsOfTile, Panel panel, int[] bounds,
            boolean isAdding, TileShape.Finish finish, int scalingStride, Layout layout) {
        int tailRows = layout.rows() % rowsOfTile;
        int mostSteps =
                layout.rows() == 1 || layout.pool() != null ? Math.max(1, layout.reduction()) : MOST_STEPS;
        for (int segment = 0; segment + 1 < bounds.length; segment++) {
            int at = bounds[segment];
            while (at < bounds[segment + 1]) {
                int left = bounds[segment + 1] - at;
                int step = at % layout.depth();
                int depth = Math.min(Math.min(layout.isLoose() ? left : layout.depth() - step, left), mostSteps);
                // Several lines only where all of each is taken.
                int lines = layout.isLoose() || depth < layout.depth()
                        ? 1
                        : Math.clamp(Math.min(left, mostSteps) / depth, 1, MOST_LINES);
                boolean isLast = lines * depth == left;
                TileShape shape = new TileShape(rowsOfTile, panel.width(), panel.stride(),
                        layout.isLoose() ? TileShape.LOOSE : lines, layout.aRowStride(), layout.aDepthStride(),
                        layout.cRowStride(), isAdding || at != bounds[segment],
                        isLast ? finish : TileShape.Finish.NONE, isLast ? scalingStride : 0, layout.pool());
                pieces.add(new Piece(at / layout.depth(), step * layout.aDepthStride(), depth,
                        panel.weights() + at * panel.stride(), panel.column(), segment, tiling.tile(shape),
                        tailRows == 0 ? null : tiling.tile(shape.withRows(tailRows))));
                at += lines * depth;
            }
        }
    }

    private static void pack(float[] weights, int firstColumn, int columns, int reduction, float[] packed, int to,
            int padded) {
        for (int j = 0; j < columns; j++) {
            int from = (firstColumn + j) * reduction;
            for (int r = 0; r < reduction; r++) {
                packed[to + r * padded + j] = weights[from + r];
            }
        }
    }

    /// What makes the fewest cycles: each vector of sums takes half of one for each step, and waits for its last result.
    private static int panelVectors(Tiling tiling, Layout layout, int columns) {
        int rows = layout.rows();
        boolean isStreamed = rows == 1 && (long) Float.BYTES * columns * layout.reduction() > FIRST_LEVEL_CACHE;
        int best = 1;
        double fewest = Double.MAX_VALUE;
        for (int vectors : PANEL_VECTORS) {
            if (tiling.rows(vectors, layout.hasLines()) < layout.parts()
                    || vectors > 1 && vectors * tiling.lanes() > columns
                    || isStreamed && vectors > 2) {
                continue;
            }
            int tileRows = rowsOfTile(tiling, vectors, layout);
            double cycles = 0;
            for (int column = 0; column < columns; column += tiling.panelColumns(vectors, columns - column)) {
                int width = Math.ceilDiv(tiling.panelColumns(vectors, columns - column), tiling.lanes());
                cycles += rows / tileRows * cycles(tileRows * layout.parts(), width)
                        + (rows % tileRows == 0 ? 0 : cycles(rows % tileRows * layout.parts(), width));
            }
            if (cycles < fewest) {
                fewest = cycles;
                best = vectors;
            }
        }
        return best;
    }

    private static double cycles(int rows, int vectors) {
        return Math.max(LATENCY, Math.max(rows * vectors, rows + vectors) / 2.0);
    }

    /// As even as it goes, so that no short tile is left.
    private static int rowsOfTile(Tiling tiling, int vectors, Layout layout) {
        return Math.ceilDiv(layout.rows(),
                Math.ceilDiv(layout.rows(), tiling.rows(vectors, layout.hasLines()) / layout.parts()));
    }

    /// Whether tiles pool, for so many lines of so many steps. Scalar ones could but gain nothing; they do where machine code is
    /// to do it, should that not cover the convolution.
    static boolean canPool(Preparation p, int lines, int depth) {
        boolean isWorthIt = p.tier() == KernelTier.VECTOR || p.tier() == KernelTier.SCALAR && p.machineCode() != null;
        return isWorthIt && (lines <= MOST_LINES || isShort(p.tier(), depth));
    }

    /// Whether lines of so many steps are better cut into loose steps.
    static boolean isShort(KernelTier tier, int depth) {
        return tier == KernelTier.VECTOR && depth < SHORT_LINE;
    }

    /// Tiles that make up the rows.
    int tiles() {
        return Math.ceilDiv(layout.rows(), rowsOfTile);
    }

    /// Rows in each tile but the last.
    int rowsOfTile() {
        return rowsOfTile;
    }

    /// Multiplies all rows of several images, `aImageStride` apart; the sums of segment `s` go `s · segmentStride` further
    /// on.
    void multiply(float[] a, int aOffset, float[] sums, int sumsOffset, int segmentStride, int images,
            int aImageStride, int sumsImageStride) {
        multiply(a, aOffset, bias, 0, sums, sumsOffset, segmentStride, images, aImageStride, sumsImageStride);
    }

    /// As the other, with parameters for each column, the bias first.
    void multiply(float[] a, int aOffset, float[] parameters, int parametersOffset, float[] sums, int sumsOffset,
            int segmentStride, int images, int aImageStride, int sumsImageStride) {
        for (Piece piece : pieces) {
            int to = sumsOffset + piece.segment() * segmentStride + piece.column();
            for (int image = 0; image < images; image++) {
                multiply(piece, a, aOffset + image * aImageStride, packed, 0, parameters, parametersOffset, sums,
                        to + image * sumsImageStride, 0, tiles());
            }
        }
    }

    /// Multiplies all rows of several images by a B that lies elsewhere, see [#ofStrided].
    void multiply(float[] a, int aOffset, float[] b, int bOffset, float[] bias, int biasOffset, float[] c, int cOffset,
            int images, int aImageStride, int cImageStride) {
        for (Piece piece : pieces) {
            for (int image = 0; image < images; image++) {
                multiply(piece, a, aOffset + image * aImageStride, b, bOffset, bias, biasOffset, c,
                        cOffset + piece.column() + image * cImageStride, 0, tiles());
            }
        }
    }

    /// Multiplies the rows of some of the tiles.
    ///
    /// @param aOffset where the first row of tile 0 starts, `sumsOffset` where its sums go
    void multiplyTiles(float[] a, int aOffset, float[] sums, int sumsOffset, int segmentStride, int firstTile,
            int endTile) {
        for (Piece piece : pieces) {
            multiply(piece, a, aOffset, packed, 0, bias, 0, sums,
                    sumsOffset + piece.segment() * segmentStride + piece.column(),
                    firstTile,
                    endTile);
        }
    }

    private void multiply(Piece piece, float[] a, int aOffset, float[] b, int bOffset, float[] parameters,
            int parametersOffset, float[] sums, int sumsOffset, int firstTile, int endTile) {
        int whole = Math.min(endTile, wholeTiles);
        if (whole > firstTile) {
            int row = firstTile * rowsOfTile;
            piece.tile.multiply(a, aOffset + piece.step() + row * layout.aRowStride(), layout.lineOffsets(),
                    piece.line(),
                    piece.depth(), b, bOffset + piece.weights(), parameters, parametersOffset + piece.column(), min,
                    max,
                    sums,
                    sumsOffset + row * layout.cRowStride(), whole - firstTile);
        }
        if (endTile > wholeTiles && piece.tail != null) {
            int row = wholeTiles * rowsOfTile;
            piece.tail.multiply(a, aOffset + piece.step() + row * layout.aRowStride(), layout.lineOffsets(),
                    piece.line(),
                    piece.depth(), b, bOffset + piece.weights(), parameters, parametersOffset + piece.column(), min,
                    max,
                    sums,
                    sumsOffset + row * layout.cRowStride(), 1);
        }
    }
}
