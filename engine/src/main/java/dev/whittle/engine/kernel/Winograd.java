package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// A convolution of codes with a filter of 3 × 3 and stride 1, four outputs at a time from 16 products for each pair of
/// channels, where sliding the filter takes 36. The minimal filtering F(2 × 2, 3 × 3) of Winograd, after Lavin and Gray,
/// *Fast Algorithms for Convolutional Neural Networks* (2015), in integers.
///
/// For outputs 2 × 2, `y = A (Σ U ∘ V) Aᵀ`, the sum over input channels, with `U = G g Gᵀ` from the filter `g`, made once, and
/// `V = B d Bᵀ` from the 4 × 4 inputs `d` under them:
///
/// ```
///     1  0  0          1  0 −1  0
/// G = 1  1  1      B = 0  1  1  0      A = 1  ½  ½  0
///     1 −1  1          0 −1  1  0          0  ½ −½  1
///     0  0 −1          0  1  0 −1
/// ```
///
/// The halves of the paper are in `A` here, where they meet even numbers: all that is computed are integers. As floats they
/// are exact below 2²⁴, which [#isExact] makes sure of, so that the sums are those of the plain convolution. (Sums of real
/// numbers would not be, nor would a single infinity stay where it belongs.)
final class Winograd {
    /// Channels in and out come in such groups: whole vectors of any width.
    private static final int CHANNEL_GROUP = 16;
    /// Along each side: outputs of a tile, the filter, and the input under a tile.
    private static final int OUTPUTS = 2;
    private static final int TAPS = 3;
    private static final int INPUTS = 4;
    private static final int POSITIONS = INPUTS * INPUTS;
    /// Each element of V is four codes, added or subtracted.
    private static final float LARGEST_INPUT = 4 * 128;
    private static final float[][] FILTER = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, -1}};
    /// Floats of U ∘ V (128 KB) that stay in the second-level cache.
    private static final int BLOCK_FLOATS = 1 << 15;
    /// In floats.
    private static final int CACHE_LINE = 16;

    private final int inChannels;
    private final int channels;
    private final int tilesAcross;
    private final int blockRows;
    /// Output positions that exist, of those that the tiles cover; pooled ones count as one.
    private final int outHeight;
    private final int outWidth;
    private final boolean isPooled;
    /// Of each group of channels.
    private final InputLines[] lines;
    private final RowSource source;
    private final TiledProduct[] products;
    private final WorkerScratch buffer;
    private final WorkerScratch inputs;
    /// From one position to the next.
    private final int inputStride;
    private final int outputStride;
    private final WorkerScratch outputs;

    private Winograd(Preparation p, RowSource source, Window window, int channels, boolean isPooled,
            float[][] filters) {
        this.source = source;
        this.channels = channels;
        this.isPooled = isPooled;
        inChannels = window.inChannels();
        outHeight = isPooled ? window.outHeight() / OUTPUTS : window.outHeight();
        outWidth = isPooled ? window.outWidth() / OUTPUTS : window.outWidth();
        int tilesDown = isPooled ? outHeight : Math.ceilDiv(outHeight, OUTPUTS);
        tilesAcross = isPooled ? outWidth : Math.ceilDiv(outWidth, OUTPUTS);
        Window covered = window.withOutput(OUTPUTS * tilesDown, OUTPUTS * tilesAcross);
        int groups = inChannels / CHANNEL_GROUP;
        lines = new InputLines[groups];
        int[] groupOffsets = new int[groups];
        int mostRows = Math.clamp(BLOCK_FLOATS / (POSITIONS * tilesAcross * Math.max(inChannels, channels)), 1,
                tilesDown);
        blockRows = Math.ceilDiv(tilesDown, Math.ceilDiv(tilesDown, mostRows));
        int blockTiles = blockRows * tilesAcross;
        for (int group = 0; group < groups; group++) {
            lines[group] = new InputLines(source, covered, group * CHANNEL_GROUP, CHANNEL_GROUP);
            groupOffsets[group] = group * blockTiles * CHANNEL_GROUP;
        }
        TiledProduct.Layout layout = new TiledProduct.Layout(blockTiles, CHANNEL_GROUP, channels, groupOffsets,
                CHANNEL_GROUP, null);
        products = new TiledProduct[POSITIONS];
        for (int position = 0; position < POSITIONS; position++) {
            products[position] = TiledProduct.ofCodes(p.tier(), filters[position], 0, channels,
                    new int[]{0, inChannels}, layout);
        }
        buffer = WorkerScratch.of(p, ElementType.FLOAT32,
                TensorChecks.scratchLength(p, lines[0].count(OUTPUTS * blockRows), lines[0].length()));
        inputStride = oddLines(TensorChecks.scratchLength(p, blockTiles, inChannels));
        outputStride = oddLines(TensorChecks.scratchLength(p, blockTiles, channels));
        inputs = WorkerScratch.of(p, ElementType.FLOAT32, TensorChecks.scratchLength(p, POSITIONS, inputStride));
        outputs = WorkerScratch.of(p, ElementType.FLOAT32, TensorChecks.scratchLength(p, POSITIONS, outputStride));
    }

    /// The convolution, or null where it is not of this kind, sums would not be exact, or the tier gains nothing by it.
    ///
    /// @param weights `[channels][filterY][filterX][inChannel]`
    static @Nullable Winograd of(Preparation p, RowSource source, Window window, float[] weights, int channels,
            boolean isPooled) {
        boolean isFitting = p.tier() == KernelTier.VECTOR && source instanceof RowSource.Codes
                && window.filterHeight() == TAPS && window.filterWidth() == TAPS && window.strideHeight() == 1
                && window.strideWidth() == 1 && window.dilationHeight() == 1 && window.dilationWidth() == 1
                && window.inChannels() % CHANNEL_GROUP == 0 && channels % CHANNEL_GROUP == 0
                && weights.length == channels * TAPS * TAPS * window.inChannels()
                && (isPooled || isWorthwhile(window));
        if (!isFitting) {
            return null;
        }
        float[][] filters = filters(weights, channels, window.inChannels());
        return isExact(filters, channels, window.inChannels())
                ? new Winograd(p, source, window, channels, isPooled, filters)
                : null;
    }

    /// Tiles at the edges may cover more than there is.
    private static boolean isWorthwhile(Window window) {
        int tiles = Math.ceilDiv(window.outHeight(), OUTPUTS) * Math.ceilDiv(window.outWidth(), OUTPUTS);
        return 4 * POSITIONS * tiles <= 3 * TAPS * TAPS * window.positions();
    }

    /// So many cache lines of 16 floats that the positions, which are written and read side by side, fall into different
    /// sets of a cache.
    private static int oddLines(int floats) {
        return (floats / CACHE_LINE | 1) * CACHE_LINE;
    }

    /// `U` as `[position][channel][inChannel]`.
    static float[][] filters(float[] weights, int channels, int inChannels) {
        float[][] filters = new float[POSITIONS][channels * inChannels];
        for (int position = 0; position < POSITIONS; position++) {
            float[] vertical = FILTER[position / INPUTS];
            float[] horizontal = FILTER[position % INPUTS];
            for (int channel = 0; channel < channels; channel++) {
                for (int tap = 0; tap < TAPS * TAPS; tap++) {
                    float factor = vertical[tap / TAPS] * horizontal[tap % TAPS];
                    for (int i = 0; factor != 0 && i < inChannels; i++) {
                        filters[position][channel * inChannels + i] +=
                                factor * weights[(channel * TAPS * TAPS + tap) * inChannels + i];
                    }
                }
            }
        }
        return filters;
    }

    /// Whether every intermediate result has an absolute value that floats hold exactly, whatever the input.
    static boolean isExact(float[][] filters, int channels, int inChannels) {
        double[] rows = new double[INPUTS];
        for (int channel = 0; channel < channels; channel++) {
            for (int row = 0; row < INPUTS; row++) {
                double[] products = new double[INPUTS];
                for (int column = 0; column < INPUTS; column++) {
                    for (int i = 0; i < inChannels; i++) {
                        products[column] += LARGEST_INPUT
                                * Math.abs(filters[row * INPUTS + column][channel * inChannels + i]);
                    }
                }
                rows[row] = largestOutput(products);
            }
            if (largestOutput(rows) >= PackedWeights.EXACT || rows[0] >= PackedWeights.EXACT
                    || rows[3] >= PackedWeights.EXACT) {
                return false;
            }
        }
        return true;
    }

    /// A bound of what comes up while four numbers, of which the bounds are given, become two.
    private static double largestOutput(double[] bounds) {
        double middle = bounds[1] + bounds[2];
        return Math.max(middle, Math.max(bounds[0], bounds[3]) + middle / 2);
    }

    /// The most rows of tiles in a block.
    int blockRows() {
        return blockRows;
    }

    /// Output rows, pooled or not, of one row of tiles.
    int outRows() {
        return isPooled ? 1 : OUTPUTS;
    }

    /// Computes the sums of some rows of tiles.
    ///
    /// @param tileY the first of them
    /// @param to where the sums of its first output position go, `[position][channel]`
    void compute(Memory memory, int batch, int tileY, int rows, int worker, float[] sums, int to) {
        float[] a = memory.floats(buffer.slot());
        int aOffset = buffer.offset(memory, worker);
        float[] v = memory.floats(inputs.slot());
        int vOffset = inputs.offset(memory, worker);
        int rowTiles = tilesAcross * CHANNEL_GROUP;
        for (int group = 0; group < lines.length; group++) {
            InputLines from = lines[group];
            from.copy(memory, source, 0, batch, OUTPUTS * tileY, OUTPUTS * rows, a, aOffset);
            for (int row = 0; row < rows; row++) {
                Simd.transformInput(a, aOffset + row * OUTPUTS * from.length(), from.length(), tilesAcross, v,
                        vOffset + (group * blockRows + row) * rowTiles, inputStride);
            }
        }
        float[] m = memory.floats(outputs.slot());
        int mOffset = outputs.offset(memory, worker);
        for (int position = 0; position < POSITIONS; position++) {
            TiledProduct product = products[position];
            product.multiplyTiles(v, vOffset + position * inputStride, m, mOffset + position * outputStride, 0, 0,
                    Math.ceilDiv(rows * tilesAcross, product.rowsOfTile()));
        }
        for (int row = 0; row < rows; row++) {
            int outRow = row * outRows();
            Simd.transformOutput(m, mOffset + row * tilesAcross * channels, outputStride, channels, tilesAcross,
                    isPooled, outWidth, tileY * outRows() + outRow + 1 < outHeight, sums,
                    to + outRow * outWidth * channels);
        }
    }

    /// Loops over whole vectors of channels. The intermediate results are spelled out, since arrays of vectors and methods of
    /// our own would be objects and calls to the compiler.
    private static final class Simd {
        private static final VectorSpecies<Float> SPECIES = Lanes.FLOAT;
        private static final int LANES = SPECIES.length();

        /// `V = B d Bᵀ` for a row of tiles, from four lines of a group of channels.
        static void transformInput(float[] a, int from, int lineLength, int tiles, float[] v, int to,
                int stride) {
            int line1 = from + lineLength;
            int line2 = line1 + lineLength;
            int line3 = line2 + lineLength;
            for (int channel = 0; channel < CHANNEL_GROUP; channel += LANES) {
                for (int tile = 0; tile < tiles; tile++) {
                    int at = tile * OUTPUTS * CHANNEL_GROUP + channel;
                    FloatVector d0 = FloatVector.fromArray(SPECIES, a, from + at);
                    FloatVector d1 = FloatVector.fromArray(SPECIES, a, line1 + at);
                    FloatVector d2 = FloatVector.fromArray(SPECIES, a, line2 + at);
                    FloatVector d3 = FloatVector.fromArray(SPECIES, a, line3 + at);
                    FloatVector t00 = d0.sub(d2);
                    FloatVector t10 = d1.add(d2);
                    FloatVector t20 = d2.sub(d1);
                    FloatVector t30 = d1.sub(d3);
                    at += CHANNEL_GROUP;
                    d0 = FloatVector.fromArray(SPECIES, a, from + at);
                    d1 = FloatVector.fromArray(SPECIES, a, line1 + at);
                    d2 = FloatVector.fromArray(SPECIES, a, line2 + at);
                    d3 = FloatVector.fromArray(SPECIES, a, line3 + at);
                    FloatVector t01 = d0.sub(d2);
                    FloatVector t11 = d1.add(d2);
                    FloatVector t21 = d2.sub(d1);
                    FloatVector t31 = d1.sub(d3);
                    at += CHANNEL_GROUP;
                    d0 = FloatVector.fromArray(SPECIES, a, from + at);
                    d1 = FloatVector.fromArray(SPECIES, a, line1 + at);
                    d2 = FloatVector.fromArray(SPECIES, a, line2 + at);
                    d3 = FloatVector.fromArray(SPECIES, a, line3 + at);
                    FloatVector t02 = d0.sub(d2);
                    FloatVector t12 = d1.add(d2);
                    FloatVector t22 = d2.sub(d1);
                    FloatVector t32 = d1.sub(d3);
                    at += CHANNEL_GROUP;
                    d0 = FloatVector.fromArray(SPECIES, a, from + at);
                    d1 = FloatVector.fromArray(SPECIES, a, line1 + at);
                    d2 = FloatVector.fromArray(SPECIES, a, line2 + at);
                    d3 = FloatVector.fromArray(SPECIES, a, line3 + at);
                    FloatVector t03 = d0.sub(d2);
                    FloatVector t13 = d1.add(d2);
                    FloatVector t23 = d2.sub(d1);
                    FloatVector t33 = d1.sub(d3);
                    int out = to + tile * CHANNEL_GROUP + channel;
                    t00.sub(t02).intoArray(v, out);
                    t01.add(t02).intoArray(v, out + stride);
                    t02.sub(t01).intoArray(v, out + 2 * stride);
                    t01.sub(t03).intoArray(v, out + 3 * stride);
                    t10.sub(t12).intoArray(v, out + 4 * stride);
                    t11.add(t12).intoArray(v, out + 5 * stride);
                    t12.sub(t11).intoArray(v, out + 6 * stride);
                    t11.sub(t13).intoArray(v, out + 7 * stride);
                    t20.sub(t22).intoArray(v, out + 8 * stride);
                    t21.add(t22).intoArray(v, out + 9 * stride);
                    t22.sub(t21).intoArray(v, out + 10 * stride);
                    t21.sub(t23).intoArray(v, out + 11 * stride);
                    t30.sub(t32).intoArray(v, out + 12 * stride);
                    t31.add(t32).intoArray(v, out + 13 * stride);
                    t32.sub(t31).intoArray(v, out + 14 * stride);
                    t31.sub(t33).intoArray(v, out + 15 * stride);
                }
            }
        }

        /// `y = A M Aᵀ` for a row of tiles: one or two output rows, or one of the largest of each `y`.
        static void transformOutput(float[] m, int from, int stride, int channels, int tiles, boolean isPooled,
                int outWidth, boolean isLower, float[] sums, int to) {
            FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
            int outRow = outWidth * channels;
            for (int channel = 0; channel < channels; channel += LANES) {
                for (int tile = 0; tile < tiles; tile++) {
                    int at = from + tile * channels + channel;
                    FloatVector a = FloatVector.fromArray(SPECIES, m, at + stride);
                    FloatVector b = FloatVector.fromArray(SPECIES, m, at + 2 * stride);
                    FloatVector s00 = a.add(b).fma(half, FloatVector.fromArray(SPECIES, m, at));
                    FloatVector s01 = a.sub(b).fma(half, FloatVector.fromArray(SPECIES, m, at + 3 * stride));
                    a = FloatVector.fromArray(SPECIES, m, at + 5 * stride);
                    b = FloatVector.fromArray(SPECIES, m, at + 6 * stride);
                    FloatVector s10 = a.add(b).fma(half, FloatVector.fromArray(SPECIES, m, at + 4 * stride));
                    FloatVector s11 = a.sub(b).fma(half, FloatVector.fromArray(SPECIES, m, at + 7 * stride));
                    a = FloatVector.fromArray(SPECIES, m, at + 9 * stride);
                    b = FloatVector.fromArray(SPECIES, m, at + 10 * stride);
                    FloatVector s20 = a.add(b).fma(half, FloatVector.fromArray(SPECIES, m, at + 8 * stride));
                    FloatVector s21 = a.sub(b).fma(half, FloatVector.fromArray(SPECIES, m, at + 11 * stride));
                    a = FloatVector.fromArray(SPECIES, m, at + 13 * stride);
                    b = FloatVector.fromArray(SPECIES, m, at + 14 * stride);
                    FloatVector s30 = a.add(b).fma(half, FloatVector.fromArray(SPECIES, m, at + 12 * stride));
                    FloatVector s31 = a.sub(b).fma(half, FloatVector.fromArray(SPECIES, m, at + 15 * stride));
                    FloatVector y00 = s10.add(s20).fma(half, s00);
                    FloatVector y01 = s11.add(s21).fma(half, s01);
                    FloatVector y10 = s10.sub(s20).fma(half, s30);
                    FloatVector y11 = s11.sub(s21).fma(half, s31);
                    if (isPooled) {
                        FloatVector upper = y00.blend(y01, y01.compare(VectorOperators.GT, y00));
                        FloatVector lower = y10.blend(y11, y11.compare(VectorOperators.GT, y10));
                        upper.blend(lower, lower.compare(VectorOperators.GT, upper)).intoArray(sums,
                                to + tile * channels + channel);
                        continue;
                    }
                    int out = to + OUTPUTS * tile * channels + channel;
                    y00.intoArray(sums, out);
                    boolean isRight = OUTPUTS * tile + 1 < outWidth;
                    if (isRight) {
                        y01.intoArray(sums, out + channels);
                    }
                    if (isLower) {
                        y10.intoArray(sums, out + outRow);
                        if (isRight) {
                            y11.intoArray(sums, out + outRow + channels);
                        }
                    }
                }
            }
        }
    }
}
