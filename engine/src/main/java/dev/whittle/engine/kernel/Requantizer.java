package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// From sums to output codes, one factor per channel:
/// `code = clamp(zeroPoint + round((sum + bias[channel]) · factor[channel]))`, where
/// `factor = inputScale · weightScale / outputScale`. The only place that owns how sums are rounded.
final class Requantizer {

    /// How the product with the factor is rounded.
    enum Mode {
        /** Twice, in 31-bit fixed point, ties away from zero ([Multiplier#apply]); sums of 32 bits. */
        FIXED_POINT {
            @Override
            int scale(long sum, int multiplier, int shift, double factor) {
                return Multiplier.apply((int) sum, multiplier, shift);
            }
        },
        /** As FIXED_POINT, ties of the second rounding up ([Multiplier#applyTiesUp]). */
        FIXED_POINT_TIES_UP {
            @Override
            int scale(long sum, int multiplier, int shift, double factor) {
                return Multiplier.applyTiesUp((int) sum, multiplier, shift);
            }
        },
        /**
         * As FIXED_POINT_TIES_UP in the channels that fill vectors of eight, as FIXED_POINT in those left over. For one sum
         * it is the latter.
         */
        FIXED_POINT_TIES_UP_BY_EIGHT {
            @Override
            int scale(long sum, int multiplier, int shift, double factor) {
                return Multiplier.apply((int) sum, multiplier, shift);
            }
        },
        /** Once, with a multiplier of 16 bits, ties up ([Multiplier#applyReduced]); sums of 64 bits. */
        WIDE {
            @Override
            int scale(long sum, int multiplier, int shift, double factor) {
                return Multiplier.applyReduced(sum, multiplier, shift);
            }
        },
        /** Once, a product in double precision, ties away from zero. */
        DOUBLE {
            @Override
            int scale(long sum, int multiplier, int shift, double factor) {
                // Saturating like the cast of the reference on the values that a sane file reaches; the clamp follows.
                return (int) Rounding.halfAwayFromZero(sum * factor);
            }
        };

        abstract int scale(long sum, int multiplier, int shift, double factor);
    }

    /// The mode of the channels from [#tiesUp] on; those before take FIXED_POINT_TIES_UP.
    private final Mode mode;
    private final int tiesUp;
    private final long[] bias;
    private final double[] factor;
    private final int[] multiplier;
    private final int[] shift;
    private final int zeroPoint;
    private final ActivationRange range;
    private final CodeStorage storage;
    /// For rows of sums of one part and one segment; null where there are no vectors or they cannot do it exactly.
    private final @Nullable Simd simd;

    private Requantizer(KernelTier tier, Mode mode, long[] bias, double[] factor, int[] multiplier, int[] shift,
            int zeroPoint, ActivationRange range, ElementType type) {
        this.mode = mode;
        this.tiesUp = switch (mode) {
            case FIXED_POINT_TIES_UP -> bias.length;
            case FIXED_POINT_TIES_UP_BY_EIGHT -> bias.length / 8 * 8;
            case FIXED_POINT, WIDE, DOUBLE -> 0;
        };
        this.bias = bias;
        this.factor = factor;
        this.multiplier = multiplier;
        this.shift = shift;
        this.zeroPoint = zeroPoint;
        this.range = range;
        this.storage = CodeStorage.of(type);
        this.simd = tier == KernelTier.VECTOR && TensorChecks.isEightBit(type) && bias.length > 0 ? simd() : null;
    }

    private @Nullable Simd simd() {
        return switch (mode) {
            case FIXED_POINT, FIXED_POINT_TIES_UP, FIXED_POINT_TIES_UP_BY_EIGHT -> new Simd.FixedPoint(this);
            case DOUBLE -> productsFitInts() ? new Simd.Real(this) : null;
            case WIDE -> null;
        };
    }

    /// Whether no product can leave the range of int, the sums being exact as floats.
    private boolean productsFitInts() {
        for (int channel = 0; channel < bias.length; channel++) {
            if (!((PackedWeights.EXACT + Math.abs((double) bias[channel])) * factor[channel] < Integer.MAX_VALUE)
                    || (int) bias[channel] != bias[channel]) {
                return false;
            }
        }
        return true;
    }

    /// @param bias one per channel, in units of `inputScale · weightScale`
    /// @param type of the output
    static Requantizer of(Preparation p, Mode mode, long[] bias, float inputScale, QuantizationParameters weights,
            ElementType type, QuantizationParameters output, ActivationRange range) {
        int channels = bias.length;
        double[] factor = new double[channels];
        int[] multiplier = new int[channels];
        int[] shift = new int[channels];
        for (int channel = 0; channel < channels; channel++) {
            factor[channel] = (double) inputScale * weights.scale(channel) / output.scale(0);
            Multiplier fixed = Multiplier.of(p, "input scale * filter scale[" + channel + "] / output scale",
                    factor[channel]);
            multiplier[channel] = fixed.multiplier();
            shift[channel] = fixed.shift();
        }
        return new Requantizer(p.tier(), mode, bias, factor, multiplier, shift, output.zeroPoint(0), range, type);
    }

    /// From factors that are known.
    static Requantizer of(KernelTier tier, Mode mode, long[] bias, double[] factor, int zeroPoint,
            ActivationRange range, ElementType type) {
        int[] multiplier = new int[bias.length];
        int[] shift = new int[bias.length];
        for (int channel = 0; channel < bias.length; channel++) {
            multiplier[channel] = Multiplier.of(factor[channel]).multiplier();
            shift[channel] = Multiplier.of(factor[channel]).shift();
        }
        return new Requantizer(tier, mode, bias, factor, multiplier, shift, zeroPoint, range, type);
    }

    /// The code of one sum.
    int apply(long sum, int channel) {
        Mode rounding = channel < tiesUp ? Mode.FIXED_POINT_TIES_UP : mode;
        int scaled = rounding.scale(sum + bias[channel], multiplier[channel], shift[channel], factor[channel]);
        return range.clamp(saturatingAdd(scaled, zeroPoint));
    }

    int channels() {
        return bias.length;
    }

    /// The parameters, for those who round by them themselves; null where sums are of 64 bits.
    Convolution.@Nullable Requantization description() {
        return mode == Mode.WIDE
                ? null
                : new Convolution.Requantization(bias, multiplier, shift, factor, mode == Mode.DOUBLE, tiesUp,
                        zeroPoint,
                        range.min(), range.max());
    }

    ActivationRange range() {
        return range;
    }

    /// The code of one channel's sums from `-most` to `most` by one rounding, or null where there is no such thing.
    @Nullable
    Staircase staircase(int channel, long most) {
        // Beyond, sums leave the range that the modes keep apart.
        return Math.abs(bias[channel]) < 1 << 30 && most < 1 << 24
                ? Staircase.of(sum -> apply(sum, channel), factor[channel], range, most)
                : null;
    }

    private static int saturatingAdd(int a, int b) {
        return (int) Math.clamp((long) a + b, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /// Requantizes rows of sums, each row all channels. A sum is the total over `segments` exact floats that lie
    /// `segmentStride` apart; where the input came in two parts ([RowSource#parts]), those of the second follow the
    /// segments of the first and weigh 256 times as much.
    void apply(float[] sums, int sumsOffset, int parts, int segments, int segmentStride, int rows, Object out,
            int outOffset) {
        int channels = bias.length;
        if (simd != null && parts == 1 && segments == 1 && rows * channels >= Simd.LANES) {
            simd.apply(sums, sumsOffset, rows, (byte[]) out, outOffset);
            return;
        }
        for (int row = 0; row < rows; row++) {
            int from = sumsOffset + row * channels;
            int to = outOffset + row * channels;
            for (int channel = 0; channel < channels; channel++) {
                long sum = 0;
                for (int part = parts - 1; part >= 0; part--) {
                    sum *= 256;
                    for (int segment = 0; segment < segments; segment++) {
                        sum += (int) sums[from + channel + (part * segments + segment) * segmentStride];
                    }
                }
                storage.set(out, to + channel, apply(sum, channel));
            }
        }
    }

    /// Vectors of channels, each over many rows, so that what belongs to the channels stays in registers. Where a row is
    /// shorter than a vector, vectors run over the rows as if they were one, and the channels repeat within them.
    ///
    /// What is left at the end, of the channels or of all rows, is done by one more vector that goes back over elements
    /// already done. Never called for less than a vector: the compiler would take its loops for such that seldom run,
    /// inline nothing into them, and every vector would be an object.
    private abstract static class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final VectorSpecies<Long> LONGS = Lanes.LONG;
        private static final VectorSpecies<Double> DOUBLES = LONGS.withLanes(double.class);
        private static final int LANES = INTS.length();
        private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class,
                VectorShape.forBitSize(Math.max(64, LANES * Byte.SIZE)));
        private static final boolean FILLS_BYTES = BYTES.length() == LANES;
        private static final VectorMask<Byte> VALID = BYTES.indexInRange(0, LANES);
        /// The half of a long in which an even lane of ints lies.
        private static final long LOW = 0xffff_ffffL;

        private final int channels;

        private Simd(int channels) {
            this.channels = channels;
        }

        /// Vectors of channels that there are parameters for: those of a row, the last one going back; in short rows one
        /// for each channel that a vector can begin with.
        final int blocks() {
            return channels < LANES ? channels : Math.ceilDiv(channels, LANES);
        }

        /// The channel of a lane of a block.
        final int channel(int block, int lane) {
            return channels < LANES ? (block + lane) % channels : Math.min(block * LANES, channels - LANES) + lane;
        }

        /// Requantizes `count` vectors that lie `stride` apart, in the sums as in the output.
        abstract void vectors(int block, float[] sums, int from, int stride, int count, byte[] out, int to);

        final void apply(float[] sums, int from, int rows, byte[] out, int to) {
            if (channels >= LANES) {
                for (int block = 0; block * LANES < channels; block++) {
                    int first = channel(block, 0);
                    vectors(block, sums, from + first, channels, rows, out, to + first);
                }
                return;
            }
            int length = rows * channels;
            int whole = length / LANES;
            // After so many vectors, as many as there are channels at most, one begins with channel 0 again.
            int period = channels / Math.min(Integer.lowestOneBit(channels), LANES);
            for (int first = 0; first < Math.min(period, whole); first++) {
                int at = first * LANES;
                vectors(at % channels, sums, from + at, period * LANES, Math.ceilDiv(whole - first, period), out,
                        to + at);
            }
            if (whole * LANES < length) {
                int at = length - LANES;
                vectors(at % channels, sums, from + at, 0, 1, out, to + at);
            }
        }

        /// In lanes of 64 bits, where the products of sign-extended ints are exact. Even lanes of the ints are the lower
        /// halves of longs, odd ones the upper. The compiler multiplies by the one instruction for signed ints because it
        /// sees that both factors come from a right shift by 32.
        ///
        /// Both roundings come to one right shift, since the first cuts off bits that the second would:
        /// `((product + 2^30 >> 31) + half >> right) = product + 2^30 + (half << 31) >> 31 + right`.
        private static final class FixedPoint extends Simd {
            private final int[] bias;
            private final int[] left;
            private final int[] multiplier;
            /// The three of each block: those of the even lanes, then those of the odd ones.
            private final long[] half;
            /// What a negative value is less before the second rounding, where its ties go away from zero.
            private final long[] away;
            private final long[] right;
            private final int zeroPoint;
            private final int min;
            private final int max;

            private FixedPoint(Requantizer requantizer) {
                super(requantizer.bias.length);
                int length = blocks() * LANES;
                bias = new int[length];
                left = new int[length];
                multiplier = new int[length];
                half = new long[length];
                away = new long[length];
                right = new long[length];
                for (int i = 0; i < length; i++) {
                    int lane = i % LANES;
                    int channel = channel(i / LANES, lane);
                    int shift = requantizer.shift[channel];
                    bias[i] = (int) requantizer.bias[channel];
                    left[i] = Math.max(0, shift);
                    multiplier[i] = requantizer.multiplier[channel];
                    int at = i - lane + lane / 2 + (lane % 2) * (LANES / 2);
                    half[at] = shift < 0 ? 1L << 30 - shift : 0;
                    away[at] = shift < 0 && channel >= requantizer.tiesUp ? -1L << 31 : 0;
                    right[at] = 31 + Math.max(0, -shift);
                }
                zeroPoint = requantizer.zeroPoint;
                min = requantizer.range.min() - zeroPoint;
                max = requantizer.range.max() - zeroPoint;
            }

            @Override
            void vectors(int block, float[] sums, int from, int stride, int count, byte[] out, int to) {
                int even = block * LANES;
                int odd = even + LANES / 2;
                IntVector biases = IntVector.fromArray(INTS, bias, even);
                IntVector leftShifts = IntVector.fromArray(INTS, left, even);
                LongVector factors = IntVector.fromArray(INTS, multiplier, even).reinterpretAsLongs();
                LongVector evenFactor = factors.lanewise(VectorOperators.LSHL, 32).lanewise(VectorOperators.ASHR, 32);
                LongVector oddFactor = factors.lanewise(VectorOperators.ASHR, 32);
                LongVector evenHalf = LongVector.fromArray(LONGS, half, even);
                LongVector oddHalf = LongVector.fromArray(LONGS, half, odd);
                LongVector evenAway = LongVector.fromArray(LONGS, away, even);
                LongVector oddAway = LongVector.fromArray(LONGS, away, odd);
                LongVector evenRight = LongVector.fromArray(LONGS, right, even);
                LongVector oddRight = LongVector.fromArray(LONGS, right, odd);
                for (int i = 0; i < count; i++) {
                    int at = i * stride;
                    LongVector x = FloatVector.fromArray(FLOATS, sums, from + at)
                            .convert(VectorOperators.F2I, 0).reinterpretAsInts().add(biases)
                            .lanewise(VectorOperators.LSHL, leftShifts).reinterpretAsLongs();
                    LongVector evens = x.lanewise(VectorOperators.LSHL, 32).lanewise(VectorOperators.ASHR, 32)
                            .mul(evenFactor).add(1L << 30);
                    evens = evens.add(evenHalf).add(evens.lanewise(VectorOperators.ASHR, 63).and(evenAway))
                            .lanewise(VectorOperators.ASHR, evenRight);
                    LongVector odds = x.lanewise(VectorOperators.ASHR, 32).mul(oddFactor).add(1L << 30);
                    odds = odds.add(oddHalf).add(odds.lanewise(VectorOperators.ASHR, 63).and(oddAway))
                            .lanewise(VectorOperators.ASHR, oddRight);
                    ByteVector codes = evens.and(LOW).or(odds.lanewise(VectorOperators.LSHL, 32)).reinterpretAsInts()
                            .max(min).min(max).add(zeroPoint).convertShape(VectorOperators.I2B, BYTES, 0)
                            .reinterpretAsBytes();
                    if (FILLS_BYTES) {
                        codes.intoArray(out, to + at);
                    } else {
                        codes.intoArray(out, to + at, VALID);
                    }
                }
            }
        }

        /// In double precision. A double of 2^52 and more holds an integer in its lower bits, so that integers go in and
        /// come out by adding, where a conversion would need instructions that not every processor has.
        private static final class Real extends Simd {
            private static final double INTEGERS = 0x1p52;
            /// The upper half of [#INTEGERS], and what makes a signed int one without sign.
            private static final long INTEGER_BITS = 0x4330_0000_8000_0000L;

            /// Both of each block: those of the even lanes, then those of the odd ones. What is to be taken off
            /// [#INTEGERS] with a sum without sign in it, so that sum and bias are left.
            private final double[] offset;
            private final double[] factor;
            private final int zeroPoint;
            private final int min;
            private final int max;

            private Real(Requantizer requantizer) {
                super(requantizer.bias.length);
                int length = blocks() * LANES;
                offset = new double[length];
                factor = new double[length];
                for (int i = 0; i < length; i++) {
                    int lane = i % LANES;
                    int channel = channel(i / LANES, lane);
                    int at = i - lane + lane / 2 + (lane % 2) * (LANES / 2);
                    offset[at] = INTEGERS + 0x1p31 - requantizer.bias[channel];
                    factor[at] = requantizer.factor[channel];
                }
                zeroPoint = requantizer.zeroPoint;
                min = requantizer.range.min() - zeroPoint;
                max = requantizer.range.max() - zeroPoint;
            }

            @Override
            void vectors(int block, float[] sums, int from, int stride, int count, byte[] out, int to) {
                int even = block * LANES;
                int odd = even + LANES / 2;
                DoubleVector evenOffset = DoubleVector.fromArray(DOUBLES, offset, even);
                DoubleVector oddOffset = DoubleVector.fromArray(DOUBLES, offset, odd);
                DoubleVector evenFactor = DoubleVector.fromArray(DOUBLES, factor, even);
                DoubleVector oddFactor = DoubleVector.fromArray(DOUBLES, factor, odd);
                for (int i = 0; i < count; i++) {
                    int at = i * stride;
                    LongVector x = FloatVector.fromArray(FLOATS, sums, from + at).convert(VectorOperators.F2I, 0)
                            .reinterpretAsLongs();
                    DoubleVector evens = x.and(LOW).lanewise(VectorOperators.XOR, INTEGER_BITS).reinterpretAsDoubles()
                            .sub(evenOffset).mul(evenFactor);
                    DoubleVector odds = x.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, INTEGER_BITS)
                            .reinterpretAsDoubles().sub(oddOffset).mul(oddFactor);
                    // To the nearest without sign, ties to even, then those ties up that went down, then the sign again.
                    LongVector evenSign = evens.reinterpretAsLongs().lanewise(VectorOperators.ASHR, 63);
                    LongVector oddSign = odds.reinterpretAsLongs().lanewise(VectorOperators.ASHR, 63);
                    evens = evens.abs();
                    odds = odds.abs();
                    DoubleVector evenNearest = evens.add(INTEGERS);
                    DoubleVector oddNearest = odds.add(INTEGERS);
                    // -1 where the rest is below a half, 0 where it is a tie.
                    LongVector evenDown = evens.sub(evenNearest.sub(INTEGERS)).sub(0.5).reinterpretAsLongs()
                            .lanewise(VectorOperators.ASHR, 63);
                    LongVector oddDown = odds.sub(oddNearest.sub(INTEGERS)).sub(0.5).reinterpretAsLongs()
                            .lanewise(VectorOperators.ASHR, 63);
                    LongVector lower = evenNearest.reinterpretAsLongs().add(1).add(evenDown)
                            .lanewise(VectorOperators.XOR, evenSign).sub(evenSign).and(LOW);
                    LongVector upper = oddNearest.reinterpretAsLongs().add(1).add(oddDown)
                            .lanewise(VectorOperators.XOR, oddSign).sub(oddSign).lanewise(VectorOperators.LSHL, 32);
                    ByteVector codes = lower.or(upper).reinterpretAsInts().max(min).min(max).add(zeroPoint)
                            .convertShape(VectorOperators.I2B, BYTES, 0).reinterpretAsBytes();
                    if (FILLS_BYTES) {
                        codes.intoArray(out, to + at);
                    } else {
                        codes.intoArray(out, to + at, VALID);
                    }
                }
            }
        }
    }
}
