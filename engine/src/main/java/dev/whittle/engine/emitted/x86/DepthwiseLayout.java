package dev.whittle.engine.emitted.x86;

import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.kernel.Window;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How the code of a depthwise convolution goes over a row of output, and where it finds its constants.
///
/// Lanes are channels: 16 real numbers, or 64 codes; in registers of 256 bits 8 real numbers. Where several positions of few channels fill a vector, a row is taken as
/// one run of numbers, a vector after the other (`isRun`); otherwise channels are cut into blocks, and a vector is what one
/// position has of a block.
///
/// Codes of four taps are multiplied at once by `vpdpbusd`, which wants them side by side: bytes of four vectors are
/// interleaved within parts of 128 bits, so that sums lie in four vectors of 16, lane `4p + q` of vector `i` being code
/// `16p + 4i + q`. Saturating packs turn that order back. Of three taps in a row the fourth place holds the next position,
/// so that the same bytes serve the next output, with weights moved on by one.
///
/// The constants are the header of [ConvolutionLayout] and more of one's own, a row of padding, and for each block weights,
/// biases and factors. Padding is the code of 0, so that it takes part as any input.
public final class DepthwiseLayout {
    /// Of 512 bits, where codes always are.
    public static final int LANES = VectorUnit.AVX512.lanes();
    public static final int VECTOR_BYTES = VectorUnit.AVX512.bytes();

    /// Of the header, as ints or floats: what bits of a scaled sum's fraction are not all 0 where it is far from the next
    /// code, and a half in units of the fraction.
    public static final int CLEAR = 40;
    public static final int HALF = 44;
    /// Vectors: bounds of codes, the zero point as 16 bits, code of padding, and which words of two vectors are every second
    /// position's.
    public static final int LEAST_CODES = 64;
    /// In place of these, of real numbers without masks: -1 in the lanes of the last vector that are channels.
    public static final int LAST_LANES = 64;
    public static final int LARGEST_CODES = 128;
    public static final int ZERO_POINTS = 192;
    public static final int PADDING = 256;
    public static final int EVEN_POSITIONS = 320;
    private static final int HEADER_BYTES = 384;

    /// Of the factors of four vectors: by what a sum is multiplied as a float, what is added, and the sign of those that
    /// round away from zero; then the exact ones of [ConvolutionLayout].
    public static final int QUICK_FACTOR = 0;
    public static final int QUICK_ADDEND = 4 * VECTOR_BYTES;
    public static final int QUICK_SIGN = 8 * VECTOR_BYTES;
    public static final int EXACT = 12 * VECTOR_BYTES;

    /// Taps whose weights stay in registers.
    static final int MOST_KEPT = 12;
    private static final int MOST_TAPS = 64;
    private static final int MOST_HEIGHT = 16;
    /// Vectors of sums for each of which there are 64 codes.
    static final int VECTORS = 4;
    /// Bytes of products added up in one lane.
    static final int GROUP = 4;

    private static final int REAL_STEPS = 8;
    private static final int CODE_STEPS = 4;
    /// Of real numbers in 16 registers.
    private static final int NARROW_STEPS = 6;

    /// Channels of one vector that follow each other.
    ///
    /// @param count of blocks
    /// @param lanes numbers of each that there are
    record Block(int count, int lanes) {}

    /// Vectors of a row of output that are computed together.
    ///
    /// @param first    of the row
    /// @param width    how many
    /// @param repeats  how many such tiles follow each other, this included
    /// @param isInside whether nothing lies on padding or behind the last
    record Tile(int first, int width, int repeats, boolean isInside) {}

    private final ConvolutionShape shape;
    private final VectorUnit unit;
    private final int parts;
    private final int fraction;
    private final boolean isRun;
    private final int vectorLanes;
    private final List<Block> blocks = new ArrayList<>();
    private final List<Tile> tiles = new ArrayList<>();

    private DepthwiseLayout(ConvolutionShape shape, VectorUnit unit, int parts, int fraction) {
        this.shape = shape;
        this.unit = unit;
        this.parts = parts;
        this.fraction = fraction;
        this.vectorLanes = unit.bytes() / shape.numbers().bytes();
        int channels = shape.channels();
        int stride = shape.window().strideWidth();
        this.isRun = unit.hasMasks() && !(shape.finish() instanceof Finish.Scaled) && channels < vectorLanes
                && vectorLanes % channels == 0
                && (stride == 1 || stride == 2 && shape.pixelBytes() % Integer.BYTES == 0);
        if (isRun) {
            blocks.add(new Block(1, vectorLanes));
        } else {
            if (channels >= vectorLanes) {
                blocks.add(new Block(channels / vectorLanes, vectorLanes));
            }
            if (channels % vectorLanes > 0) {
                blocks.add(new Block(1, channels % vectorLanes));
            }
        }
        int most = isCodes() ? CODE_STEPS : unit.hasMasks() ? REAL_STEPS : NARROW_STEPS;
        int steps = steps();
        for (int first = 0; first < steps; first += most) {
            add(first, Math.min(most, steps - first));
        }
    }

    /// @param parts    how many codes of a byte a weight is the sum of
    /// @param fraction bits behind the point of sums that are scaled in floats, where that leaves no doubt; 0 to scale all
    ///     exactly
    /// @return null where there is no code for it
    public static @Nullable DepthwiseLayout of(ConvolutionShape shape, VectorUnit unit, int parts, int fraction) {
        Window window = shape.window();
        boolean isSmall = (long) shape.rowBytes() * (window.inHeight() + (long) window.filterHeight()
                * window.dilationHeight() + window.padTop()) < 1 << 30
                && window.taps() <= MOST_TAPS && window.filterHeight() <= MOST_HEIGHT
                && (long) window.strideHeight() * window.outHeight() < 1 << 24
                && (long) window.strideWidth() * window.outWidth() < 1 << 24;
        return isSmall && window.inChannels() == shape.channels()
                && (unit.hasMasks() || shape.numbers() == Numbers.FLOAT32)
                        ? new DepthwiseLayout(shape, unit, parts, fraction)
                        : null;
    }

    private void add(int first, int width) {
        boolean isInside = true;
        for (int i = 0; i < width; i += shared()) {
            int together = Math.min(shared(), width - i);
            for (int tap = 0; tap < shape.window().filterWidth() + together - 1; tap++) {
                isInside &= isWhole(first + i, tap);
            }
        }
        isInside &= !isRun || first + width < steps() || rowElements() % vectorLanes == 0;
        Tile last = tiles.isEmpty() ? null : tiles.getLast();
        if (last != null && last.isInside && isInside && last.width == width) {
            tiles.set(tiles.size() - 1, new Tile(last.first, width, last.repeats + 1, true));
        } else {
            tiles.add(new Tile(first, width, 1, isInside));
        }
    }

    private int rowElements() {
        return shape.window().outWidth() * shape.channels();
    }

    boolean isCodes() {
        return shape.numbers() != Numbers.FLOAT32;
    }

    /// Whether a vector is of several positions of which every second is taken.
    boolean skips() {
        return isRun && shape.window().strideWidth() == 2;
    }

    /// Outputs that are multiplied with the same interleaved codes.
    int shared() {
        return isCodes() && !isRun && shape.window().strideWidth() == 1 && shape.window().dilationWidth() == 1 ? 2 : 1;
    }

    /// Vectors of interleaved codes in a row of the filter.
    int groups() {
        return Math.ceilDiv(shape.window().filterWidth() + shared() - 1, GROUP);
    }

    /// Vectors of a row of output, of each block.
    int steps() {
        return isRun ? Math.ceilDiv(rowElements(), vectorLanes) : shape.window().outWidth();
    }

    /// Bytes of input between two of them.
    int inStep() {
        int stride = shape.window().strideWidth();
        return isRun ? VECTOR_BYTES * stride : shape.pixelBytes() * stride;
    }

    /// Bytes of output between two of them.
    int outStep() {
        return (isRun ? vectorLanes : shape.channels()) * shape.outBytes();
    }

    /// Bytes from the first number of a row (or of the block's channels at its first position) to a vector of input.
    int input(int step, int tap) {
        return step * inStep()
                + (tap * shape.window().dilationWidth() - shape.window().padLeft()) * shape.pixelBytes();
    }

    /// The lanes of a vector of input that lie on the image: 0 where none does, −1 where all do.
    ///
    /// @param half 1 for the vector after it
    long lanes(int step, int tap, int half) {
        if (!isRun) {
            int x = step * shape.window().strideWidth() - shape.window().padLeft()
                    + tap * shape.window().dilationWidth();
            return x >= 0 && x < shape.window().inWidth() ? -1 : 0;
        }
        int first = Math.floorDiv(input(step, tap) + half * VECTOR_BYTES, shape.numbers().bytes());
        int from = Math.max(0, -first);
        int end = Math.min(vectorLanes, shape.window().inWidth() * shape.channels() - first);
        if (from >= end) {
            return 0;
        }
        return from == 0 && end == vectorLanes ? -1 : -1L >>> Long.SIZE - (end - from) << from;
    }

    private boolean isWhole(int step, int tap) {
        return lanes(step, tap, 0) == -1 && (!skips() || lanes(step, tap, 1) == -1);
    }

    /// Numbers of the last vector of a run.
    int lastLanes() {
        return rowElements() - (steps() - 1) * vectorLanes;
    }

    List<Block> blocks() {
        return blocks;
    }

    List<Tile> tiles() {
        return tiles;
    }

    /// What the code computes in.
    public VectorUnit unit() {
        return unit;
    }

    ConvolutionShape shape() {
        return shape;
    }

    boolean isRun() {
        return isRun;
    }

    public int parts() {
        return parts;
    }

    public int fraction() {
        return fraction;
    }

    /// Where the row of padding begins.
    public int paddingRow() {
        return HEADER_BYTES;
    }

    /// Its bytes.
    public int paddingRowBytes() {
        return Math.ceilDiv(shape.rowBytes(), VECTOR_BYTES) * VECTOR_BYTES;
    }

    int blocksOffset() {
        return paddingRow() + paddingRowBytes();
    }

    int weightBytes() {
        Window window = shape.window();
        return isCodes()
                ? window.filterHeight() * groups() * shared() * parts * VECTORS * VECTOR_BYTES
                : window.taps() * unit.bytes();
    }

    private int biasBytes() {
        return (isCodes() ? VECTORS : 1) * unit.bytes();
    }

    /// From the start of a block's constants.
    int factors() {
        return weightBytes() + biasBytes();
    }

    int blockBytes() {
        return factors() + (isCodes() ? EXACT + VECTORS * ConvolutionLayout.FACTOR_VECTORS * VECTOR_BYTES : 0);
    }

    private int blockCount() {
        return blocks.stream().mapToInt(Block::count).sum();
    }

    /// Bytes of all constants.
    public int bytes() {
        return Math.toIntExact(blocksOffset() + (long) blockCount() * blockBytes());
    }

    /// From a block's weights of a row of the filter to those of codes that are interleaved together.
    ///
    /// @param output of those that share them
    int weights(int filterY, int group, int output, int part) {
        return (((filterY * groups() + group) * shared() + output) * parts + part) * VECTORS
                * VECTOR_BYTES;
    }

    /// Calls `place` for each number of a vector, in all blocks.
    public void eachLane(LanePlace place) {
        for (int block = 0; block < blockCount(); block++) {
            int base = blocksOffset() + block * blockBytes();
            for (int i = 0; i < vectorLanes; i++) {
                int channel = isRun ? i % shape.channels() : block * vectorLanes + i;
                if (channel < shape.channels()) {
                    place.at(channel, base, isCodes() ? i % 16 / 4 : 0, isCodes() ? i / 16 * 4 + i % 4 : i);
                }
            }
        }
    }

    /// Calls `place` for each byte of a lane's weights.
    ///
    /// @param vector and
    /// @param lane   as [LanePlace] has them
    public void eachCode(int base, int vector, int lane, CodePlace place) {
        Window window = shape.window();
        int at = base + vector * VECTOR_BYTES + lane * GROUP;
        for (int tap = 0; tap < window.taps(); tap++) {
            for (int output = 0; output < shared(); output++) {
                int x = tap % window.filterWidth() + output;
                for (int part = 0; part < parts; part++) {
                    place.at(at + weights(tap / window.filterWidth(), x / GROUP, output, part) + x % GROUP, tap, part);
                }
            }
        }
    }

    /// Where a lane's bias is, from its block.
    public int bias(int vector, int lane) {
        return weightBytes() + vector * VECTOR_BYTES + lane * Integer.BYTES;
    }

    /// Where the factors of a vector for scaling in floats are, from their block.
    public int quickFactors(int vector, int lane) {
        return factors() + vector * VECTOR_BYTES + lane * Float.BYTES;
    }

    /// Where the exact factors of a vector are, from their block.
    public int exactFactors(int vector) {
        return factors() + EXACT + vector * ConvolutionLayout.FACTOR_VECTORS * VECTOR_BYTES;
    }

    /// How far a scaled sum may lie from its exact value, in units of the fraction, for all that are not cut off: three
    /// roundings of a float below 258, and one to a whole number.
    public int doubt() {
        double most = 258.0 * 3 / (1 << 24) * (1 << fraction) + 0.51;
        return Math.max(1, Integer.highestOneBit((int) Math.ceil(most) * 2 - 1));
    }

    /// Bytes of an element of the output.
    public int outBytes() {
        return shape.outBytes();
    }

    public ConvolutionShape.Numbers numbers() {
        return shape.numbers();
    }

    /// Hears of a lane.
    public interface LanePlace {
        /// @param base   of the block, from the first constant
        /// @param vector of those that sums lie in
        void at(int channel, int base, int vector, int lane);
    }

    /// Hears where part of a weight belongs.
    public interface CodePlace {
        /// @param offset bytes from the first constant
        void at(int offset, int tap, int part);
    }
}
