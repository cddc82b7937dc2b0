package dev.whittle.engine.kernel;

/// `e^x` in float, the same bits on every machine: range reduction by `ln 2` in two parts, a polynomial in fused
/// multiply-adds, and a scaling by a power of two. Within two units in the last place.
///
/// Coefficients: Moshier, "Methods and Programs for Mathematical Functions" (the Cephes library's `expf`).
public final class Exp {
    static final float LOG2_E = 1.44269504f;
    static final float LN2_HIGH = 0.693359375f;
    static final float LN2_LOW = -2.12194440e-4f;
    /** Above it the result is infinite. */
    static final float LARGEST = 88.7228394f;
    /** Below it the result is zero. */
    static final float SMALLEST = -103.972084f;
    static final int BIAS = 127;
    static final int MANTISSA_BITS = 23;
    static final int LEAST_NORMAL_EXPONENT = -126;

    // Of the polynomial, by power.
    static final float C7 = 1.9875691500e-4f;
    static final float C6 = 1.3981999507e-3f;
    static final float C5 = 8.3334519073e-3f;
    static final float C4 = 4.1665795894e-2f;
    static final float C3 = 1.6666665459e-1f;
    static final float C2 = 5.0000001201e-1f;

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
        float p = C7;
        p = Math.fma(p, r, C6);
        p = Math.fma(p, r, C5);
        p = Math.fma(p, r, C4);
        p = Math.fma(p, r, C3);
        p = Math.fma(p, r, C2);
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
