package dev.whittle.trainer.layer;

/// Random numbers without state: a number is a function of what it is for, so that order and threads do not matter.
/// A key is built by folding in one value after the other (seed, purpose, epoch, image, layer); the mixing function is
/// the finalizer of SplitMix64 (Steele, Lea and Flood 2014, "Fast Splittable Pseudorandom Number Generators", variant 13
/// of Stafford).
public final class CounterRandom {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private CounterRandom() {}

    /// A key for `value` below `key`.
    public static long fold(long key, long value) {
        return mix(key + GOLDEN_GAMMA * (2 * value + 1)) ^ Long.rotateLeft(key, 32);
    }

    /// 64 random bits, number `counter` of `key`.
    public static long bits(long key, long counter) {
        return mix(mix(key) + GOLDEN_GAMMA * (counter + 1));
    }

    /// Uniform in [0, 1), a multiple of 2⁻²⁴.
    public static float uniform(long key, long counter) {
        return (bits(key, counter) >>> 40) * 0x1p-24f;
    }

    /// Uniform in `0 … bound − 1`, for bounds far below 2⁶⁴.
    public static int below(int bound, long key, long counter) {
        return (int) Math.unsignedMultiplyHigh(bits(key, counter), bound);
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
