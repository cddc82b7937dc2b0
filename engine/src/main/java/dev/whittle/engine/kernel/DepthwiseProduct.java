package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Weights `[filterY][filterX][channel]`, packed and cut into [Tile]s for an output row of a depthwise convolution: panels
/// of at most a vector of channels, and pieces of the window that a tile can hold in registers, which go on from each
/// other's sums.
///
/// Sums of codes are exact as floats up to [#EXACT_TAPS] taps; larger windows are cut into segments, whose sums are left
/// to be added as integers.
final class DepthwiseProduct {
    /// Sums of so many products, at most 128 · 255 each, are below 2²⁴.
    private static final int EXACT_TAPS = (1 << 24) / (128 * 255);
    /// Vectors of channels from which on a tile goes across them before it goes on to the next rows.
    private static final int PANELS_TO_GO_ACROSS = 4;
    /// Weights in a piece.
    private static final int MOST_WEIGHTS = 25;
    private static final int MOST_TAPS = 9;

    /// @param count panels that it covers
    private record Piece(int line, int aOffset, int weights, int column, int count, int segment, Tile tile,
            @Nullable Tile tail) {
    }

    private final int[] lineOffsets;
    private final int aRowStride;
    private final int rows;
    private final int rowsOfTile;
    private final int channels;
    private final float[] packed;
    private final int segments;
    private final Piece[] pieces;
    private final float[] bias;
    private final float min;
    private final float max;

    /// @param lines with as many channels as there are weights for each tap
    /// @param lineOffsets where each line of the window lies, from where an output row starts; perhaps for several rows
    /// @param isReal with bias and activation, and one segment; else sums of codes
    DepthwiseProduct(KernelTier tier, float[] weights, int channels, Window window, InputLines lines,
            int[] lineOffsets, boolean isReal,
            float @Nullable [] bias, Activation activation) {
        this.lineOffsets = lineOffsets;
        aRowStride = lines.positionStride();
        this.channels = channels;
        rows = window.outWidth();
        Tiling tiling = tier == KernelTier.VECTOR ? VectorTiles.DEPTHWISE : SCALAR;
        rowsOfTile = Math.ceilDiv(rows, Math.ceilDiv(rows, tiling.rows(channels)));
        this.bias = new float[channels];
        Arrays.fill(this.bias, -0f);
        if (bias != null) {
            System.arraycopy(bias, 0, this.bias, 0, channels);
        }
        min = isReal ? activation.minimum() : Float.NEGATIVE_INFINITY;
        max = isReal ? activation.maximum() : Float.POSITIVE_INFINITY;
        TileShape.Finish last = isReal ? TileShape.Finish.of(min, max) : TileShape.Finish.NONE;
        int pieceTaps = Math.min(window.filterWidth(), MOST_TAPS);
        int pieceLines = pieceTaps < window.filterWidth() ? 1 : Math.max(1, MOST_WEIGHTS / pieceTaps);
        int columns = 0;
        for (int column = 0; column < channels; column += tiling.columns(channels - column)) {
            columns += tiling.paddedColumns(channels - column);
        }
        packed = new float[Math.multiplyExact(window.taps(), columns)];
        List<Piece> found = new ArrayList<>();
        int to = 0;
        int segment = 0;
        int panels;
        for (int column = 0; column < channels; column += panels * tiling.columns(channels - column)) {
            int width = tiling.columns(channels - column);
            int padded = tiling.paddedColumns(channels - column);
            int whole = (channels - column) / width;
            // Many panels: across them first, as the channels lie in memory.
            boolean isAcross = whole >= PANELS_TO_GO_ACROSS;
            panels = isAcross ? whole : 1;
            segment = 0;
            int tapsOfSegment = 0;
            boolean isFirst = true;
            for (int line = 0; line < window.filterHeight(); line += pieceLines) {
                for (int tap = 0; tap < window.filterWidth(); tap += pieceTaps) {
                    int height = Math.min(pieceLines, window.filterHeight() - line);
                    int taps = Math.min(pieceTaps, window.filterWidth() - tap);
                    if (!isReal && tapsOfSegment + height * taps > EXACT_TAPS) {
                        segment++;
                        tapsOfSegment = 0;
                        isFirst = true;
                    }
                    tapsOfSegment += height * taps;
                    boolean isLast = line + height == window.filterHeight() && tap + taps == window.filterWidth();
                    DepthwiseShape shape = new DepthwiseShape(rowsOfTile, width, padded, height, taps, isAcross,
                            window.dilationWidth() * channels, lines.positionStride(), channels, !isFirst,
                            isLast ? last : TileShape.Finish.NONE);
                    found.add(new Piece(line, tap * window.dilationWidth() * channels + column, to, column, panels,
                            segment, tiling.tile(shape),
                            rows % rowsOfTile == 0 ? null : tiling.tile(shape.withRows(rows % rowsOfTile))));
                    for (int i = 0; i < panels * height * taps; i++) {
                        int panel = i / (height * taps);
                        int y = line + i / taps % height;
                        int x = tap + i % taps;
                        System.arraycopy(weights, (y * window.filterWidth() + x) * channels + column + panel * width,
                                packed, to, width);
                        to += padded;
                    }
                    isFirst = false;
                }
            }
        }
        segments = segment + 1;
        pieces = found.toArray(Piece[]::new);
    }

    int segments() {
        return segments;
    }

    /// Multiplies one output row.
    ///
    /// @param firstLine of its `lineOffsets`
    /// @param sumsOffset where the sums of segment 0 go, those of segment `s` go `s · segmentStride` further on
    void multiply(float[] a, int aOffset, int firstLine, float[] sums, int sumsOffset, int segmentStride) {
        int whole = rows / rowsOfTile;
        for (Piece piece : pieces) {
            int from = aOffset + piece.aOffset();
            int to = sumsOffset + piece.segment() * segmentStride + piece.column();
            int line = firstLine + piece.line();
            boolean isAcross = piece.count() > 1;
            for (int tile = 0; tile < (isAcross ? whole : 1); tile++) {
                int row = tile * rowsOfTile;
                piece.tile.multiply(a, from + row * aRowStride, lineOffsets, line, 0, packed, piece.weights(), bias,
                        piece.column(), min, max, sums, to + row * channels, isAcross ? piece.count() : whole);
            }
            if (piece.tail != null) {
                int row = whole * rowsOfTile;
                piece.tail.multiply(a, from + row * aRowStride, lineOffsets, line, 0, packed, piece.weights(), bias,
                        piece.column(), min, max, sums, to + row * channels, piece.count());
            }
        }
    }

    /// What the tiles of a tier can be.
    interface Tiling {
        /// The most rows of a tile.
        int rows(int channels);

        /// Columns of the next panel.
        int columns(int channelsLeft);

        /// Floats that they take.
        int paddedColumns(int channelsLeft);

        Tile tile(DepthwiseShape shape);
    }

    private static final Tiling SCALAR = new Tiling() {
        @Override
        public int rows(int channels) {
            return Integer.MAX_VALUE;
        }

        @Override
        public int columns(int channelsLeft) {
            return channelsLeft;
        }

        @Override
        public int paddedColumns(int channelsLeft) {
            return channelsLeft;
        }

        @Override
        public Tile tile(DepthwiseShape shape) {
            return new ScalarDepthwiseTile(shape);
        }
    };
}
