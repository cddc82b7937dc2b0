package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

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
    /// The bias as the vector loop takes it.
    private final int[] narrowBias;
    private final double[] factor;
    private final int[] multiplier;
    private final int[] shift;
    private final int zeroPoint;
    private final ActivationRange range;
    private final CodeStorage storage;
    private final boolean vector;

    private Requantizer(Mode mode, long[] bias, double[] factor, int[] multiplier, int[] shift, int zeroPoint,
            ActivationRange range, CodeStorage storage, boolean vector) {
        this.mode = mode;
        this.tiesUp = switch (mode) {
            case FIXED_POINT_TIES_UP -> bias.length;
            case FIXED_POINT_TIES_UP_BY_EIGHT -> bias.length / 8 * 8;
            case FIXED_POINT, WIDE, DOUBLE -> 0;
        };
        this.bias = bias;
        this.narrowBias = new int[bias.length];
        for (int channel = 0; channel < bias.length; channel++) {
            narrowBias[channel] = (int) bias[channel];
        }
        this.factor = factor;
        this.multiplier = multiplier;
        this.shift = shift;
        this.zeroPoint = zeroPoint;
        this.range = range;
        this.storage = storage;
        this.vector = vector;
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
        boolean isFixedPoint = mode != Mode.WIDE && mode != Mode.DOUBLE;
        return new Requantizer(mode, bias, factor, multiplier, shift, output.zeroPoint(0), range, CodeStorage.of(type),
                p.tier() == KernelTier.VECTOR && isFixedPoint && TensorChecks.isEightBit(type));
    }

    /// The code of one sum.
    int apply(long sum, int channel) {
        Mode rounding = channel < tiesUp ? Mode.FIXED_POINT_TIES_UP : mode;
        int scaled = rounding.scale(sum + bias[channel], multiplier[channel], shift[channel], factor[channel]);
        return range.clamp(saturatingAdd(scaled, zeroPoint));
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
        for (int row = 0; row < rows; row++) {
            int from = sumsOffset + row * channels;
            int to = outOffset + row * channels;
            int first = 0;
            if (vector && parts == 1 && segments == 1) {
                // Not called for less than a vector: the compiler would take its loop for one that seldom runs, inline
                // nothing into it, and every vector would be an object.
                if (tiesUp >= Simd.LANES) {
                    first = Simd.apply(sums, from, narrowBias, multiplier, shift, 0, tiesUp, 0, zeroPoint, range.min(),
                            range.max(), (byte[]) out, to);
                }
                if (first == tiesUp && channels - tiesUp >= Simd.LANES) {
                    first = Simd.apply(sums, from, narrowBias, multiplier, shift, tiesUp, channels, -1, zeroPoint,
                            range.min(), range.max(), (byte[]) out, to);
                }
            }
            for (int channel = first; channel < channels; channel++) {
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

    /// Fixed point in lanes of 64 bits, where the products of sign-extended ints are exact.
    private static final class Simd {
        private static final VectorSpecies<Float> FLOATS = Lanes.FLOAT;
        private static final VectorSpecies<Integer> INTS = Lanes.INT;
        private static final int LANES = INTS.length();
        private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class,
                VectorShape.forBitSize(Math.max(64, LANES * Byte.SIZE)));
        private static final VectorMask<Byte> VALID = BYTES.indexInRange(0, LANES);

        /// @param awayMask −1 where ties of the second rounding go away from zero, 0 where they go up
        /// @return the first channel not done: at `end`, or a remainder below a vector before it
        static int apply(float[] sums, int from, int[] bias, int[] multiplier, int[] shift, int first, int end,
                long awayMask, int zeroPoint, int min, int max, byte[] out, int to) {
            int channel = first;
            for (; channel + LANES <= end; channel += LANES) {
                Vector<Integer> sum = FloatVector.fromArray(FLOATS, sums, from + channel).convert(VectorOperators.F2I,
                        0);
                IntVector shifts = IntVector.fromArray(INTS, shift, channel);
                IntVector x = sum.add(IntVector.fromArray(INTS, bias, channel)).reinterpretAsInts()
                        .lanewise(VectorOperators.LSHL, shifts.max(0));
                IntVector right = shifts.neg().max(0);
                IntVector factor = IntVector.fromArray(INTS, multiplier, channel);
                IntVector scaled = half(x, factor, right, awayMask, 0).or(half(x, factor, right, awayMask, 1));
                scaled.add(zeroPoint).max(min).min(max).convertShape(VectorOperators.I2B, BYTES, 0)
                        .reinterpretAsBytes().intoArray(out, to + channel, VALID);
            }
            return channel;
        }

        /// [Multiplier#apply] on the lower (part 0) or upper (part 1) half of the lanes; the other half comes back as 0.
        private static IntVector half(IntVector x, IntVector factor, IntVector rightShift, long awayMask, int part) {
            LongVector right = rightShift.convert(VectorOperators.I2L, part).reinterpretAsLongs();
            LongVector product = x.convert(VectorOperators.I2L, part).reinterpretAsLongs()
                    .mul(factor.convert(VectorOperators.I2L, part).reinterpretAsLongs());
            LongVector high = product.add(1L << 30).lanewise(VectorOperators.ASHR, 31);
            LongVector halfStep = LongVector.broadcast(Lanes.LONG, 1).lanewise(VectorOperators.LSHL, right)
                    .lanewise(VectorOperators.LSHR, 1);
            // −1 where the value is negative and there is a shift: its tie goes away from zero.
            LongVector away = high.lanewise(VectorOperators.ASHR, 63)
                    .and(right.neg().lanewise(VectorOperators.ASHR, 63)).and(awayMask);
            return high.add(halfStep).add(away).lanewise(VectorOperators.ASHR, right)
                    .convertShape(VectorOperators.L2I, INTS, -part).reinterpretAsInts();
        }
    }
}
