package dev.whittle.engine.kernel;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// Weights `[columns][depth]` of eight bits for products with a few rows of codes of eight bits, for the vector tier.
///
/// Such a product takes each weight but a few times, so that it costs what reading the weights costs: they are kept as
/// bytes, a quarter of what [PackedWeights] keeps. The products of two steps of the depth, added, fit a short, and the
/// sums of those an int; so the sums are exact, and the same as those of [PackedWeights].
final class RowWeights {
    /// From so many rows on the weights are better widened once, in [PackedWeights].
    static final int MOST_ROWS = 3;

    /// Steps of the depth that are multiplied at once. What a segment has less is filled with weights of 0.
    private static final int GROUP = 4;

    /// How far past the last code is read.
    static final int SLACK = GROUP - 1;

    /// How far past the last sum is written: a panel at 512 bits.
    static final int SUMS_SLACK = 32;

    private final byte[] packed;
    private final int columns;
    /// First step of each segment, and the depth at the end.
    private final int[] bounds;
    private final int panelLength;

    private RowWeights(byte[] packed, int columns, int[] bounds, int panelLength) {
        this.packed = packed;
        this.columns = columns;
        this.bounds = bounds;
        this.panelLength = panelLength;
    }

    /// Packs codes less their zero point, or gives null where they are not of a kind that this class can multiply.
    ///
    /// @param bounds see [PackedWeights#exactSegments]
    static @Nullable RowWeights of(float[] weights, int columns, int depth, int[] bounds) {
        int groups = 0;
        for (int segment = 0; segment + 1 < bounds.length; segment++) {
            groups += Math.ceilDiv(bounds[segment + 1] - bounds[segment], GROUP);
        }
        long panelLength = (long) groups * GROUP * Simd.COLUMNS;
        long length = panelLength * Math.ceilDiv(columns, Simd.COLUMNS);
        if (length > Integer.MAX_VALUE - 64 || !fit(weights, columns, depth, bounds)) {
            return null;
        }
        RowWeights packed = new RowWeights(new byte[(int) length], columns, bounds, (int) panelLength);
        packed.pack(weights, depth);
        return packed;
    }

    /// Whether all weights are of eight bits, and no two that are multiplied into one short both −128, whose products with
    /// codes of −128 would not fit.
    private static boolean fit(float[] weights, int columns, int depth, int[] bounds) {
        for (int column = 0; column < columns; column++) {
            for (int segment = 0; segment + 1 < bounds.length; segment++) {
                float before = 0;
                for (int step = bounds[segment]; step < bounds[segment + 1]; step++) {
                    float weight = weights[column * depth + step];
                    boolean isSecond = (step - bounds[segment]) % 2 != 0;
                    if (weight != (byte) weight || isSecond && weight == Byte.MIN_VALUE && before == Byte.MIN_VALUE) {
                        return false;
                    }
                    before = weight;
                }
            }
        }
        return true;
    }

    /// `[panel][segment][step][lane]`. The lanes of shorts are taken apart into those of ints, the even and the odd: the
    /// even ones hold the columns of the first vector of sums, the odd ones those of the second.
    private void pack(float[] weights, int depth) {
        int at = 0;
        for (int firstColumn = 0; firstColumn < columns; firstColumn += Simd.COLUMNS) {
            for (int segment = 0; segment + 1 < bounds.length; segment++) {
                int steps = bounds[segment + 1] - bounds[segment];
                for (int step = 0; step < Math.ceilDiv(steps, GROUP) * GROUP; step++) {
                    for (int lane = 0; lane < Simd.COLUMNS; lane++) {
                        int column = firstColumn + lane / 2 + lane % 2 * (Simd.COLUMNS / 2);
                        packed[at++] = step < steps && column < columns
                                ? (byte) weights[column * depth + bounds[segment] + step]
                                : 0;
                    }
                }
            }
        }
    }

    /// Panels of columns, each of which may be multiplied by itself.
    int panels() {
        return packed.length / Math.max(1, panelLength);
    }

    /// Bytes that the weights take.
    int length() {
        return packed.length;
    }

    /// Multiplies rows of codes, whose sums are as far apart as there are columns; those of segment `s` go
    /// `s · segmentStride` further on.
    ///
    /// @param codes the rows one after the other, and after them [#SLACK] elements that may be anything
    /// @param sums after those of the last segment there is room for [#SUMS_SLACK] more
    void multiply(short[] codes, int codesOffset, int rows, int firstPanel, int endPanel, float[] sums, int sumsOffset,
            int segmentStride) {
        int segments = bounds.length - 1;
        int depth = bounds[segments];
        int end = sumsOffset + segments * segmentStride;
        for (int panel = firstPanel; panel < endPanel; panel++) {
            int at = panel * panelLength;
            int column = panel * Simd.COLUMNS;
            for (int segment = 0; segment < segments; segment++) {
                int steps = Math.ceilDiv(bounds[segment + 1] - bounds[segment], GROUP) * GROUP;
                for (int row = 0; row < rows; row++) {
                    int to = sumsOffset + segment * segmentStride + row * columns + column;
                    int code = codesOffset + row * depth + bounds[segment];
                    // Sums of columns that are not there must not be written over those of the next row.
                    if (columns - column < Simd.COLUMNS && to + columns - column < end) {
                        Simd.multiply(codes, code, packed, at, steps, sums, end);
                        System.arraycopy(sums, end, sums, to, columns - column);
                    } else {
                        Simd.multiply(codes, code, packed, at, steps, sums, to);
                    }
                }
                at += steps * Simd.COLUMNS;
            }
        }
    }

    private static final class Simd {
        private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, Lanes.SHAPE);
        private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class,
                VectorShape.forBitSize(Lanes.SHAPE.vectorBitSize() / 2));
        private static final int LANES = Lanes.FLOAT.length();
        private static final int COLUMNS = SHORTS.length();

        /// @param steps a multiple of [#GROUP]
        static void multiply(short[] codes, int code, byte[] weights, int weight, int steps, float[] sums, int to) {
            IntVector even0 = IntVector.zero(Lanes.INT);
            IntVector odd0 = IntVector.zero(Lanes.INT);
            IntVector even1 = IntVector.zero(Lanes.INT);
            IntVector odd1 = IntVector.zero(Lanes.INT);
            int at = weight;
            for (int step = code; step < code + steps; step += GROUP) {
                IntVector pair0 = ((ShortVector) ByteVector.fromArray(BYTES, weights, at)
                        .convertShape(VectorOperators.B2S, SHORTS, 0)).mul(codes[step])
                        .add(((ShortVector) ByteVector.fromArray(BYTES, weights, at + COLUMNS)
                                .convertShape(VectorOperators.B2S, SHORTS, 0)).mul(codes[step + 1]))
                        .reinterpretAsInts();
                IntVector pair1 = ((ShortVector) ByteVector.fromArray(BYTES, weights, at + 2 * COLUMNS)
                        .convertShape(VectorOperators.B2S, SHORTS, 0)).mul(codes[step + 2])
                        .add(((ShortVector) ByteVector.fromArray(BYTES, weights, at + 3 * COLUMNS)
                                .convertShape(VectorOperators.B2S, SHORTS, 0)).mul(codes[step + 3]))
                        .reinterpretAsInts();
                even0 = even0.add(pair0.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                odd0 = odd0.add(pair0.lanewise(VectorOperators.ASHR, 16));
                even1 = even1.add(pair1.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                odd1 = odd1.add(pair1.lanewise(VectorOperators.ASHR, 16));
                at += GROUP * COLUMNS;
            }
            ((FloatVector) even0.add(even1).convert(VectorOperators.I2F, 0)).intoArray(sums, to);
            ((FloatVector) odd0.add(odd1).convert(VectorOperators.I2F, 0)).intoArray(sums, to + LANES);
        }
    }
}
