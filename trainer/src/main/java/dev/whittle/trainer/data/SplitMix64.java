package dev.whittle.trainer.data;

/// The SplitMix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). A stream is named
/// by a seed and a number, so that image `i` is drawn alike whichever thread draws it and whatever was drawn before.
public final class SplitMix64 {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    /// Stream number `stream` of `seed`.
    public SplitMix64(long seed, long stream) {
        this.state = mix(mix(seed + GOLDEN_GAMMA) + stream * GOLDEN_GAMMA);
    }

    /// 64 random bits.
    public long next() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /// Uniform in [0, 1), 53 bits.
    public double uniform() {
        return (next() >>> 11) * 0x1p-53;
    }

    /// Uniform in [from, to).
    public double uniform(double from, double to) {
        return from + (to - from) * uniform();
    }

    /// Uniform in 0 … bound − 1 (Lemire's multiplication; the bias is below bound / 2⁶⁴).
    public int below(int bound) {
        return (int) Math.unsignedMultiplyHigh(next(), bound);
    }

    /// Shuffles in place (Fisher and Yates).
    public void shuffle(int[] values) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = below(i + 1);
            int swapped = values[i];
            values[i] = values[j];
            values[j] = swapped;
        }
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
