package dev.whittle.engine.kernel;

/// The complementary error function `2/√π · ∫ₓ^∞ e^(−t²) dt`, which Java lacks.
///
/// Near 0 by the series `erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1))`, all of whose terms have one sign; beyond by
/// its continued fraction, from the innermost denominator outwards (Abramowitz and Stegun, "Handbook of Mathematical
/// Functions", 7.1.6 and 7.1.14).
final class ErrorFunction {
    private static final double TWO_OVER_ROOT_OF_PI = 2 / Math.sqrt(Math.PI);
    private static final double ONE_OVER_ROOT_OF_PI = 1 / Math.sqrt(Math.PI);
    /** From here on the continued fraction takes over, with enough terms for 1e-12. */
    private static final double FAR = 2;
    private static final int FRACTION_TERMS = 60;

    private ErrorFunction() {}

    static double complement(double x) {
        if (!(Math.abs(x) >= FAR)) {
            return 1 - near(x);
        }
        double far = far(Math.abs(x));
        return x > 0 ? far : 2 - far;
    }

    private static double near(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return TWO_OVER_ROOT_OF_PI * StrictMath.exp(-x * x) * sum;
    }

    private static double far(double x) {
        double denominator = x;
        for (int n = FRACTION_TERMS; n > 0; n--) {
            denominator = x + n / 2.0 / denominator;
        }
        return ONE_OVER_ROOT_OF_PI * StrictMath.exp(-x * x) / denominator;
    }
}
