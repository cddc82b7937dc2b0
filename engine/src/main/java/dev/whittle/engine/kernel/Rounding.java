package dev.whittle.engine.kernel;

/// Rounding of real numbers to integers, and of integers to fewer bits, ties by name.
final class Rounding {
    private Rounding() {}

    /// C's `roundf`: 0.5 to 1, −0.5 to −1, exactly, without the double rounding of adding a half.
    static float halfAwayFromZero(float x) {
        float truncated = x < 0 ? (float) Math.ceil(x) : (float) Math.floor(x);
        return Math.abs(x - truncated) >= 0.5f ? truncated + Math.copySign(1f, x) : truncated;
    }

    /// C's `round`.
    static double halfAwayFromZero(double x) {
        double truncated = x < 0 ? Math.ceil(x) : Math.floor(x);
        return Math.abs(x - truncated) >= 0.5 ? truncated + Math.copySign(1.0, x) : truncated;
    }

    /// `x / 2^shift` to nearest, ties away from zero (gemmlowp `RoundingDivideByPOT`).
    ///
    /// @param shift 0 or more; from 33 on everything is shifted out
    static int shiftRight(int x, int shift) {
        if (shift == 0) {
            return x;
        }
        // Past 62 bits it is 0 as at 62.
        int bits = Math.min(shift, Long.SIZE - 2);
        // Half a step less one for negative numbers: their ties go down, away from zero.
        long half = (1L << (bits - 1)) + (x >> 31);
        return (int) ((x + half) >> bits);
    }
}
