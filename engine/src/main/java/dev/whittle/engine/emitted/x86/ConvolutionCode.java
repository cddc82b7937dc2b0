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

import dev.whittle.engine.emitted.x86.ConvolutionLayout.Panels;
import dev.whittle.engine.emitted.x86.ConvolutionLayout.Segment;
import dev.whittle.engine.emitted.x86.ConvolutionLayout.Tail;
import dev.whittle.engine.emitted.x86.ConvolutionLayout.Tile;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Finish;
import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes the code of a convolution, in the registers of the layout: one call computes one row of output, of the one or
/// two that are pooled to it, or several that see as many rows of the filter.
///
/// Panels of channels are outermost; for each the tiles of the row; for each of these the rows of the filter, and within them
/// the steps. A step reads the weights of the panel and multiplies them by what a position's input holds, repeated in all lanes.
/// Real numbers are multiplied in the order of the filter. Codes of INT8 are made unsigned (128 more), since the
/// instruction takes one factor without sign; biases make up for it.
///
/// Called with the input, the output, the constants ([ConvolutionLayout]) and factors of this run, then how many bytes into the
/// input the first row of input begins that lies under the filter, how many into the output its row begins,
/// [ConvolutionLayout#row], and how many bytes into the factors those of the image begin: for all channels the biases, then
/// the offsets, then the factors.
public final class ConvolutionCode {
    /// Steps that are written out; more become a loop over so many at a time.
    private static final int UNROLLED = 4;
    private static final int MOST_WRITTEN_OUT = 12;
    /// Where the stack has the number of the filter's rows that take part, the first of them, how many rows of output are left,
    /// and where the biases and factors begin.
    private static final int TAPS = 0;
    private static final int FIRST_TAP = 8;
    private static final int ROWS = 16;
    private static final int FIRST_BIAS = 24;
    private static final int FIRST_FACTOR = 32;
    private static final int STACK_BYTES = 40;
    private static final List<Gpr> SAVED = List.of(RBX, RBP, R12, R13, R14, R15);

    private static final Mask LAST_LANES = Mask.K1;

    private static final Gpr INPUT = RDI;
    private static final Gpr OUTPUT = RSI;
    private static final Gpr CONSTANTS = RDX;
    private static final Gpr COUNT = RCX;
    private static final Gpr BIAS = R9;
    private static final Gpr WEIGHTS = R10;
    private static final Gpr FACTORS = RBX;
    private static final Gpr PANELS_LEFT = RBP;
    private static final Gpr TILES_LEFT = R12;
    private static final Gpr TILE_INPUT = R13;
    private static final Gpr TILE_OUTPUT = R14;
    private static final Gpr TAPS_LEFT = R15;
    private static final Gpr ROW_WEIGHTS = RAX;
    private static final Gpr ROW_INPUT = R11;

    private final Assembler a = new Assembler();
    private final ConvolutionLayout layout;
    private final ConvolutionShape shape;
    private final Numbers numbers;
    private final VectorUnit unit;
    /// What makes INT8 unsigned.
    private final Vector flip;
    /// 1 in each byte.
    private final Vector ones;
    private final Requantization requantization;
    /// Of the panel being written.
    private int vectors;
    private boolean isLastPanel;
    /// How far the pointers have moved on within a row of the filter.
    private int inputMoved;
    private int weightsMoved;

    private ConvolutionCode(ConvolutionLayout layout) {
        this.layout = layout;
        this.shape = layout.shape();
        this.numbers = shape.numbers();
        this.unit = layout.unit();
        this.flip = unit.register(unit.registers() - 1);
        this.ones = unit.register(unit.registers() - 2);
        this.requantization = new Requantization(a, unit, shape.finish(), CONSTANTS);
    }

    /// The code with its listing.
    public static Assembler write(ConvolutionLayout layout) {
        ConvolutionCode code = new ConvolutionCode(layout);
        code.write();
        return code.a;
    }

    private void write() {
        SAVED.forEach(a::push);
        Address stacked = Address.of(RSP).plus((SAVED.size() + 1) * Long.BYTES);
        a.add(INPUT, R8);
        a.add(OUTPUT, R9);
        if (shape.finish() instanceof Finish.Scaled) {
            a.mov(FACTORS, stacked.plus(Long.BYTES));
            a.add(FACTORS, RCX);
        } else {
            a.lea(FACTORS, Address.of(CONSTANTS).plus(layout.factorOffset()));
        }
        a.mov(BIAS, stacked);
        a.mov(RCX, BIAS);
        a.push(FACTORS);
        a.shr(BIAS, Integer.SIZE);
        a.add(BIAS, CONSTANTS);
        a.add(BIAS, layout.biasOffset());
        a.push(BIAS);
        pushField(ConvolutionLayout.ROWS_SHIFT, ConvolutionLayout.MOST_ROWS);
        pushField(0, ConvolutionLayout.MOST_TAPS);
        pushField(ConvolutionLayout.TAPS_SHIFT, ConvolutionLayout.MOST_TAPS);
        if (layout.lastLanes() > 0 && unit.hasMasks()) {
            a.mov(RAX, (1 << layout.lastLanes()) - 1);
            a.kmovw(LAST_LANES, RAX);
        }
        requantization.begin(RAX);
        if (layout.keepsFlip()) {
            repeat(flip, ConvolutionLayout.SIGN_OF_BYTES, RAX);
        }
        ones(ConvolutionLayout.ONE_OF_BYTES);
        rows();
        a.add(RSP, STACK_BYTES);
        SAVED.reversed().forEach(a::pop);
        a.vzeroupper();
        a.ret();
    }

    /// A number in all lanes.
    private void repeat(Vector to, int value, Gpr scratch) {
        a.mov(scratch, value);
        if (unit.hasMasks()) {
            a.vpbroadcastd(to, scratch);
        } else {
            a.vmovd(to.as(128), scratch);
            a.vpbroadcastd(to, to.as(128));
        }
    }

    private void xor(Vector to, Vector from, VectorSource other) {
        if (unit.hasMasks()) {
            a.vpxord(to, from, other);
        } else {
            a.vpxor(to, from, other);
        }
    }

    /// Part of what RCX has.
    private void pushField(int shift, int mask) {
        a.mov(RAX, RCX);
        if (shift > 0) {
            a.shr(RAX, shift);
        }
        a.and(RAX, mask);
        a.push(RAX);
    }

    private void rows() {
        Label next = a.label();
        a.align(16);
        a.bind(next);
        a.lea(WEIGHTS, Address.of(CONSTANTS).plus(layout.weightsOffset()));
        a.mov(BIAS, Address.of(RSP).plus(FIRST_BIAS));
        a.mov(FACTORS, Address.of(RSP).plus(FIRST_FACTOR));
        for (Panels group : layout.panels()) {
            vectors = group.vectors();
            isLastPanel = group == layout.panels().getLast();
            panels(group);
        }
        a.add(INPUT, shape.step() * shape.window().strideHeight() * shape.rowBytes());
        a.add(OUTPUT, shape.outWidth() * shape.rowChannels() * shape.outBytes()
                - layout.vectors() * unit.lanes() * shape.outBytes());
        a.mov(RAX, Address.of(RSP).plus(ROWS));
        a.sub(RAX, 1);
        a.mov(Address.of(RSP).plus(ROWS), RAX);
        a.jcc(Condition.NE, next);
    }

    private void panels(Panels group) {
        Label next = a.label();
        if (group.count() > 1) {
            a.mov(PANELS_LEFT, group.count());
            a.align(16);
            a.bind(next);
        }
        layout.tiles().forEach(this::tiles);
        a.add(WEIGHTS, shape.window().filterHeight() * rowWeightBytes());
        a.add(BIAS, vectors * unit.bytes());
        a.add(OUTPUT, vectors * unit.lanes() * shape.outBytes());
        a.add(FACTORS, vectors * (shape.finish() instanceof Finish.Scaled ? unit.bytes() : layout.factorBytes()));
        if (group.count() > 1) {
            a.sub(PANELS_LEFT, 1);
            a.jcc(Condition.NE, next);
        }
    }

    private int rowWeightBytes() {
        return layout.rowSteps() * vectors * unit.bytes();
    }

    private void tiles(Tile tile) {
        int stride = shape.step() * shape.window().strideWidth() * shape.pixelBytes();
        int outStride = shape.rowChannels() * shape.outBytes();
        a.lea(TILE_INPUT, Address.of(INPUT)
                .plus(tile.firstX() * stride - shape.window().padLeft() * shape.pixelBytes()));
        a.lea(TILE_OUTPUT, Address.of(OUTPUT).plus(tile.firstX() * outStride));
        Label next = a.label();
        if (tile.repeats() > 1) {
            a.mov(TILES_LEFT, tile.repeats());
            a.align(16);
            a.bind(next);
        }
        begin(tile);
        products(tile);
        finish(tile);
        if (tile.repeats() > 1) {
            a.add(TILE_INPUT, tile.width() * stride);
            a.add(TILE_OUTPUT, tile.width() * outStride);
            a.sub(TILES_LEFT, 1);
            a.jcc(Condition.NE, next);
        }
    }

    private Vector sum(int position, int vector) {
        return unit.register(position * vectors + vector);
    }

    /// Registers above the sums.
    private Vector free(Tile tile, int i) {
        return unit.register(tile.taps().size() * (shape.hasOffset() ? vectors + 1 : vectors) + i);
    }

    /// The sum of a position's input, where the weights are less by a constant.
    private Vector inputSum(Tile tile, int position) {
        return unit.register(tile.taps().size() * vectors + position);
    }

    private void begin(Tile tile) {
        for (int position = 0; position < tile.taps().size(); position++) {
            if (shape.hasOffset()) {
                xor(inputSum(tile, position), inputSum(tile, position), inputSum(tile, position));
            }
            for (int vector = 0; vector < vectors; vector++) {
                Vector sum = sum(position, vector);
                if (numbers == Numbers.FLOAT32) {
                    xor(sum, sum, sum);
                    continue;
                }
                Address biases = bias(vector).plus(tile.taps().get(position) * layout.biasBytes());
                if (unit.hasMasks()) {
                    a.vmovdqu32(sum, biases);
                } else {
                    a.vmovdqu(sum, biases);
                }
            }
        }
    }

    private Address bias(int vector) {
        return Address.of(BIAS).plus(vector * unit.bytes());
    }

    private void products(Tile tile) {
        boolean isHigh = shape.window().filterHeight() > 1;
        a.mov(ROW_INPUT, TILE_INPUT);
        a.mov(ROW_WEIGHTS, WEIGHTS);
        Label next = a.label();
        if (isHigh) {
            a.mov(COUNT, Address.of(RSP).plus(FIRST_TAP));
            a.imul(COUNT, COUNT, rowWeightBytes());
            a.add(ROW_WEIGHTS, COUNT);
            a.mov(TAPS_LEFT, Address.of(RSP).plus(TAPS));
            a.align(16);
            a.bind(next);
        }
        inputMoved = 0;
        weightsMoved = 0;
        for (Segment segment : tile.segments()) {
            segment(tile, segment);
        }
        if (isHigh) {
            a.add(ROW_INPUT, shape.window().dilationHeight() * shape.rowBytes() - inputMoved);
            a.add(ROW_WEIGHTS, rowWeightBytes() - weightsMoved);
            a.sub(TAPS_LEFT, 1);
            a.jcc(Condition.NE, next);
        }
    }

    private void segment(Tile tile, Segment segment) {
        int weightBytes = vectors * unit.bytes();
        int done = 0;
        if (segment.steps() > MOST_WRITTEN_OUT) {
            int loops = segment.steps() / UNROLLED;
            Label next = a.label();
            a.mov(COUNT, loops);
            a.align(16);
            a.bind(next);
            for (int step = 0; step < UNROLLED; step++) {
                step(tile, segment, segment.input() + step * ConvolutionShape.STEP_BYTES,
                        (segment.weightStep() + step) * weightBytes);
            }
            a.add(ROW_INPUT, UNROLLED * ConvolutionShape.STEP_BYTES);
            a.add(ROW_WEIGHTS, UNROLLED * weightBytes);
            a.sub(COUNT, 1);
            a.jcc(Condition.NE, next);
            done = loops * UNROLLED;
            inputMoved += done * ConvolutionShape.STEP_BYTES;
            weightsMoved += done * weightBytes;
        }
        for (int step = done; step < segment.steps(); step++) {
            step(tile, segment, segment.input() + step * ConvolutionShape.STEP_BYTES,
                    (segment.weightStep() + step) * weightBytes);
        }
        Tail tail = segment.tail();
        if (tail != null) {
            ones(tail.ones());
            step(tile, segment, tail.input(), (segment.weightStep() + segment.steps()) * weightBytes);
            ones(ConvolutionLayout.ONE_OF_BYTES);
        }
    }

    /// Which of four codes go into sums of the input.
    private void ones(int bytes) {
        if (shape.hasOffset()) {
            repeat(ones, bytes, COUNT);
        }
    }

    /// @param input   bytes from the positions' leftmost tap
    /// @param weights bytes from the row's first
    private void step(Tile tile, Segment segment, int input, int weights) {
        for (int vector = 0; vector < vectors; vector++) {
            a.vmovups(free(tile, vector), Address.of(ROW_WEIGHTS)
                    .plus(weights - weightsMoved + vector * unit.bytes()));
        }
        Vector repeated = free(tile, vectors);
        for (int position : segment.positions()) {
            Address from = Address.of(ROW_INPUT).plus(input - inputMoved + offset(position));
            if (numbers == Numbers.FLOAT32 && vectors == 1 && unit.hasMasks()) {
                a.vfmadd231ps(sum(position, 0), free(tile, 0), from.broadcast());
                continue;
            }
            if (numbers == Numbers.FLOAT32) {
                a.vbroadcastss(repeated, from);
            } else {
                a.vpbroadcastd(repeated, from);
            }
            if (numbers == Numbers.INT8) {
                xor(repeated, repeated,
                        layout.keepsFlip() ? flip : unit.constant(CONSTANTS, ConvolutionLayout.FLIP));
            }
            if (shape.hasOffset()) {
                a.vpdpbusd(unit.prefix(), inputSum(tile, position), repeated, ones);
            }
            for (int vector = 0; vector < vectors; vector++) {
                if (numbers == Numbers.FLOAT32) {
                    a.vfmadd231ps(sum(position, vector), repeated, free(tile, vector));
                } else {
                    a.vpdpbusd(unit.prefix(), sum(position, vector), repeated, free(tile, vector));
                }
            }
        }
    }

    /// Bytes between the input of a tile's first position and another's.
    private int offset(int position) {
        int parts = shape.step() * shape.step();
        int part = position % parts;
        int column = position / parts * shape.step() + part % shape.step();
        return column * shape.window().strideWidth() * shape.pixelBytes()
                + part / shape.step() * shape.window().strideHeight() * shape.rowBytes();
    }

    private void finish(Tile tile) {
        int parts = shape.step() * shape.step();
        Vector minimum = free(tile, 0);
        Vector maximum = free(tile, 1);
        Vector lowest = free(tile, 2);
        if (shape.hasOffset()) {
            for (int position = 0; position < tile.taps().size(); position++) {
                Vector rest = inputSum(tile, position);
                a.vpmulld(rest, rest, unit.constant(CONSTANTS, ConvolutionLayout.OFFSET));
                for (int vector = 0; vector < vectors; vector++) {
                    a.vpaddd(sum(position, vector), sum(position, vector), rest);
                }
            }
        }
        Bounds bounds = bounds();
        if (bounds != null) {
            broadcast(bounds.hasMinimum, minimum, ConvolutionLayout.MINIMUM);
            broadcast(bounds.hasMaximum, maximum, ConvolutionLayout.MAXIMUM);
            broadcast(shape.isPooled(), lowest, ConvolutionLayout.LOWEST);
            if (readsPart(vectors - 1)) {
                a.vmovups(lastLanes(tile), Address.of(CONSTANTS).plus(unit.place(ConvolutionLayout.LAST_LANES)));
            }
        }
        for (int x = 0; x < tile.width(); x++) {
            for (int vector = 0; vector < vectors; vector++) {
                Vector result = sum(x * parts, vector);
                if (bounds != null) {
                    for (int part = 0; part < parts; part++) {
                        Vector sum = sum(x * parts + part, vector);
                        real(sum, vector, tile);
                        // The second operand stays where the two do not compare or are equal: as Java's min > x ? min : x.
                        if (bounds.hasMinimum) {
                            a.vmaxps(sum, minimum, sum);
                        }
                        if (bounds.hasMaximum) {
                            a.vminps(sum, maximum, sum);
                        }
                        if (parts > 1) {
                            a.vmaxps(result, sum, part == 0 ? lowest : result);
                        }
                    }
                } else {
                    for (int part = 1; part < parts; part++) {
                        a.vpmaxsd(result, result, sum(x * parts + part, vector));
                    }
                    codes(result, vector, free(tile, 0), free(tile, 1));
                }
                store(result, Address.of(TILE_OUTPUT).plus((x * shape.rowChannels() + vector * unit.lanes())
                        * shape.outBytes()), vector);
            }
        }
    }

    /// Of real numbers.
    private record Bounds(boolean hasMinimum, boolean hasMaximum) {}

    /// Null for codes.
    private @Nullable Bounds bounds() {
        return switch (shape.finish()) {
            case Finish.Reals reals -> new Bounds(reals.hasMinimum(), reals.hasMaximum());
            case Finish.Scaled scaled -> new Bounds(scaled.hasMinimum(), scaled.hasMaximum());
            case Finish.FixedPoint _,Finish.Real _ -> null;
        };
    }

    private boolean isPart(int vector) {
        return isLastPanel && vector == vectors - 1 && layout.lastLanes() > 0;
    }

    /// Makes a real number of a sum.
    private void real(Vector sum, int vector, Tile tile) {
        if (shape.finish() instanceof Finish.Reals) {
            a.vaddps(sum, sum, bias(vector));
            return;
        }
        // What lies behind the last channel is not read.
        Vector lanes = isPart(vector) && unit.hasMasks() ? sum.masked(LAST_LANES) : sum;
        a.vcvtdq2ps(sum, sum);
        a.vaddps(lanes, sum, factor(1, vector, tile));
        a.vmulps(lanes, sum, factor(2, vector, tile));
        a.vaddps(lanes, sum, factor(0, vector, tile));
    }

    /// The biases, the offsets or the factors of this run.
    private VectorSource factor(int section, int vector, Tile tile) {
        Address factors =
                Address.of(FACTORS).plus(vector * unit.bytes()).plus(section * shape.rowChannels() * Float.BYTES);
        if (!readsPart(vector)) {
            return factors;
        }
        Vector part = free(tile, 4);
        a.vmaskmovps(part, lastLanes(tile), factors);
        return part;
    }

    private boolean readsPart(int vector) {
        return shape.finish() instanceof Finish.Scaled && isPart(vector) && !unit.hasMasks();
    }

    private Vector lastLanes(Tile tile) {
        return free(tile, 3);
    }

    private void broadcast(boolean isNeeded, Vector to, int constant) {
        if (isNeeded) {
            a.vbroadcastss(to, Address.of(CONSTANTS).plus(unit.place(constant)));
        }
    }

    /// Makes codes of sums, an int each.
    private void codes(Vector sum, int vector, Vector odd, Vector scratch) {
        requantization.round(sum, Address.of(FACTORS).plus(vector * layout.factorBytes()), odd, scratch);
        boolean saturates = requantization.saturates();
        if (!saturates) {
            // Bounds less the zero point.
            a.vpmaxsd(sum, sum, unit.constant(CONSTANTS, ConvolutionLayout.MINIMUM));
            a.vpminsd(sum, sum, unit.constant(CONSTANTS, ConvolutionLayout.MAXIMUM));
        }
        a.vpaddd(sum, sum, unit.constant(CONSTANTS, ConvolutionLayout.ZERO_POINT));
        pack(sum, scratch);
    }

    /// Bytes of ints, at the beginning of the register. Bytes without sign are in their range already.
    private void pack(Vector sum, Vector scratch) {
        if (unit.hasMasks() && requantization.saturates()) {
            a.vpmovsdb(sum.as(128), sum);
        } else if (unit.hasMasks()) {
            a.vpmovdb(sum.as(128), sum);
        } else {
            Vector bytes = sum.as(128);
            a.vextracti128(scratch.as(128), sum, 1);
            a.vpackssdw(bytes, bytes, scratch.as(128));
            if (numbers == Numbers.INT8) {
                a.vpacksswb(bytes, bytes, bytes);
            } else {
                a.vpackuswb(bytes, bytes, bytes);
            }
        }
    }

    private void store(Vector result, Address to, int vector) {
        if (!unit.hasMasks()) {
            FirstBytes.store(a, result, to, (isPart(vector) ? layout.lastLanes() : unit.lanes()) * shape.outBytes());
            return;
        }
        Address target = isPart(vector) ? to.masked(LAST_LANES) : to;
        if (shape.outBytes() == Float.BYTES) {
            a.vmovups(target, result);
        } else {
            a.vmovdqu8(target, result.as(128));
        }
    }
}
