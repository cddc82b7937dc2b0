package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;

/// LOGISTIC and TANH of INT16 codes: zero points 0, output scale 2⁻¹⁵.
///
/// The reference (LiteRT `reference_integer_ops::Logistic`, `Tanh`) brings the input to steps of `1 / (3 · 4096)` and
/// interpolates in one table of 256 samples of the logistic function, 24 to the unit, for `tanh x = 2 / (1 + e^−2x) − 1`.
/// Where the input scale is a power of two (2⁻¹²; for TANH also 2⁻¹¹) the optimized kernels compute in 16-bit fixed point
/// instead ([FixedPoint]), up to 12 steps away.
final class SigmoidCodes {
    private static final int SAMPLES = 256;
    private static final int SAMPLES_PER_UNIT = 24;
    private static final int SAMPLE_BITS = 16;
    /** Integer bits of an input at scale 2⁻¹². */
    private static final int INTEGER_BITS = 3;
    private static final int FRACTION_BITS = 12;
    private static final int OUTPUT_FRACTION_BITS = 15;

    /// @param tableBits of an input in steps of `1 / (3 · 4096)` that lie between two samples
    enum Kind {
        LOGISTIC(9), TANH(8);

        private final int tableBits;

        Kind(int tableBits) {
            this.tableBits = tableBits;
        }
    }

    private SigmoidCodes() {}

    static Kernel kernel(Preparation p, Kind kind) {
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", p.inputTensor(0));
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", p.outputTensor(0));
        if (in.zeroPoint(0) != 0 || out.zeroPoint(0) != 0) {
            throw p.unsupported("zero points are " + in.zeroPoint(0) + " and " + out.zeroPoint(0)
                    + ", must be 0 for " + ElementType.INT16);
        }
        if (!Multiplier.isPowerOfTwo(out.scale(0)) || Multiplier.log2(out.scale(0)) != -OUTPUT_FRACTION_BITS) {
            throw p.unsupported("output scale is " + out.scale(0) + ", must be " + 1f / (1 << OUTPUT_FRACTION_BITS));
        }
        int powerShift = FRACTION_BITS + Multiplier.log2(in.scale(0));
        boolean isPowerOfTwo = Multiplier.isPowerOfTwo(in.scale(0))
                && (powerShift == 0 || powerShift == 1 && kind == Kind.TANH);
        if (isPowerOfTwo && p.reference() == ReferenceKernels.OPTIMIZED) {
            return UnaryRun.shorts(code -> {
                int x = FixedPoint.Q15.scale(code, powerShift);
                return kind == Kind.TANH
                        ? FixedPoint.Q15.tanh(x, INTEGER_BITS)
                        : FixedPoint.Q15.logistic(x, INTEGER_BITS);
            }).kernel(p);
        }
        int shift = 0;
        double multiplier = isPowerOfTwo ? 3 << powerShift : in.scale(0) * 4096.0 * 3;
        // As many bits of the factor as leave the product within 31.
        while (!isPowerOfTwo && multiplier <= Short.MAX_VALUE / 2.0 && shift <= 30) {
            shift++;
            multiplier *= 2;
        }
        int factor = (int) multiplier;
        int rightShift = shift;
        long half = rightShift > 0 ? 1L << rightShift - 1 : 0;
        int[] samples = samples();
        return UnaryRun.shorts(code -> {
            long x = (long) code * factor + half >> rightShift;
            return kind == Kind.TANH ? tanh(x, samples) : logistic(x, samples);
        }).kernel(p);
    }

    private static int logistic(long x, int[] samples) {
        int bits = Kind.LOGISTIC.tableBits;
        int result = interpolated(Math.abs(x), bits, Short.MAX_VALUE << bits + 1, samples);
        int half = 1 << bits;
        int symmetric = x >= 0 ? result + half : (1 << SAMPLE_BITS + bits) - result + half - 1;
        return symmetric >>> bits + 1;
    }

    private static int tanh(long x, int[] samples) {
        int bits = Kind.TANH.tableBits;
        int result = interpolated(Math.abs(x), bits, 0xffff << bits, samples);
        int one = 1 << SAMPLE_BITS + bits - 1;
        int half = 1 << bits - 1;
        int symmetric = x >= 0 ? result - one + half : one - result + half - 1;
        return symmetric >> bits;
    }

    /// A sample of 16 bits, `bits` further ones from the line to the next.
    private static int interpolated(long magnitude, int bits, int saturated, int[] samples) {
        long index = magnitude >> bits;
        if (index >= SAMPLES - 1) {
            return saturated;
        }
        int sample = samples[(int) index];
        int next = samples[(int) index + 1];
        return (sample << bits) + (int) (magnitude & (1 << bits) - 1) * (next - sample);
    }

    /// The logistic function at multiples of 1/24 in units of 2⁻¹⁶. The lines between samples lie below it, by most in their
    /// middle; every sample is raised by half of that. The last is 1 as near as 16 bits come to it.
    private static int[] samples() {
        int[] samples = new int[SAMPLES];
        for (int i = 0; i < SAMPLES - 1; i++) {
            double inTheMiddle = (sample(i) + sample(i + 1)) / 2;
            samples[i] = (int) Rounding.halfAwayFromZero(sample(i) + (sample(i + 0.5) - inTheMiddle) / 2);
        }
        samples[SAMPLES - 1] = (1 << SAMPLE_BITS) - 1;
        return samples;
    }

    private static double sample(double i) {
        return (1 << SAMPLE_BITS) / (1 + StrictMath.exp(-i / SAMPLES_PER_UNIT));
    }
}
