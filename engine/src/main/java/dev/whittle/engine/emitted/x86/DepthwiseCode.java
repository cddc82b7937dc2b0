package dev.whittle.engine.emitted.x86;

import static dev.whittle.engine.emitted.x86.Gpr.R10;
import static dev.whittle.engine.emitted.x86.Gpr.R11;
import static dev.whittle.engine.emitted.x86.Gpr.R12;
import static dev.whittle.engine.emitted.x86.Gpr.R13;
import static dev.whittle.engine.emitted.x86.Gpr.R14;
import static dev.whittle.engine.emitted.x86.Gpr.R15;
import static dev.whittle.engine.emitted.x86.Gpr.R8;
import static dev.whittle.engine.emitted.x86.Gpr.R9;
import static dev.whittle.engine.emitted.x86.Gpr.RAX;
import static dev.whittle.engine.emitted.x86.Gpr.RBP;
import static dev.whittle.engine.emitted.x86.Gpr.RBX;
import static dev.whittle.engine.emitted.x86.Gpr.RCX;
import static dev.whittle.engine.emitted.x86.Gpr.RDI;
import static dev.whittle.engine.emitted.x86.Gpr.RDX;
import static dev.whittle.engine.emitted.x86.Gpr.RSI;
import static dev.whittle.engine.emitted.x86.Gpr.RSP;
import static dev.whittle.engine.emitted.x86.Vector.ymm;
import static dev.whittle.engine.emitted.x86.Vector.zmm;

import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.emitted.x86.DepthwiseLayout.Block;
import dev.whittle.engine.emitted.x86.DepthwiseLayout.Tile;
import dev.whittle.engine.kernel.Window;
import java.util.ArrayList;
import java.util.List;

/// Writes the code of a depthwise convolution in AVX-512 (with VNNI for codes): one call computes some rows of output.
///
/// Tiles of positions lie within a row, blocks of channels within these. Real numbers are added up in the order of the filter,
/// padding as 0. For each row of the filter the stack has where its input begins: in the image, or a row of padding.
///
/// Sums of codes are scaled in floats, with some bits behind the point. Only where these lie so close to the next code that
/// rounding may have gone over it are the sums scaled again, exactly.
///
/// Called with the input, the output, the constants ([DepthwiseLayout]) and factors of this run, then how many bytes into the
/// input its image begins, how many into the output its row, [#rows], and [#run].
public final class DepthwiseCode {
    private static final List<Gpr> SAVED = List.of(RBX, RBP, R12, R13, R14, R15);
    private static final int SIGN_OF_BYTES = 0x80808080;
    /// The destination, or both others.
    private static final int OR_BOTH = 0xF8;

    private static final Mask LAST_LANES = Mask.K1;
    /// K2 is of [Requantization].
    private static final Mask ON_IMAGE = Mask.K3;
    /// Of the last 16 codes, where they become real numbers.
    private static final Mask LAST_REALS = Mask.K4;
    private static final List<Mask> DOUBT = List.of(Mask.K4, Mask.K5, Mask.K6, Mask.K7);

    private static final Gpr INPUT = RDI;
    private static final Gpr OUTPUT = RSI;
    private static final Gpr CONSTANTS = RDX;
    private static final Gpr SCRATCH = RCX;
    private static final Gpr ROW = RAX;
    private static final Gpr ROW_INPUT = R8;
    private static final Gpr ROW_OUTPUT = R9;
    private static final Gpr TILE_INPUT = R10;
    private static final Gpr TILE_OUTPUT = R11;
    private static final Gpr BLOCK = RBX;
    private static final Gpr BLOCKS_LEFT = RBP;
    private static final Gpr Y = R12;
    private static final Gpr ROWS_LEFT = R13;
    private static final Gpr TILES_LEFT = R14;
    private static final Gpr PADDING_ROW = R15;

    /// Registers of real numbers: sums first, then inputs, then weights.
    private static final Vector REAL_SECOND_HALF = zmm(14);
    private static final Vector REAL_EVEN = zmm(15);
    private static final int KEPT = 16;
    /// In registers of 256 bits weights of one row of the filter, where there are no more than so many.
    private static final int NARROW_KEPT = 8;
    private static final int MOST_NARROW_KEPT = 4;
    private static final Vector NARROW_LAST_LANES = ymm(15);
    /// Of codes: sums first, then pairs of vectors whose bytes are interleaved, and so on.
    private static final int PAIRS = 16;
    private static final List<Vector> CODE_INPUTS = List.of(zmm(20), zmm(21));
    private static final int INTERLEAVED = 22;
    private static final Vector CODE_SECOND_HALF = zmm(26);
    private static final Vector CODE_EVEN = zmm(27);
    /// Of codes when products are done.
    private static final int RESULTS = 16;
    private static final int SCALED = 20;
    /// What makes them unsigned.
    private static final Vector FLIP = zmm(29);

    private final Assembler a = new Assembler();
    private final VectorUnit unit;
    private final List<Vector> realInputs;
    /// Padding as it is multiplied.
    private final Vector pad;
    /// Bounds of real numbers.
    private final Vector minimum;
    private final Vector maximum;
    private final DepthwiseLayout layout;
    private final ConvolutionShape shape;
    private final Window window;
    private final boolean isCodes;
    private final boolean isKept;
    private final boolean isScaled;
    private final boolean hasMinimum;
    private final boolean hasMaximum;
    private final Requantization requantization;
    /// Written after all else.
    private final List<Runnable> exactly = new ArrayList<>();
    /// Of the block and tile being written.
    private int lanes;
    private int bits;
    private Tile tile;
    private int nextInput;
    /// Which pairs of input the registers hold, and which of them was used last.
    private final String[] pairs = {"", ""};
    private int lastPair;

    private DepthwiseCode(DepthwiseLayout layout) {
        this.layout = layout;
        this.unit = layout.unit();
        boolean isWide = unit.hasMasks();
        this.realInputs = isWide ? List.of(zmm(8), zmm(9), zmm(10), zmm(11)) : List.of(ymm(6), ymm(7));
        this.pad = isWide ? zmm(28) : ymm(12);
        this.minimum = isWide ? zmm(30) : ymm(13);
        this.maximum = isWide ? zmm(31) : ymm(14);
        this.shape = layout.shape();
        this.window = shape.window();
        this.isCodes = layout.isCodes();
        this.isKept = isWide
                ? window.taps() <= DepthwiseLayout.MOST_KEPT
                : window.filterWidth() <= MOST_NARROW_KEPT;
        this.isScaled = shape.finish() instanceof Finish.Scaled;
        this.hasMinimum = shape.finish() instanceof Finish.Reals reals && reals.hasMinimum()
                || shape.finish() instanceof Finish.Scaled scaled && scaled.hasMinimum();
        this.hasMaximum = shape.finish() instanceof Finish.Reals reals && reals.hasMaximum()
                || shape.finish() instanceof Finish.Scaled scaled && scaled.hasMaximum();
        this.requantization = new Requantization(a, unit, shape.finish(), CONSTANTS);
        this.tile = layout.tiles().getFirst();
    }

    /// The code with its listing.
    public static Assembler write(DepthwiseLayout layout) {
        DepthwiseCode code = new DepthwiseCode(layout);
        code.write();
        return code.a;
    }

    /// Which rows of output to compute.
    public static long rows(int firstY, int count) {
        return (long) count << 32 | firstY;
    }

    /// What only a run knows, where sums are scaled.
    ///
    /// @param padding how many bytes into the input a row of padding begins
    /// @param factors how many bytes into the factors those of the image begin: for all channels the biases, then the offsets,
    ///     then the factors
    public static long run(long padding, long factors) {
        return padding << 32 | factors;
    }

    private void write() {
        SAVED.forEach(a::push);
        a.mov(ROWS_LEFT, Address.of(RSP).plus((SAVED.size() + 1) * Long.BYTES));
        Address run = Address.of(RSP).plus((SAVED.size() + 2) * Long.BYTES);
        int stackBytes = (window.filterHeight() + 2) * Long.BYTES;
        if (isScaled) {
            a.mov(PADDING_ROW, run);
            a.mov32(ROW, PADDING_ROW);
            a.add(ROW, RCX);
            a.shr(PADDING_ROW, 32);
            a.add(PADDING_ROW, INPUT);
            a.sub(RSP, stackBytes);
            a.mov(allFactors(), ROW);
        } else {
            a.sub(RSP, stackBytes);
            a.lea(PADDING_ROW, Address.of(CONSTANTS).plus(layout.paddingRow()));
        }
        a.add(INPUT, R8);
        a.add(OUTPUT, R9);
        a.mov32(Y, ROWS_LEFT);
        a.shr(ROWS_LEFT, 32);
        a.imul(Y, Y, window.strideHeight());
        a.sub(Y, window.padTop());
        int last = layout.isRun() ? layout.lastLanes() : layout.blocks().getLast().lanes();
        if (unit.hasMasks()) {
            a.mov(SCRATCH, -1L >>> Long.SIZE - last);
            a.kmovq(LAST_LANES, SCRATCH);
        } else {
            a.vmovups(NARROW_LAST_LANES, Address.of(CONSTANTS).plus(DepthwiseLayout.LAST_LANES));
        }
        requantization.begin(SCRATCH);
        if (layout.skips()) {
            a.vmovdqu32(even(), Address.of(CONSTANTS).plus(DepthwiseLayout.EVEN_POSITIONS));
        }
        if (isScaled) {
            a.vpbroadcastb(pad, Address.of(PADDING_ROW));
            if (last % DepthwiseLayout.LANES > 0) {
                a.mov(SCRATCH, (1 << last % DepthwiseLayout.LANES) - 1);
                a.kmovw(LAST_REALS, SCRATCH);
            }
        } else if (!unit.hasMasks()) {
            a.vxorps(pad, pad, pad);
        } else {
            a.vmovdqu32(pad, Address.of(CONSTANTS).plus(DepthwiseLayout.PADDING));
        }
        if (shape.numbers() == Numbers.INT8) {
            a.mov(SCRATCH, SIGN_OF_BYTES);
            a.vpbroadcastd(FLIP, SCRATCH);
            a.vpxord(pad, pad, FLIP);
        }
        if (hasMinimum) {
            a.vbroadcastss(minimum, Address.of(CONSTANTS).plus(ConvolutionLayout.MINIMUM));
        }
        if (hasMaximum) {
            a.vbroadcastss(maximum, Address.of(CONSTANTS).plus(ConvolutionLayout.MAXIMUM));
        }
        Label next = a.label();
        a.align(16);
        a.bind(next);
        row();
        a.add(Y, window.strideHeight());
        a.add(OUTPUT, window.outWidth() * shape.channels() * shape.outBytes());
        a.sub(ROWS_LEFT, 1);
        a.jcc(Condition.NE, next);
        a.add(RSP, stackBytes);
        SAVED.reversed().forEach(a::pop);
        a.vzeroupper();
        a.ret();
        exactly.forEach(Runnable::run);
    }

    private void row() {
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            a.lea(SCRATCH, Address.of(Y).plus(filterY * window.dilationHeight()));
            a.imul(ROW, SCRATCH, shape.rowBytes());
            a.add(ROW, INPUT);
            // Rows above the image are of large numbers without sign.
            a.cmp(SCRATCH, window.inHeight());
            a.cmov(Condition.AE, ROW, PADDING_ROW);
            a.mov(Address.of(RSP).plus(filterY * Long.BYTES), ROW);
        }
        a.mov(ROW_INPUT, 0);
        a.mov(ROW_OUTPUT, OUTPUT);
        a.lea(BLOCK, Address.of(CONSTANTS).plus(layout.blocksOffset()));
        if (layout.blocks().size() == 1 && layout.blocks().getFirst().count() == 1) {
            block(layout.blocks().getFirst());
            firstFactors();
            weights();
            layout.tiles().forEach(each -> tiles(each, this::compute));
        } else {
            layout.tiles().forEach(each -> tiles(each, this::blocks));
        }
    }

    /// Where the factors of the image are.
    private Address allFactors() {
        return Address.of(RSP).plus(window.filterHeight() * Long.BYTES);
    }

    /// Where those of the block are.
    private Address factors() {
        return allFactors().plus(Long.BYTES);
    }

    private void firstFactors() {
        if (isScaled) {
            a.mov(ROW, allFactors());
            a.mov(factors(), ROW);
        }
    }

    private void block(Block block) {
        lanes = block.lanes();
        bits = isCodes ? Math.max(128, Integer.highestOneBit(lanes * 2 - 1) * Byte.SIZE) : unit.bits();
    }

    /// Tiles are outermost where there are several blocks: what one position has of all blocks lies side by side.
    private void blocks() {
        a.lea(BLOCK, Address.of(CONSTANTS).plus(layout.blocksOffset()));
        firstFactors();
        for (Block block : layout.blocks()) {
            block(block);
            Label next = a.label();
            if (block.count() > 1) {
                a.mov(BLOCKS_LEFT, block.count());
                a.align(16);
                a.bind(next);
            }
            weights();
            compute();
            a.add(TILE_INPUT, unit.bytes());
            a.add(TILE_OUTPUT, unit.bytes() / shape.numbers().bytes() * shape.outBytes());
            a.add(BLOCK, layout.blockBytes());
            if (isScaled) {
                a.mov(ROW, factors());
                a.add(ROW, DepthwiseLayout.VECTORS * DepthwiseLayout.VECTOR_BYTES);
                a.mov(factors(), ROW);
            }
            if (block.count() > 1) {
                a.sub(BLOCKS_LEFT, 1);
                a.jcc(Condition.NE, next);
            }
        }
    }

    private void weights() {
        if (!isCodes && isKept && unit.hasMasks()) {
            for (int tap = 0; tap < window.taps(); tap++) {
                a.vmovups(zmm(KEPT + tap), weight(tap));
            }
        }
    }

    private void tiles(Tile each, Runnable body) {
        tile = each;
        Label next = a.label();
        if (tile.repeats() > 1) {
            a.mov(TILES_LEFT, tile.repeats());
            a.align(16);
            a.bind(next);
        }
        a.mov(TILE_INPUT, ROW_INPUT);
        a.mov(TILE_OUTPUT, ROW_OUTPUT);
        body.run();
        a.add(ROW_INPUT, tile.width() * layout.inStep());
        a.add(ROW_OUTPUT, tile.width() * layout.outStep());
        if (tile.repeats() > 1) {
            a.sub(TILES_LEFT, 1);
            a.jcc(Condition.NE, next);
        }
    }

    private void compute() {
        if (isCodes) {
            codes();
        } else {
            reals();
        }
    }

    private Address weight(int tap) {
        return Address.of(BLOCK).plus(tap * unit.bytes());
    }

    private Vector even() {
        return isCodes ? CODE_EVEN : REAL_EVEN;
    }

    /// A vector of input as it lies in memory, in the register or in that of padding.
    private Vector load(int step, int tap, Vector to) {
        if (layout.lanes(step, tap, 0) == 0 && (!layout.skips() || layout.lanes(step, tap, 1) == 0)) {
            return pad;
        }
        Address from = Address.of(ROW).index(TILE_INPUT, 1)
                .plus(layout.input(step, tap) - tile.first() * layout.inStep());
        boolean isFlipped = shape.numbers() == Numbers.INT8;
        if (isFlipped && !layout.skips() && !isPart() && layout.lanes(step, tap, 0) == -1) {
            a.vpxord(to, FLIP.as(bits), from);
            return to;
        }
        half(to, layout.lanes(step, tap, 0), from);
        if (layout.skips()) {
            Vector second = isCodes ? CODE_SECOND_HALF : REAL_SECOND_HALF;
            half(second, layout.lanes(step, tap, 1), from.plus(DepthwiseLayout.VECTOR_BYTES));
            a.vpermt2d(to, even(), second);
        }
        if (isFlipped) {
            a.vpxord(to, to, FLIP.as(bits));
        }
        return to;
    }

    /// Whether there are fewer numbers than the registers have lanes.
    private boolean isPart() {
        return lanes * shape.numbers().bytes() * Byte.SIZE < bits;
    }

    /// @param onImage the lanes that do not lie on padding
    private void half(Vector to, long onImage, Address from) {
        if (isPart() && !unit.hasMasks()) {
            a.vmaskmovps(to, NARROW_LAST_LANES, from);
        } else if (isPart()) {
            move(to.zeroed(LAST_LANES), from);
        } else if (onImage == -1) {
            move(to, from);
        } else {
            a.vmovdqu32(to, Address.of(CONSTANTS).plus(DepthwiseLayout.PADDING));
            if (onImage != 0) {
                a.mov(SCRATCH, onImage);
                a.kmovq(ON_IMAGE, SCRATCH);
                move(to.masked(ON_IMAGE), from);
            }
        }
    }

    private void move(Vector to, Address from) {
        if (isCodes) {
            a.vmovdqu8(to, from);
        } else {
            a.vmovups(to, from);
        }
    }

    private void row(int filterY) {
        a.mov(ROW, Address.of(RSP).plus(filterY * Long.BYTES));
    }

    private void reals() {
        for (int i = 0; i < tile.width(); i++) {
            Vector sum = unit.register(i);
            if (unit.hasMasks()) {
                a.vpxord(sum, sum, sum);
            } else {
                a.vxorps(sum, sum, sum);
            }
        }
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            row(filterY);
            if (isKept && !unit.hasMasks()) {
                for (int tap = 0; tap < window.filterWidth(); tap++) {
                    a.vmovups(unit.register(NARROW_KEPT + tap), weight(filterY * window.filterWidth() + tap));
                }
            }
            boolean isShared = !layout.isRun() && window.strideWidth() == 1 && window.dilationWidth() == 1;
            if (isShared) {
                for (int x = 0; x < tile.width() + window.filterWidth() - 1; x++) {
                    int firstTap = Math.max(0, x - tile.width() + 1);
                    Vector input = load(tile.first() + x - firstTap, firstTap, nextInput());
                    for (int tap = firstTap; tap <= Math.min(x, window.filterWidth() - 1); tap++) {
                        multiply(x - tap, filterY * window.filterWidth() + tap, input);
                    }
                }
                continue;
            }
            for (int tap = 0; tap < window.filterWidth(); tap++) {
                for (int i = 0; i < tile.width(); i++) {
                    multiply(i, filterY * window.filterWidth() + tap, load(tile.first() + i, tap, nextInput()));
                }
            }
        }
        for (int i = 0; i < tile.width(); i++) {
            Vector sum = unit.register(i);
            a.vaddps(sum, sum, weight(window.taps()));
            clamp(sum);
            if (unit.hasMasks()) {
                a.vmovups(output(i), sum);
            } else {
                FirstBytes.store(a, sum, Address.of(TILE_OUTPUT).plus(i * layout.outStep()), lanes * Float.BYTES);
            }
        }
    }

    /// The second operand stays where the two do not compare or are equal: as Java's `min > x ? min : x`.
    private void clamp(Vector sum) {
        if (hasMinimum) {
            a.vmaxps(sum, minimum, sum);
        }
        if (hasMaximum) {
            a.vminps(sum, maximum, sum);
        }
    }

    private Vector nextInput() {
        return realInputs.get(nextInput++ % realInputs.size());
    }

    private void multiply(int output, int tap, Vector input) {
        VectorSource weight = weight(tap);
        if (isKept) {
            weight = unit.register(unit.hasMasks() ? KEPT + tap : NARROW_KEPT + tap % window.filterWidth());
        }
        a.vfmadd231ps(unit.register(output), input, weight);
    }

    private Address output(int i) {
        Address to = Address.of(TILE_OUTPUT).plus(i * layout.outStep());
        boolean isLast = layout.isRun()
                ? !tile.isInside() && tile.first() + i == layout.steps() - 1
                : lanes * shape.numbers().bytes() < DepthwiseLayout.VECTOR_BYTES;
        return isLast ? to.masked(LAST_LANES) : to;
    }

    private Vector codeSum(int output, int vector) {
        return Vector.of(output * DepthwiseLayout.VECTORS + vector, bits);
    }

    private void codes() {
        for (int i = 0; i < tile.width(); i++) {
            for (int vector = 0; vector < DepthwiseLayout.VECTORS; vector++) {
                a.vmovdqu32(codeSum(i, vector), Address.of(BLOCK).plus(layout.bias(vector, 0)));
            }
        }
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            row(filterY);
            pairs[0] = "";
            pairs[1] = "";
            for (int group = 0; group < layout.groups(); group++) {
                for (int i = 0; i < tile.width(); i += layout.shared()) {
                    products(filterY, group, i, Math.min(layout.shared(), tile.width() - i));
                }
            }
        }
        if (isScaled) {
            a.mov(ROW, factors());
        }
        for (int i = 0; i < tile.width(); i++) {
            if (isScaled) {
                scale(i);
            } else {
                finish(i);
            }
        }
    }

    /// @param outputs that are multiplied with the same input
    private void products(int filterY, int group, int first, int outputs) {
        int taps = window.filterWidth() + outputs - 1;
        int firstTap = group * DepthwiseLayout.GROUP;
        if (firstTap >= taps) {
            return;
        }
        int early = pair(tile.first() + first, firstTap, taps);
        int late = pair(tile.first() + first, firstTap + 2, taps);
        for (int vector = 0; vector < DepthwiseLayout.VECTORS; vector++) {
            Vector input = Vector.of(INTERLEAVED + vector, bits);
            Vector one = Vector.of(early + vector / 2, bits);
            Vector other = Vector.of(late + vector / 2, bits);
            if (vector % 2 == 0) {
                a.vpunpcklwd(input, one, other);
            } else {
                a.vpunpckhwd(input, one, other);
            }
            for (int output = 0; output < outputs; output++) {
                for (int part = 0; part < layout.parts(); part++) {
                    a.vpdpbusd(Prefix.EVEX, codeSum(first + output, vector), input,
                            Address.of(BLOCK).plus(layout.weights(filterY, group, output, part)
                                    + vector * DepthwiseLayout.VECTOR_BYTES));
                }
            }
        }
    }

    /// Two vectors of input with their bytes interleaved, the lower halves and the upper ones; taps behind the last are of no
    /// account.
    ///
    /// @return the first of two registers
    private int pair(int step, int tap, int taps) {
        boolean hasSecond = tap + 1 < taps;
        String wanted = tap >= taps ? "padding" : layout.input(step, tap) + (hasSecond ? "" : " alone");
        for (int i = 0; i < pairs.length; i++) {
            if (pairs[i].equals(wanted)) {
                lastPair = i;
                return PAIRS + 2 * i;
            }
        }
        lastPair = 1 - lastPair;
        pairs[lastPair] = wanted;
        int register = PAIRS + 2 * lastPair;
        if (tap >= taps) {
            a.vmovdqu32(Vector.of(register, bits), pad.as(bits));
            a.vmovdqu32(Vector.of(register + 1, bits), pad.as(bits));
            return register;
        }
        Vector one = load(step, tap, CODE_INPUTS.getFirst().as(bits)).as(bits);
        Vector other = hasSecond ? load(step, tap + 1, CODE_INPUTS.getLast().as(bits)).as(bits) : pad.as(bits);
        a.vpunpcklbw(Vector.of(register, bits), one, other);
        a.vpunpckhbw(Vector.of(register + 1, bits), one, other);
        return register;
    }

    private Vector result(int vector) {
        return Vector.of(RESULTS + vector, bits);
    }

    private void finish(int output) {
        if (layout.fraction() == 0) {
            exact(output);
        } else {
            Label doubtful = a.label();
            Label clear = a.label();
            for (int vector = 0; vector < DepthwiseLayout.VECTORS; vector++) {
                quick(codeSum(output, vector), vector);
            }
            a.kortestw(DOUBT.get(0), DOUBT.get(1));
            a.jcc(Condition.NE, doubtful);
            a.kortestw(DOUBT.get(2), DOUBT.get(3));
            a.jcc(Condition.NE, doubtful);
            a.bind(clear);
            int blockBits = bits;
            exactly.add(() -> {
                bits = blockBits;
                a.bind(doubtful);
                exact(output);
                a.jmp(clear);
            });
        }
        a.vpackssdw(result(0), result(0), result(1));
        a.vpackssdw(result(2), result(2), result(3));
        Address header = Address.of(CONSTANTS);
        a.vpaddsw(result(0), result(0), header.plus(DepthwiseLayout.ZERO_POINTS));
        a.vpaddsw(result(2), result(2), header.plus(DepthwiseLayout.ZERO_POINTS));
        if (shape.numbers() == Numbers.INT8) {
            a.vpacksswb(result(0), result(0), result(2));
            if (!requantization.saturates()) {
                a.vpmaxsb(result(0), result(0), header.plus(DepthwiseLayout.LEAST_CODES));
                a.vpminsb(result(0), result(0), header.plus(DepthwiseLayout.LARGEST_CODES));
            }
        } else {
            a.vpackuswb(result(0), result(0), result(2));
            a.vpmaxub(result(0), result(0), header.plus(DepthwiseLayout.LEAST_CODES));
            a.vpminub(result(0), result(0), header.plus(DepthwiseLayout.LARGEST_CODES));
        }
        Address to = output(output);
        if (to.isMasked()) {
            a.vmovdqu8(to, result(0));
        } else {
            a.vmovdqu32(to, result(0));
        }
    }

    /// Puts the sums of an output in the order of channels and makes real numbers of them.
    private void scale(int output) {
        Vector lower = zmm(RESULTS);
        Vector lowerOfOthers = zmm(RESULTS + 1);
        Vector upper = zmm(RESULTS + 2);
        Vector upperOfOthers = zmm(RESULTS + 3);
        a.vshufi32x4(lower, codeSum(output, 0).as(512), codeSum(output, 1).as(512), 0b01_00_01_00);
        a.vshufi32x4(lowerOfOthers, codeSum(output, 2).as(512), codeSum(output, 3).as(512), 0b01_00_01_00);
        a.vshufi32x4(upper, codeSum(output, 0).as(512), codeSum(output, 1).as(512), 0b11_10_11_10);
        a.vshufi32x4(upperOfOthers, codeSum(output, 2).as(512), codeSum(output, 3).as(512), 0b11_10_11_10);
        int section = shape.channels() * Float.BYTES;
        for (int part = 0; part * DepthwiseLayout.LANES < lanes; part++) {
            Vector sum = zmm(INTERLEAVED + part);
            a.vshufi32x4(sum, part < 2 ? lower : upper, part < 2 ? lowerOfOthers : upperOfOthers,
                    part % 2 == 0 ? 0b10_00_10_00 : 0b11_01_11_01);
            // What lies behind the last channel is not read.
            boolean isLast = (part + 1) * DepthwiseLayout.LANES > lanes;
            Vector those = isLast ? sum.masked(LAST_REALS) : sum;
            Address biases = Address.of(ROW).plus(part * DepthwiseLayout.VECTOR_BYTES);
            a.vcvtdq2ps(sum, sum);
            a.vaddps(those, sum, biases.plus(section));
            a.vmulps(those, sum, biases.plus(2 * section));
            a.vaddps(those, sum, biases);
            clamp(sum);
            Address to =
                    Address.of(TILE_OUTPUT).plus(output * layout.outStep() + part * DepthwiseLayout.VECTOR_BYTES);
            a.vmovups(isLast ? to.masked(LAST_REALS) : to, sum);
        }
    }

    private void exact(int output) {
        for (int vector = 0; vector < DepthwiseLayout.VECTORS; vector++) {
            Vector result = zmm(RESULTS + vector);
            a.vmovdqu32(result, codeSum(output, vector).as(512));
            requantization.round(result, Address.of(BLOCK).plus(layout.exactFactors(vector)),
                    zmm(INTERLEAVED), zmm(INTERLEAVED + 1));
        }
    }

    /// A sum to a whole number, its fraction cut off, and whether that is in doubt.
    private void quick(Vector sum, int vector) {
        Address factors = Address.of(BLOCK).plus(layout.quickFactors(vector, 0));
        Address header = Address.of(CONSTANTS);
        Vector result = result(vector);
        Vector scaled = Vector.of(SCALED + vector, bits);
        a.vcvtdq2ps(result, sum);
        a.vmovups(scaled, factors.plus(DepthwiseLayout.QUICK_ADDEND));
        boolean roundsAway = shape.finish() instanceof Finish.FixedPoint fixed && fixed.roundsAway();
        if (roundsAway) {
            a.vpternlogd(scaled, result, factors.plus(DepthwiseLayout.QUICK_SIGN), OR_BOTH);
        }
        a.vfmadd231ps(scaled, result, factors.plus(DepthwiseLayout.QUICK_FACTOR));
        if (roundsAway) {
            a.vaddps(scaled, scaled, header.plus(DepthwiseLayout.HALF).broadcast());
        }
        a.vcvtps2dq(scaled, scaled);
        a.vptestnmd(DOUBT.get(vector), scaled, header.plus(DepthwiseLayout.CLEAR).broadcast());
        a.vpsrad(result, scaled, layout.fraction());
    }
}
