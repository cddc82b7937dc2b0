package dev.whittle.engine.emitted.x86;

import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.kernel.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How a row of output is divided for the registers, and where the code finds its constants.
///
/// Channels lie in vectors of 16 or 8, as the unit has lanes, vectors in panels, whose sums stay in registers for a tile of
/// positions. The constants are a header, then weights `[panel][filterY][step][vector of the panel][lane]`, a step of 4 bytes in each lane; then biases
/// `[rows' taps][positions' taps][vector][lane]`, since what lies on padding is left out of sums and so of their zero point;
/// then for codes the factors of each vector.
///
/// Codes are multiplied four by four. Where a tap has no multiple of four channels, those of a whole row of the filter are
/// taken as one run, and its last step goes back over codes that have had their turn, with weights of 0 for these; such
/// steps depend on which taps lie on the image, so each such list of taps has a variant of the weights.
public final class ConvolutionLayout {
    static final int ONE_OF_BYTES = 0x01010101;
    public static final int SIGN_OF_BYTES = 0x80808080;

    /// Registers that are no sums: the weights of a panel, an input and what is kept, and at least so many in all: three
    /// bounds, and what makes codes unsigned.
    private static final int FEWEST_FREE = 4;
    /// Besides, where factors are not read behind the last channel and there are no masks: which lanes there are, and what
    /// is read.
    private static final int FREE_FOR_PART = 2;

    /// The header, as [VectorUnit#place] counts it: real or whole numbers of 4 bytes, doubles.
    public static final int MINIMUM = 0;
    public static final int MAXIMUM = 4;
    public static final int ZERO_POINT = 8;
    public static final int LOWEST = 12;
    public static final int SIGN = 16;
    public static final int ALMOST_HALF = 24;
    public static final int OFFSET = 32;
    /// Without masks, -1 in the lanes of the last vector that are channels: not repeated.
    public static final int LAST_LANES = 36;
    /// Without masks, what makes INT8 unsigned.
    public static final int FLIP = 40;
    /// A long, half of a step of the first rounding.
    public static final int FIRST_HALF = 48;
    private static final int HEADER_BYTES = 64;

    /// Factors of a vector in fixed point, counted in vectors: multipliers of even lanes and of odd ones (which stand in even
    /// places), then in ints what is added, how far is shifted, and -1 where ties go away from zero.
    public static final int MULTIPLIER = 0;
    public static final int HALF = 2;
    public static final int SHIFT = 3;
    public static final int AWAY = 4;
    public static final int FACTOR_VECTORS = 5;

    /// Rows of the output that a call may compute.
    public static final int MOST_ROWS = 0xffff;
    /// Rows of the filter.
    static final int MOST_TAPS = 0xff;
    /// Where in the argument are the rows of the filter that take part, above the first of them, and the rows of the output.
    static final int TAPS_SHIFT = 8;
    static final int ROWS_SHIFT = 16;

    private static final int MOST_PANEL_VECTORS = 8;
    /// From a vector of sums to output.
    private static final double FINISH_CYCLES = 12;

    /// Taps of a row of the filter, from the first on the image to the last; for codes in runs with a last step that does
    /// not fill its four, where this begins.
    ///
    /// @param tail bytes from the first tap on, or -1 for none
    record Taps(int first, int end, int tail) {}

    /// Steps that some positions of a tile take together.
    ///
    /// @param weightStep the first, within the row of the filter
    /// @param input      bytes from a position's leftmost tap
    /// @param steps      that follow each other
    /// @param tail       the step after these; null for none
    /// @param positions  of the tile
    record Segment(int weightStep, int input, int steps, @Nullable Tail tail, List<Integer> positions) {}

    /// A step of which not all codes take part.
    ///
    /// @param input where it lies, bytes from the leftmost tap
    /// @param ones  1 in the bytes that take part
    record Tail(int input, int ones) {}

    /// Output positions that are computed together, and after them as many more of the same kind.
    ///
    /// @param firstX   output position
    /// @param width    output positions
    /// @param repeats  how many such tiles follow each other, this included
    /// @param taps     numbers of the taps ([#taps]) of the positions that sums are of, four for each output where it is pooled
    record Tile(int firstX, int width, int repeats, List<Integer> taps, List<Segment> segments) {}

    /// Panels of the same number of vectors that follow each other.
    ///
    /// @param count   of panels
    /// @param vectors of each
    record Panels(int count, int vectors) {}

    private final ConvolutionShape shape;
    private final VectorUnit unit;
    private final boolean isRegular;
    private final List<Taps> taps = new ArrayList<>();
    /// The first step of each variant in a row of weights.
    private final List<Integer> variantSteps = new ArrayList<>();
    private final List<Long> rowTaps = new ArrayList<>();
    private final List<Panels> panels = new ArrayList<>();
    private final List<Tile> tiles = new ArrayList<>();
    private final int rowSteps;

    private ConvolutionLayout(ConvolutionShape shape, VectorUnit unit) {
        this.shape = shape;
        this.unit = unit;
        this.isRegular = shape.numbers() == Numbers.FLOAT32
                || shape.window().inChannels() % shape.numbers().stepElements() == 0;
        for (int x = 0; x < shape.outWidth() * shape.step(); x++) {
            Taps at = taps(x);
            if (number(at) < 0) {
                taps.add(at);
            }
        }
        for (int y = 0; y < shape.outHeight() * shape.step(); y++) {
            long at = rowTaps(y);
            if (!rowTaps.contains(at)) {
                rowTaps.add(at);
            }
        }
        int steps = 0;
        if (isRegular) {
            steps = shape.window().filterWidth() * tapSteps();
        } else {
            for (Taps each : taps) {
                variantSteps.add(steps);
                steps += Math.ceilDiv(bytes(each), ConvolutionShape.STEP_BYTES);
            }
        }
        this.rowSteps = steps;
        divide();
    }

    /// The layout of a shape, or null where there is no code for it.
    public static @Nullable ConvolutionLayout of(ConvolutionShape shape, VectorUnit unit) {
        boolean isRegular = shape.numbers() == Numbers.FLOAT32
                || shape.window().inChannels() % shape.numbers().stepElements() == 0;
        boolean hasRuns = shape.window().dilationWidth() == 1
                && shape.rowBytes() >= ConvolutionShape.STEP_BYTES;
        boolean hasRowPadding = shape.firstTapY(0) > 0
                || shape.endTapY(shape.window().outHeight() - 1) < shape.window().filterHeight();
        boolean isSmall =
                (long) shape.rowBytes() * shape.window().filterHeight() * shape.window().dilationHeight() < 1 << 28
                        && shape.outWidth() > 0 && shape.outHeight() > 0 && shape.window().filterHeight() <= MOST_TAPS;
        for (int y = 0; y < shape.outHeight() * shape.step(); y++) {
            isSmall &= shape.endTapY(y) > shape.firstTapY(y);
        }
        if (!isRegular && !hasRuns || shape.isPooled() && hasRowPadding || !isSmall) {
            return null;
        }
        ConvolutionLayout layout = new ConvolutionLayout(shape, unit);
        return layout.hasIntOffsets() ? layout : null;
    }

    /// Whether offsets of all constants fit an int.
    private boolean hasIntOffsets() {
        long perVector = (long) shape.window().filterHeight() * rowSteps + biases() + FACTOR_VECTORS;
        return biasBytes() * perVector < Integer.MAX_VALUE - weightsOffset();
    }

    private Taps taps(int x) {
        int first = shape.firstTapX(x);
        int end = shape.endTapX(x);
        int bytes = bytes(new Taps(first, end, -1));
        int rest = bytes % ConvolutionShape.STEP_BYTES;
        if (isRegular || rest == 0) {
            return new Taps(first, end, -1);
        }
        if (bytes >= ConvolutionShape.STEP_BYTES) {
            return new Taps(first, end, bytes - ConvolutionShape.STEP_BYTES);
        }
        // Fewer than a step in all: where reading on would leave the row, from so far before.
        int from = (x * shape.window().strideWidth() - shape.window().padLeft() + first) * shape.pixelBytes();
        return new Taps(first, end, Math.min(0, shape.rowBytes() - ConvolutionShape.STEP_BYTES - from));
    }

    /// Which of [#taps] it is, −1 for none.
    private int number(Taps at) {
        for (int i = 0; i < taps.size(); i++) {
            Taps each = taps.get(i);
            // Not as records: what compares those is linked anew in each JVM, at some milliseconds.
            if (each.first == at.first && each.end == at.end && each.tail == at.tail) {
                return i;
            }
        }
        return -1;
    }

    private int bytes(Taps at) {
        return (at.end - at.first) * shape.pixelBytes();
    }

    /// Steps of a tap, where it fills its last.
    private int tapSteps() {
        return shape.window().inChannels() / shape.numbers().stepElements();
    }

    private long rowTaps(int y) {
        return (long) shape.firstTapY(y) << 32 | shape.endTapY(y);
    }

    /// Registers that hold the same all the time; 32 need no thrift.
    private int kept() {
        if (shape.hasOffset()) {
            return 2;
        }
        return keepsFlip() || unit.hasMasks() ? 1 : 0;
    }

    /// Whether what makes INT8 unsigned has a register. Pooled tiles of 16 registers use it better for three vectors of four
    /// positions.
    boolean keepsFlip() {
        return shape.numbers() == Numbers.INT8 && (unit.hasMasks() || !shape.isPooled());
    }

    /// Registers that finishing takes, and more of them where it reads part of a vector.
    private int fewestFree() {
        boolean readsPart = shape.finish() instanceof Finish.Scaled && !unit.hasMasks() && lastLanes() > 0;
        return FEWEST_FREE + (readsPart ? FREE_FOR_PART : 0);
    }

    /// Takes the division of the row that costs the fewest cycles.
    private void divide() {
        int vectors = vectors();
        int parts = shape.step() * shape.step();
        int offsets = shape.hasOffset() ? 1 : 0;
        double least = Double.POSITIVE_INFINITY;
        int bestVectors = 1;
        int bestTiles = 1;
        for (int wide = 1; wide <= Math.min(vectors, MOST_PANEL_VECTORS); wide++) {
            int registers = unit.registers() - Math.max(wide + 1 + kept(), fewestFree());
            int most = registers / (wide + offsets) / parts;
            if (most == 0) {
                continue;
            }
            int count = Math.ceilDiv(shape.outWidth(), most);
            double cost = 0;
            for (int tile = 0; tile < count; tile++) {
                int positions = (shape.outWidth() + tile) / count * parts;
                cost += vectors / wide * cost(positions, wide);
                cost += vectors % wide == 0 ? 0 : cost(positions, vectors % wide);
            }
            if (cost < least) {
                least = cost;
                bestVectors = wide;
                bestTiles = count;
            }
        }
        int whole = shape.channels() / unit.lanes() / bestVectors;
        if (whole > 0) {
            panels.add(new Panels(whole, bestVectors));
        }
        if (vectors > whole * bestVectors) {
            panels.add(new Panels(1, vectors - whole * bestVectors));
        }
        int x = 0;
        for (int tile = 0; tile < bestTiles; tile++) {
            int width = (shape.outWidth() + tile) / bestTiles;
            add(tile(x, width));
            x += width;
        }
    }

    /// Cycles of a step: two products each, two reads each, of 256 bits three operations in all, and none before the last
    /// one's sum is there.
    private double cost(int positions, int vectors) {
        int products = positions * (shape.hasOffset() ? vectors + 1 : vectors);
        int flips = shape.numbers() == Numbers.INT8 && !unit.hasMasks() ? positions : 0;
        int reads = positions + vectors + (keepsFlip() ? 0 : flips);
        return Math.max(unit.latency(), Math.max(Math.max(products, reads) / 2.0, (products + flips) / 3.0));
    }

    /// Cycles that the code of a row of output takes at most, roughly, where its constants are at hand.
    public long cycles() {
        double cycles = 0;
        for (Panels group : panels) {
            for (Tile tile : tiles) {
                double ofTile = FINISH_CYCLES * tile.taps.size() * group.vectors;
                for (Segment segment : tile.segments) {
                    ofTile += (segment.steps + (segment.tail == null ? 0.0 : 1.0)) * shape.window().filterHeight()
                            * cost(segment.positions.size(), group.vectors);
                }
                cycles += group.count * tile.repeats * ofTile;
            }
        }
        return (long) cycles;
    }

    /// Both ends of each run of tiles, those of the row first.
    public List<Integer> tileEnds() {
        List<Integer> ends = new ArrayList<>(List.of(0, shape.outWidth() - 1));
        for (Tile tile : tiles) {
            ends.add(tile.firstX);
            ends.add(tile.firstX + tile.width * tile.repeats - 1);
        }
        return ends;
    }

    /// The first and the last channel of all, then of each run of panels the first and a later one.
    public List<Integer> panelEnds() {
        List<Integer> ends = new ArrayList<>(List.of(0, shape.channels() - 1));
        int vector = 0;
        for (Panels group : panels) {
            ends.add(vector * unit.lanes());
            vector += group.count * group.vectors;
            ends.add(Math.min(vector * unit.lanes(), shape.channels()) - 1);
            ends.add((vector - 1) * unit.lanes());
        }
        return ends;
    }

    private void add(Tile tile) {
        if (!tiles.isEmpty()) {
            Tile last = tiles.getLast();
            // Segments follow from taps.
            if (last.width == tile.width && last.taps.equals(tile.taps)) {
                tiles.set(tiles.size() - 1,
                        new Tile(last.firstX, last.width, last.repeats + 1, last.taps, last.segments));
                return;
            }
        }
        tiles.add(tile);
    }

    private Tile tile(int firstX, int width) {
        List<Integer> positions = new ArrayList<>();
        for (int x = 0; x < width; x++) {
            for (int part = 0; part < shape.step() * shape.step(); part++) {
                positions.add(number(taps((firstX + x) * shape.step() + part % shape.step())));
            }
        }
        return new Tile(firstX, width, 1, positions,
                isRegular ? byTap(positions) : byVariant(positions));
    }

    /// Taps that the same positions take lie in one segment, where they lie side by side in the image.
    private List<Segment> byTap(List<Integer> positions) {
        List<Segment> segments = new ArrayList<>();
        int steps = tapSteps();
        for (int tap = 0; tap < shape.window().filterWidth(); tap++) {
            List<Integer> those = new ArrayList<>();
            for (int i = 0; i < positions.size(); i++) {
                Taps at = taps.get(positions.get(i));
                if (at.first <= tap && tap < at.end) {
                    those.add(i);
                }
            }
            if (those.isEmpty()) {
                continue;
            }
            Segment last = segments.isEmpty() ? null : segments.getLast();
            if (last != null && shape.window().dilationWidth() == 1 && last.positions.equals(those)
                    && last.weightStep + last.steps == tap * steps) {
                segments.set(segments.size() - 1,
                        new Segment(last.weightStep, last.input, last.steps + steps, null, those));
            } else {
                segments.add(
                        new Segment(tap * steps, tap * shape.window().dilationWidth() * shape.pixelBytes(), steps, null,
                                those));
            }
        }
        return segments;
    }

    private List<Segment> byVariant(List<Integer> positions) {
        List<Segment> segments = new ArrayList<>();
        for (int variant = 0; variant < taps.size(); variant++) {
            Taps at = taps.get(variant);
            List<Integer> those = new ArrayList<>();
            for (int i = 0; i < positions.size(); i++) {
                if (positions.get(i) == variant) {
                    those.add(i);
                }
            }
            if (!those.isEmpty() && bytes(at) > 0) {
                int input = at.first * shape.pixelBytes();
                int rest = bytes(at) % ConvolutionShape.STEP_BYTES;
                int firstOfTail = bytes(at) - rest - at.tail;
                Tail tail = rest == 0
                        ? null
                        : new Tail(input + at.tail,
                                (ONE_OF_BYTES >>> Byte.SIZE * (ConvolutionShape.STEP_BYTES - rest)) << Byte.SIZE
                                        * firstOfTail);
                segments.add(new Segment(variantSteps.get(variant), input, bytes(at) / ConvolutionShape.STEP_BYTES,
                        tail, those));
            }
        }
        return segments;
    }

    /// What is laid out.
    public ConvolutionShape shape() {
        return shape;
    }

    List<Tile> tiles() {
        return tiles;
    }

    List<Panels> panels() {
        return panels;
    }

    int vectors() {
        return Math.ceilDiv(shape.channels(), unit.lanes());
    }

    /// Channels of the last vector, 0 where it is full.
    public int lastLanes() {
        return shape.channels() % unit.lanes();
    }

    /// Steps of a row of the filter.
    int rowSteps() {
        return rowSteps;
    }

    /// Bytes of the header.
    public int weightsOffset() {
        return unit.place(HEADER_BYTES);
    }

    private int weightBytes() {
        return shape.window().filterHeight() * rowSteps * biasBytes();
    }

    public int biasOffset() {
        return weightsOffset() + weightBytes();
    }

    /// Bytes between the biases of two lists of taps.
    int biasBytes() {
        return vectors() * unit.bytes();
    }

    private int biases() {
        return shape.numbers() == Numbers.FLOAT32 ? 1 : rowTaps.size() * taps.size();
    }

    public int factorOffset() {
        return biasOffset() + biases() * biasBytes();
    }

    /// Of a vector.
    public int factorBytes() {
        return FACTOR_VECTORS * unit.bytes();
    }

    /// Bytes of all constants.
    public int bytes() {
        return Math.toIntExact((long) factorOffset()
                + (shape.outBytes() == Float.BYTES ? 0 : (long) vectors() * factorBytes()));
    }

    /// What the code computes in.
    public VectorUnit unit() {
        return unit;
    }

    /// What is multiplied.
    public Numbers numbers() {
        return shape.numbers();
    }

    /// Rows of output.
    public int outHeight() {
        return shape.outHeight();
    }

    /// Positions of a row of output.
    public int outWidth() {
        return shape.outWidth();
    }

    /// Bytes from an image to the first row of it that the filter sees from a row of output.
    public long inputOffset(int outY) {
        int y = outY * shape.step();
        Window window = shape.window();
        return (long) window.inY(y, shape.firstTapY(y)) * shape.rowBytes();
    }

    /// What rows of output have in common that one call may compute.
    public long row(int outY) {
        int y = outY * shape.step();
        int biases = shape.numbers() == Numbers.FLOAT32
                ? 0
                : rowTaps.indexOf(rowTaps(y)) * taps.size() * biasBytes();
        return (long) biases << Integer.SIZE | (long) (shape.endTapY(y) - shape.firstTapY(y)) << TAPS_SHIFT
                | shape.firstTapY(y);
    }

    /// The argument of the code that says what rows it computes.
    ///
    /// @param row   [#row] of all of them
    /// @param count how many, [#MOST_ROWS] at most
    public static long rows(long row, int count) {
        return row | (long) count << ROWS_SHIFT;
    }

    /// Calls `place` for each weight, several times for those of variants.
    public void eachWeight(WeightPlace place) {
        int filterHeight = shape.window().filterHeight();
        int stepElements = shape.numbers().stepElements();
        int rowElements = shape.window().filterWidth() * shape.window().inChannels();
        int base = weightsOffset();
        int firstVector = 0;
        for (Panels group : panels) {
            for (int panel = 0; panel < group.count; panel++) {
                for (int vector = 0; vector < group.vectors; vector++) {
                    for (int lane = 0; lane < unit.lanes(); lane++) {
                        int channel = (firstVector + vector) * unit.lanes() + lane;
                        if (channel >= shape.channels()) {
                            break;
                        }
                        for (int filterY = 0; filterY < filterHeight; filterY++) {
                            int row = base + (filterY * rowSteps * group.vectors + vector) * unit.bytes()
                                    + lane * ConvolutionShape.STEP_BYTES;
                            eachOfRow(place, (channel * filterHeight + filterY) * rowElements, row,
                                    group.vectors * unit.bytes(), stepElements);
                        }
                    }
                }
                base += filterHeight * rowSteps * group.vectors * unit.bytes();
                firstVector += group.vectors;
            }
        }
    }

    private void eachOfRow(WeightPlace place, int first, int row, int stepStride, int stepElements) {
        int inChannels = shape.window().inChannels();
        int bytes = shape.numbers().bytes();
        if (isRegular) {
            for (int i = 0; i < shape.window().filterWidth() * inChannels; i++) {
                place.at(row + i / stepElements * stepStride + i % stepElements * bytes, first + i);
            }
            return;
        }
        for (int variant = 0; variant < taps.size(); variant++) {
            Taps at = taps.get(variant);
            int count = bytes(at);
            int whole = count / stepElements * stepElements;
            int from = row + variantSteps.get(variant) * stepStride;
            for (int i = 0; i < count; i++) {
                int step = i < whole ? i / stepElements : whole / stepElements;
                int inStep = i < whole ? i % stepElements : i - at.tail;
                place.at(from + step * stepStride + inStep, first + at.first * inChannels + i);
            }
        }
    }

    /// Sums up what is left of a channel's weights where taps lie on padding: for each list of taps its bias.
    ///
    /// @param sums `[filterY][filterX]` of one channel's weights
    public void eachBias(int[] sums, BiasPlace place) {
        for (int rows = 0; rows < rowTaps.size(); rows++) {
            int firstY = (int) (rowTaps.get(rows) >>> 32);
            int endY = (int) (long) rowTaps.get(rows);
            for (int columns = 0; columns < taps.size(); columns++) {
                int sum = 0;
                for (int filterY = firstY; filterY < endY; filterY++) {
                    for (int filterX = taps.get(columns).first; filterX < taps.get(columns).end; filterX++) {
                        sum += sums[filterY * shape.window().filterWidth() + filterX];
                    }
                }
                place.at(biasOffset() + (rows * taps.size() + columns) * biasBytes(), sum);
            }
        }
    }

    /// Hears where a weight belongs.
    public interface WeightPlace {
        /// @param offset bytes from the first constant
        /// @param index  in the weights of all channels
        void at(int offset, int index);
    }

    /// Hears the sum of the weights that take part.
    public interface BiasPlace {
        /// @param offset of the biases of all channels, bytes from the first constant
        void at(int offset, int weightSum);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConvolutionLayout layout && layout.shape.equals(shape) && layout.unit == unit;
    }

    @Override
    public int hashCode() {
        return Objects.hash(shape, unit);
    }
}
