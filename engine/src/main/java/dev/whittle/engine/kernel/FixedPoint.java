package dev.whittle.engine.kernel;

/// Fixed-point numbers with a sign bit and all other bits fraction, unless a method names integer bits: the arithmetic that
/// the reference's integer kernels are written in (gemmlowp `fixedpoint/fixedpoint.h`). Numbers of 16 bits travel in ints.
/// Products round to nearest, ties up.
enum FixedPoint {
    /** 16 bits, 15 of them fraction. */
    Q15(16),
    /** 32 bits, 31 of them fraction. */
    Q31(32);

    /** e^(−1/8), and what the powers of two below the binary point and above it multiply an exponential by. */
    private static final int EXP_MINUS_EIGHTH = 1895147668;
    private static final int[] EXP_MINUS_POWER_OF_TWO = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401,
        242};
    /** The exponent of the first of [#EXP_MINUS_POWER_OF_TWO]: 1/4. */
    private static final int LEAST_POWER_OF_TWO = -2;
    private static final int THIRD = 715827883;
    /** 48/17 and −32/17 with two integer bits, the first guess of a reciprocal. */
    private static final int RECIPROCAL_INTERCEPT = 1515870810;
    private static final int RECIPROCAL_SLOPE = -1010580540;
    private static final int RECIPROCAL_INTEGER_BITS = 2;
    private static final int RECIPROCAL_STEPS = 3;
    /** The pairs of spare bits at which an inverse square root needs no shift. */
    private static final int INVERSE_ROOT_PAIRS = 11;

    private final int bits;
    private final int one;

    FixedPoint(int bits) {
        this.bits = bits;
        this.one = Integer.MAX_VALUE >> (Integer.SIZE - bits);
    }

    /// `a · b`, with as many integer bits as both have together.
    int multiply(int a, int b) {
        return saturate(((long) a * b + (1L << (bits - 2))) >> (bits - 1));
    }

    /// `a · 2^exponent`: to nearest, ties away from zero, or saturating.
    int scale(int a, int exponent) {
        return exponent < 0 ? Rounding.shiftRight(a, -exponent) : saturate((long) a << exponent);
    }

    /// `e^a` for `a` of at most 0 with the given integer bits; 0 below −32.
    int expOfNegative(int a, int integerBits) {
        if (a == 0) {
            return one;
        }
        int fractionBits = bits - 1 - integerBits;
        int quarter = 1 << (fractionBits - 2);
        int withinQuarter = (a & (quarter - 1)) - quarter;
        int result = expWithinQuarter(scale(withinQuarter, integerBits));
        int remainder = withinQuarter - a;
        if (integerBits > 5 && a < -(1 << 5 + fractionBits)) {
            return 0;
        }
        for (int i = 0; i < EXP_MINUS_POWER_OF_TWO.length; i++) {
            int exponent = i + LEAST_POWER_OF_TWO;
            if (exponent < integerBits && (remainder >> (fractionBits + exponent) & 1) != 0) {
                result = multiply(result, constant(EXP_MINUS_POWER_OF_TWO[i]));
            }
        }
        return result;
    }

    /// `e^a` for `a` in `[−1/4, 0)`: four terms of its series about −1/8.
    private int expWithinQuarter(int a) {
        int x = a + (1 << (bits - 1 - 3));
        int x2 = multiply(x, x);
        int x3 = multiply(x2, x);
        int x4 = multiply(x2, x2);
        int higher = scale(multiply(scale(x4, -2) + x3, constant(THIRD)) + x2, -1);
        int middle = constant(EXP_MINUS_EIGHTH);
        return saturate((long) middle + multiply(middle, x + higher));
    }

    /// `1 / (1 + a)` for `a` in `[0, 1]`.
    int oneOverOnePlus(int a) {
        return scale(reciprocalOfHalf(a), RECIPROCAL_INTEGER_BITS - 1);
    }

    /// `(1 − a) / (1 + a)` for `a` in `[0, 1]`.
    private int oneMinusOverOnePlus(int a) {
        int oneWithIntegers = 1 << (bits - 1 - RECIPROCAL_INTEGER_BITS);
        return scale(reciprocalOfHalf(a) - oneWithIntegers, RECIPROCAL_INTEGER_BITS);
    }

    /// `2 / (1 + a)` with two integer bits, by Newton's method.
    private int reciprocalOfHalf(int a) {
        int half = halfSum(a, one);
        int oneWithIntegers = 1 << (bits - 1 - RECIPROCAL_INTEGER_BITS);
        int x = constant(RECIPROCAL_INTERCEPT) + multiply(half, constant(RECIPROCAL_SLOPE));
        for (int i = 0; i < RECIPROCAL_STEPS; i++) {
            int error = oneWithIntegers - multiply(half, x);
            x += scale(multiply(x, error), RECIPROCAL_INTEGER_BITS);
        }
        return x;
    }

    /// `1 / (1 + e^−a)` for `a` with the given integer bits.
    int logistic(int a, int integerBits) {
        if (a == 0) {
            return constant(1 << 30);
        }
        int positive = oneOverOnePlus(expOfNegative(a > 0 ? -a : a, integerBits));
        return a > 0 ? positive : one - positive;
    }

    /// The hyperbolic tangent of `a` with the given integer bits.
    int tanh(int a, int integerBits) {
        if (a == 0) {
            return 0;
        }
        // Twice the number is the same bits with one more in front of the point.
        int positive = oneMinusOverOnePlus(expOfNegative(a > 0 ? -a : a, integerBits + 1));
        return a > 0 ? positive : -positive;
    }

    /// `(a + b) / 2` to nearest, ties away from zero.
    int halfSum(int a, int b) {
        long sum = (long) a + b;
        return (int) ((sum + (sum >= 0 ? 1 : -1)) / 2);
    }

    /// A constant given with 32 bits.
    private int constant(int value) {
        return Rounding.shiftRight(value, Integer.SIZE - bits);
    }

    private int saturate(long value) {
        return (int) Math.clamp(value, -one - 1, one);
    }

    /// The mantissa of `1 / x` for `x > 0`: with `b` leading zeros in `x`, `1 / x = mantissa · 2^(b − 31)` and the mantissa
    /// is within `[1/2, 1]`.
    static int reciprocal(int x) {
        return Q31.oneOverOnePlus(x << Integer.numberOfLeadingZeros(x) & Integer.MAX_VALUE);
    }

    /// The natural logarithm of `x` of at least 1.
    ///
    /// @param integerBits of `x`
    /// @param resultIntegerBits enough for the logarithm of the largest
    static int log(int x, int integerBits, int resultIntegerBits) {
        int accumulatorBits = resultIntegerBits + 1;
        int quarter = Q31.scale(1 << 29, -accumulatorBits);
        int fourthRootOfHalf = 1805811301;
        int rootOfHalf = 1518500250;
        // Two normalisations of x, the second by √½ less; the smaller mantissa is nearer to the point of expansion.
        int headroom = Integer.numberOfLeadingZeros(x) - 1;
        int mantissa0 = Q31.scale(Q31.multiply(Q31.scale(x, headroom), rootOfHalf), 1);
        long power0 = (long) Q31.scale(integerBits - headroom - 1, 31 - accumulatorBits) + quarter;
        int reduced = Q31.multiply(x, rootOfHalf);
        int reducedHeadroom = Integer.numberOfLeadingZeros(reduced) - 1;
        int mantissa1 = Q31.scale(x, reducedHeadroom);
        long power1 = (long) Q31.scale(integerBits - reducedHeadroom, 31 - accumulatorBits) - quarter;
        int r = Math.min(mantissa0, mantissa1);
        int power = Q31.saturate(Math.max(power0, power1));

        int p = Q31.halfSum(r, fourthRootOfHalf);
        int q = 2 * (r - fourthRootOfHalf);
        int q2 = Q31.multiply(q, q);
        int numerator = Q31.multiply(q, r) + Q31.multiply(Q31.multiply(q, q2), 117049297);
        int denominatorMinusOne = Q31.multiply(p, 1057819769 + q + Q31.multiply(127690142, q2))
                + Q31.multiply(638450708, q);
        int fraction = Q31.multiply(Q31.scale(numerator, -accumulatorBits),
                Q31.oneOverOnePlus(denominatorMinusOne));
        int naturalLogOfTwo = 1488522236;
        return Q31.scale(Q31.multiply(power, naturalLogOfTwo) + fraction, 1);
    }

    /// The multiplier of `1 / √x` for an integer, by Newton's method (LiteRT `GetInvSqrtQuantizedMultiplierExp`), whose shift
    /// is [#inverseSquareRootShift]; below 1 what it is of 1.
    static int inverseSquareRoot(int x) {
        if (x <= 1) {
            return Integer.MAX_VALUE;
        }
        int integerBits = 3;
        int pairs = spareBitPairs(x);
        int input = pairs < 0 ? x >> 2 : x << 2 * pairs;
        int half = Q31.scale(input >> 1, -1);
        int threeHalves = (1 << 28) + (1 << 27);
        int root = 1 << 28;
        for (int i = 0; i < 5; i++) {
            int cube = Q31.scale(Q31.multiply(Q31.multiply(root, root), root), 2 * integerBits);
            root = Q31.scale(Q31.multiply(threeHalves, root) - Q31.multiply(half, cube), integerBits);
        }
        int rootOfHalf = 1518500250;
        return Q31.multiply(root, rootOfHalf) << Math.max(0, pairs - INVERSE_ROOT_PAIRS);
    }

    /// The shift of `1 / √x`, as in a [Multiplier].
    static int inverseSquareRootShift(int x) {
        return x <= 1 ? 0 : Math.min(0, spareBitPairs(x) - INVERSE_ROOT_PAIRS);
    }

    /// By how many pairs of bits a number can be shifted left to come to 2²⁷ or more and stay below 2²⁹; −1 where it is
    /// larger.
    private static int spareBitPairs(int x) {
        return (Integer.numberOfLeadingZeros(x) - 1) / 2 - 1;
    }
}
