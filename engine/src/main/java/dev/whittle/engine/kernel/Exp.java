package dev.whittle.engine.kernel;

/// `e^x` in float, the same bits on every machine: range reduction by `ln 2` in two parts, a polynomial in fused
/// multiply-adds, and a scaling by a power of two. Within two units in the last place.
///
/// Coefficients: Moshier, "Methods and Programs for Mathematical Functions" (the Cephes library's `expf`).
public final class Exp {
    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /** Above it the result is infinite. */
    private static final float LARGEST = 88.7228394f;
    /** Below it the result is zero. */
    private static final float SMALLEST = -103.972084f;
    private static final int BIAS = 127;
    private static final int MANTISSA_BITS = 23;
    private static final int LEAST_NORMAL_EXPONENT = -126;

    private Exp() {}

    /// NaN stays NaN.
    public static float of(float x) {
        if (Float.isNaN(x)) {
            return x;
        }
        if (x > LARGEST) {
            return Float.POSITIVE_INFINITY;
        }
        if (x < SMALLEST) {
            return 0;
        }
        int exponent = (int) Math.rint(x * LOG2_E);
        float r = Math.fma(exponent, -LN2_HIGH, x);
        r = Math.fma(exponent, -LN2_LOW, r);
        float p = 1.9875691500e-4f;
        p = Math.fma(p, r, 1.3981999507e-3f);
        p = Math.fma(p, r, 8.3334519073e-3f);
        p = Math.fma(p, r, 4.1665795894e-2f);
        p = Math.fma(p, r, 1.6666665459e-1f);
        p = Math.fma(p, r, 5.0000001201e-1f);
        float fraction = Math.fma(p, r * r, r) + 1;
        if (exponent > BIAS) {
            return fraction * 2 * powerOfTwo(exponent - 1);
        }
        if (exponent < LEAST_NORMAL_EXPONENT) {
            return fraction * powerOfTwo(exponent - LEAST_NORMAL_EXPONENT) * powerOfTwo(LEAST_NORMAL_EXPONENT);
        }
        return fraction * powerOfTwo(exponent);
    }

    private static float powerOfTwo(int exponent) {
        return Float.intBitsToFloat((exponent + BIAS) << MANTISSA_BITS);
    }
}
