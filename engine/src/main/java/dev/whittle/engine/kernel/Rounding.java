package dev.whittle.engine.kernel;

/// Rounding of real numbers to integers, ties by name.
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
}
