package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    /// A part of the weights: some lines and taps of some panels.
    ///
    /// @param panels side by side, `width` channels each
    /// @param weights where they start among the packed ones
    private record Block(int line, int lines, int tap, int taps, int column, int width, int padded, int panels,
            int weights, int segment) {
        boolean isAcross() {
            return panels > 1;
        }
    }

    /// Tiles of one kind, that follow each other.
    private record Span(Tile tile, int row, int tiles, int rowsOfTile) {
    }

    /// A block, or the lines of it that an output row sees.
    private record Piece(Block block, int line, int weights, Span[] spans) {
    }

    private final Window window;
    private final int[] lineOffsets;
    private final int aRowStride;
    private final int tapStride;
    private final int rows;
    private final int rowsOfTile;
    private final int channels;
    private final Tiling tiling;
    private final float[] packed;
    private final int segments;
    private final boolean isPadded;
    /// For each output row its pieces; rows that see all lines share theirs.
    private final Piece[][] pieces;
    private final float[] bias;
    private final float min;
    private final float max;
    private final TileShape.Finish finish;

    /// @param lines with as many channels as there are weights for each tap
    /// @param lineOffsets where each line of the window lies, from where an output row starts; perhaps for several rows
    /// @param isPadded whether the lines reach past the image; else what would be padding takes no part
    /// @param isReal with bias and activation, and one segment; else sums of codes
    DepthwiseProduct(KernelTier tier, float[] weights, int channels, Window window, InputLines lines,
            int[] lineOffsets, boolean isPadded, boolean isReal, float @Nullable [] bias, Activation activation) {
        this.window = window;
        this.lineOffsets = lineOffsets;
        this.isPadded = isPadded;
        this.channels = channels;
        aRowStride = lines.positionStride();
        tapStride = window.dilationWidth() * channels;
        rows = window.outWidth();
        tiling = Tiling.of(tier);
        rowsOfTile = Math.ceilDiv(rows, Math.ceilDiv(rows, tiling.depthwiseRows()));
        this.bias = new float[channels];
        if (bias != null) {
            for (int channel = 0; channel < channels; channel++) {
                this.bias[channel] = bias(bias, channel);
            }
        }
        min = isReal ? activation.minimum() : Float.NEGATIVE_INFINITY;
        max = isReal ? activation.maximum() : Float.POSITIVE_INFINITY;
        finish = isReal ? TileShape.Finish.of(min, max) : TileShape.Finish.NONE;
        List<Block> blocks = blocks(isReal ? Integer.MAX_VALUE : EXACT_TAPS);
        Block last = blocks.getLast();
        segments = last.segment() + 1;
        packed = pack(weights, blocks);
        pieces = new Piece[window.outHeight()][];
        Map<List<Integer>, Piece[]> known = new HashMap<>();
        for (int outY = 0; outY < pieces.length; outY++) {
            int first = 0;
            int end = window.filterHeight();
            if (!isPadded) {
                while (window.inY(outY, first) < 0) {
                    first++;
                }
                while (window.inY(outY, end - 1) >= window.inHeight()) {
                    end--;
                }
            }
            int firstLine = first;
            int endLine = end;
            pieces[outY] = known.computeIfAbsent(List.of(first, end), _ -> pieces(blocks, firstLine, endLine));
        }
    }

    /// A bias of −0, or none, counts as +0: then it makes no difference whether products with padding are added.
    static float bias(float @Nullable [] bias, int channel) {
        return bias == null ? 0 : bias[channel] + 0f;
    }

    private List<Block> blocks(int mostTapsOfSegment) {
        int blockTaps = Math.min(window.filterWidth(), MOST_TAPS);
        int blockLines = blockTaps < window.filterWidth() ? 1 : Math.max(1, MOST_WEIGHTS / blockTaps);
        List<Block> blocks = new ArrayList<>();
        int to = 0;
        int panels;
        for (int column = 0; column < channels; column += panels * tiling.depthwiseColumns(channels - column)) {
            int width = tiling.depthwiseColumns(channels - column);
            int padded = tiling.paddedColumns(width);
            int whole = (channels - column) / width;
            // Many panels: across them first, as the channels lie in memory.
            panels = whole >= PANELS_TO_GO_ACROSS ? whole : 1;
            int segment = 0;
            int tapsOfSegment = 0;
            for (int line = 0; line < window.filterHeight(); line += blockLines) {
                for (int tap = 0; tap < window.filterWidth(); tap += blockTaps) {
                    int height = Math.min(blockLines, window.filterHeight() - line);
                    int taps = Math.min(blockTaps, window.filterWidth() - tap);
                    if (tapsOfSegment + height * taps > mostTapsOfSegment) {
                        segment++;
                        tapsOfSegment = 0;
                    }
                    tapsOfSegment += height * taps;
                    blocks.add(new Block(line, height, tap, taps, column, width, padded, panels, to, segment));
                    to = Math.addExact(to,
                            Math.multiplyExact(Math.multiplyExact(panels, height * taps), padded));
                }
            }
        }
        return blocks;
    }

    private float[] pack(float[] weights, List<Block> blocks) {
        Block last = blocks.getLast();
        float[] to = new float[last.weights() + last.panels() * last.lines() * last.taps() * last.padded()];
        for (Block block : blocks) {
            for (int i = 0; i < block.panels() * block.lines() * block.taps(); i++) {
                int panel = i / (block.lines() * block.taps());
                int y = block.line() + i / block.taps() % block.lines();
                int x = block.tap() + i % block.taps();
                System.arraycopy(weights,
                        (y * window.filterWidth() + x) * channels + block.column() + panel * block.width(), to,
                        block.weights() + i * block.padded(), block.width());
            }
        }
        return to;
    }

    /// What there is of the blocks within some lines of the window.
    private Piece[] pieces(List<Block> blocks, int firstLine, int endLine) {
        List<Block> seen = blocks.stream()
                .filter(block -> block.line() < endLine && block.line() + block.lines() > firstLine).toList();
        Piece[] found = new Piece[seen.size()];
        for (int i = 0; i < found.length; i++) {
            Block block = seen.get(i);
            int line = Math.max(block.line(), firstLine);
            int lines = Math.min(block.line() + block.lines(), endLine) - line;
            boolean isFirst = i == 0 || !goesOn(seen.get(i - 1), block);
            boolean isLast = i + 1 == found.length || !goesOn(block, seen.get(i + 1));
            found[i] = new Piece(block, line, block.weights() + (line - block.line()) * block.taps() * block.padded(),
                    spans(block, lines, !isFirst, isLast ? finish : TileShape.Finish.NONE));
        }
        return found;
    }

    private static boolean goesOn(Block block, Block next) {
        return block.column() == next.column() && block.segment() == next.segment();
    }

    private Span[] spans(Block block, int lines, boolean fromC, TileShape.Finish ends) {
        List<Span> spans = new ArrayList<>();
        for (int row = 0; row < rows; row += rowsOfTile) {
            int height = Math.min(rowsOfTile, rows - row);
            int firstX = window.inX(row, block.tap());
            int lastX = window.inX(row + height - 1, block.tap() + block.taps() - 1);
            boolean isInside = isPadded || firstX >= 0 && lastX < window.inWidth();
            Tile tile = tiling.tile(new DepthwiseShape(height, block.width(), block.padded(), lines, block.taps(),
                    block.isAcross(), tapStride, aRowStride, channels, block.lines() * block.taps() * block.padded(),
                    isInside ? 0 : Math.max(0, -firstX * channels),
                    isInside ? Integer.MAX_VALUE : (window.inWidth() - firstX) * channels, fromC, ends));
            Span before = spans.isEmpty() ? null : spans.getLast();
            if (before != null && before.tile().equals(tile)) {
                spans.set(spans.size() - 1, new Span(tile, before.row(), before.tiles() + 1, height));
            } else {
                spans.add(new Span(tile, row, 1, height));
            }
        }
        return spans.toArray(Span[]::new);
    }

    int segments() {
        return segments;
    }

    /// Multiplies one output row.
    ///
    /// @param firstLine of its `lineOffsets`
    /// @param sumsOffset where the sums of segment 0 go, those of segment `s` go `s · segmentStride` further on
    void multiply(int outY, float[] a, int aOffset, int firstLine, float[] sums, int sumsOffset, int segmentStride) {
        for (Piece piece : pieces[outY]) {
            Block block = piece.block();
            int from = aOffset + block.tap() * tapStride + block.column();
            int to = sumsOffset + block.segment() * segmentStride + block.column();
            int line = firstLine + piece.line();
            for (Span span : piece.spans()) {
                int calls = block.isAcross() ? span.tiles() : 1;
                int count = block.isAcross() ? block.panels() : span.tiles();
                for (int call = 0; call < calls; call++) {
                    int row = span.row() + call * span.rowsOfTile();
                    span.tile().multiply(a, from + row * aRowStride, lineOffsets, line, 0, packed, piece.weights(),
                            bias, block.column(), min, max, sums, to + row * channels, count);
                }
            }
        }
    }
}
