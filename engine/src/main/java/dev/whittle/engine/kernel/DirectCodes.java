package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// As [DirectReals], from codes of eight bits to such codes. Sums are integers, and a [Staircase] makes codes of them while
/// they are in a register.
final class DirectCodes implements Kernel {
    private static final VectorSpecies<Integer> INTS = Lanes.INT;
    static final int MOST_CHANNELS = INTS.length();
    private static final VectorSpecies<Long> LONGS = Lanes.LONG;
    private static final VectorSpecies<Byte> BYTES = Lanes.CODE;
    private static final boolean FILLS_BYTES = BYTES.length() == MOST_CHANNELS;
    /// The half of a long in which an even lane of ints lies.
    private static final long LOW = 0xffff_ffffL;

    private final Slot input;
    private final Slot output;
    /// Codes as ints, where they do not fill a vector of bytes.
    private final Slot scratch;
    private final int depth;
    private final int channels;
    private final int flip;
    /// `[step][lane]`
    private final int[] weights;
    private final int[] factors;
    /// Those of the even channels, then those of the odd ones. Even lanes of ints are the lower halves of longs, odd ones
    /// the upper: so odd codes are shifted by 32 less.
    private final long[] offsets;
    private final long[] shifts;
    private final int min;
    private final int max;

    private DirectCodes(Preparation p, int depth, float[] weights, Staircase[] staircases, ActivationRange range) {
        this.input = p.input(0);
        this.output = p.output(0);
        this.scratch = p.scratch(ElementType.INT32, MOST_CHANNELS);
        this.depth = depth;
        this.channels = staircases.length;
        this.flip = Filter.flip(input.type());
        this.weights = new int[depth * MOST_CHANNELS];
        for (int channel = 0; channel < channels; channel++) {
            for (int step = 0; step < depth; step++) {
                this.weights[step * MOST_CHANNELS + channel] = (int) weights[channel * depth + step];
            }
        }
        factors = new int[MOST_CHANNELS];
        offsets = new long[MOST_CHANNELS];
        shifts = new long[MOST_CHANNELS];
        for (int channel = 0; channel < channels; channel++) {
            int at = channel / 2 + channel % 2 * (MOST_CHANNELS / 2);
            factors[channel] = staircases[channel].factor();
            offsets[at] = staircases[channel].offset();
            shifts[at] = staircases[channel].shift() - channel % 2 * Integer.SIZE;
        }
        min = range.min();
        max = range.max();
    }

    /// The kernel, or null where a channel has no [Staircase].
    ///
    /// @param weights `[channel][step]`, whose sums of products with codes are exact as floats
    static @Nullable Kernel of(Preparation p, int depth, float[] weights, Requantizer requantizer) {
        Staircase[] staircases = new Staircase[requantizer.channels()];
        for (int channel = 0; channel < staircases.length; channel++) {
            long most = 0;
            for (int step = 0; step < depth; step++) {
                most += 128 * (long) Math.abs(weights[channel * depth + step]);
            }
            Staircase staircase = requantizer.staircase(channel, most);
            if (staircase == null) {
                return null;
            }
            staircases[channel] = staircase;
        }
        return staircases.length == 1
                ? single(p, depth, weights, staircases[0], requantizer.range())
                : new DirectCodes(p, depth, weights, staircases, requantizer.range());
    }

    private static Kernel single(Preparation p, int depth, float[] weights, Staircase staircase,
            ActivationRange range) {
        Slot input = p.input(0);
        Slot output = p.output(0);
        int flip = Filter.flip(input.type());
        int[] integers = new int[depth];
        for (int step = 0; step < depth; step++) {
            integers[step] = (int) weights[step];
        }
        return memory -> {
            byte[] from = memory.bytes(input);
            int first = memory.offset(input);
            int sum = 0;
            for (int step = 0; step < depth; step++) {
                sum += (byte) (from[first + step] ^ flip) * integers[step];
            }
            memory.bytes(output)[memory.offset(output)] = (byte) range.clamp(staircase.apply(sum));
        };
    }

    @Override
    public void invoke(Memory memory) {
        byte[] from = memory.bytes(input);
        byte[] to = memory.bytes(output);
        int in = memory.offset(input);
        int out = memory.offset(output);
        IntVector sum = IntVector.zero(INTS);
        for (int step = 0; step < depth; step++) {
            sum = IntVector.fromArray(INTS, weights, step * MOST_CHANNELS).mul((byte) (from[in + step] ^ flip))
                    .add(sum);
        }
        LongVector evens = sum.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 32)
                .lanewise(VectorOperators.ASHR, 32);
        LongVector odds = sum.reinterpretAsLongs().lanewise(VectorOperators.ASHR, 32);
        LongVector pairs = IntVector.fromArray(INTS, factors, 0).reinterpretAsLongs();
        evens = evens.mul(pairs.lanewise(VectorOperators.LSHL, 32).lanewise(VectorOperators.ASHR, 32))
                .add(LongVector.fromArray(LONGS, offsets, 0))
                .lanewise(VectorOperators.ASHR, LongVector.fromArray(LONGS, shifts, 0));
        odds = odds.mul(pairs.lanewise(VectorOperators.ASHR, 32))
                .add(LongVector.fromArray(LONGS, offsets, LONGS.length()))
                .lanewise(VectorOperators.ASHR, LongVector.fromArray(LONGS, shifts, LONGS.length()));
        IntVector codes = evens.and(LOW).or(odds.and(~LOW)).reinterpretAsInts().max(min).min(max);
        if (FILLS_BYTES && channels == MOST_CHANNELS) {
            ((ByteVector) codes.convertShape(VectorOperators.I2B, BYTES, 0)).intoArray(to, out);
        } else {
            int[] ints = memory.ints(scratch);
            int at = memory.offset(scratch);
            codes.intoArray(ints, at);
            for (int channel = 0; channel < channels; channel++) {
                to[out + channel] = (byte) ints[at + channel];
            }
        }
    }
}
