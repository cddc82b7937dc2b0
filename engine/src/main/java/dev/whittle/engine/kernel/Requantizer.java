package dev.whittle.engine.kernel;

import dev.whittle.engine.model.QuantizationParameters;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// From 32-bit sums to output codes, one factor per channel:
/// `code = clamp(zeroPoint + round((sum + bias[channel]) · factor[channel]))`, where
/// `factor = inputScale · weightScale / outputScale`. The only place that owns how sums are rounded.
final class Requantizer {

    /// How the product with the factor is rounded, ties always away from zero. FIXED_POINT rounds twice, in 31-bit fixed
    /// point ([Multiplier#apply]): the reference for CONV_2D and DEPTHWISE_CONV_2D. DOUBLE rounds once, a product in
    /// double precision: the reference for FULLY_CONNECTED.
    enum Mode {
        FIXED_POINT, DOUBLE
    }

    private final Mode mode;
    private final int[] bias;
    private final double[] factor;
    private final int[] multiplier;
    private final int[] shift;
    private final int zeroPoint;
    private final ActivationRange range;
    private final boolean vector;

    private Requantizer(Mode mode, int[] bias, double[] factor, int[] multiplier, int[] shift, int zeroPoint,
            ActivationRange range, boolean vector) {
        this.mode = mode;
        this.bias = bias;
        this.factor = factor;
        this.multiplier = multiplier;
        this.shift = shift;
        this.zeroPoint = zeroPoint;
        this.range = range;
        this.vector = vector;
    }

    /// @param bias one per channel, in units of `inputScale · weightScale`
    static Requantizer of(Preparation p, Mode mode, int[] bias, float inputScale, QuantizationParameters weights,
            QuantizationParameters output, ActivationRange range) {
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
        return new Requantizer(mode, bias, factor, multiplier, shift, output.zeroPoint(0), range,
                p.tier() == KernelTier.VECTOR);
    }

    /// The code of one sum.
    int apply(int sum, int channel) {
        int biased = sum + bias[channel];
        int scaled = switch (mode) {
            case FIXED_POINT -> Multiplier.apply(biased, multiplier[channel], shift[channel]);
            // Saturating like the cast of the reference on the values that a sane file reaches; the clamp follows.
            case DOUBLE -> (int) Rounding.halfAwayFromZero(biased * factor[channel]);
        };
        return range.clamp(saturatingAdd(scaled, zeroPoint));
    }

    private static int saturatingAdd(int a, int b) {
        return (int) Math.clamp((long) a + b, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /// Requantizes rows of sums, each row all channels; a sum is the total over `segments` exact floats that lie
    /// `segmentStride` apart.
    void apply(float[] sums, int sumsOffset, int segments, int segmentStride, int rows, byte[] out, int outOffset) {
        int channels = bias.length;
        for (int row = 0; row < rows; row++) {
            int from = sumsOffset + row * channels;
            int to = outOffset + row * channels;
            int first = vector && mode == Mode.FIXED_POINT && segments == 1
                    ? Simd.apply(sums, from, bias, multiplier, shift, zeroPoint, range.min(), range.max(), out, to)
                    : 0;
            for (int channel = first; channel < channels; channel++) {
                int sum = 0;
                for (int segment = 0; segment < segments; segment++) {
                    sum += (int) sums[from + channel + segment * segmentStride];
                }
                out[to + channel] = (byte) apply(sum, channel);
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

        /// @return how many channels of the row are done: all but a remainder below a vector
        static int apply(float[] sums, int from, int[] bias, int[] multiplier, int[] shift, int zeroPoint, int min,
                int max, byte[] out, int to) {
            int channel = 0;
            for (; channel + LANES <= bias.length; channel += LANES) {
                Vector<Integer> sum = FloatVector.fromArray(FLOATS, sums, from + channel).convert(VectorOperators.F2I,
                        0);
                IntVector shifts = IntVector.fromArray(INTS, shift, channel);
                IntVector x = sum.add(IntVector.fromArray(INTS, bias, channel)).reinterpretAsInts()
                        .lanewise(VectorOperators.LSHL, shifts.max(0));
                IntVector right = shifts.neg().max(0);
                IntVector factor = IntVector.fromArray(INTS, multiplier, channel);
                IntVector scaled = half(x, factor, right, 0).or(half(x, factor, right, 1));
                scaled.add(zeroPoint).max(min).min(max).convertShape(VectorOperators.I2B, BYTES, 0)
                        .reinterpretAsBytes().intoArray(out, to + channel, VALID);
            }
            return channel;
        }

        /// [Multiplier#apply] on the lower (part 0) or upper (part 1) half of the lanes; the other half comes back as 0.
        private static IntVector half(IntVector x, IntVector factor, IntVector rightShift, int part) {
            LongVector right = rightShift.convert(VectorOperators.I2L, part).reinterpretAsLongs();
            LongVector product = x.convert(VectorOperators.I2L, part).reinterpretAsLongs()
                    .mul(factor.convert(VectorOperators.I2L, part).reinterpretAsLongs());
            LongVector high = product.add(1L << 30).lanewise(VectorOperators.ASHR, 31);
            LongVector halfStep = LongVector.broadcast(Lanes.LONG, 1).lanewise(VectorOperators.LSHL, right)
                    .lanewise(VectorOperators.LSHR, 1);
            // −1 where the value is negative and there is a shift: its tie goes away from zero.
            LongVector away = high.lanewise(VectorOperators.ASHR, 63)
                    .and(right.neg().lanewise(VectorOperators.ASHR, 63));
            return high.add(halfStep).add(away).lanewise(VectorOperators.ASHR, right)
                    .convertShape(VectorOperators.L2I, INTS, -part).reinterpretAsInts();
        }
    }
}
