package dev.whittle.engine.kernel;

import java.util.function.DoubleUnaryOperator;

/// A function of INT16 codes as 513 samples with straight lines between them (LiteRT `LUTPopulate`, `LUTLookup`): the upper
/// nine bits of a code choose the sample, the lower seven the place on the line to the next. Where the line misses the
/// function in the middle, the sample is moved by half of that.
final class InterpolationTable {
    private static final int STEPS = 512;
    private static final int OFFSET_BITS = 7;

    /// The precision that samples are computed in, for the reference computes some in float and some in double.
    enum Precision {
        FLOAT {
            @Override
            double round(double x) {
                return (float) x;
            }
        },
        DOUBLE {
            @Override
            double round(double x) {
                return x;
            }
        };

        /// The result of one operation of this precision, computed in double. Rounding twice changes nothing, as a double
        /// has more than twice the bits of a float.
        abstract double round(double x);
    }

    private final short[] samples = new short[STEPS + 1];
    private final Precision precision;
    private final DoubleUnaryOperator function;
    private final double codesPerUnit;

    /// @param function from real numbers to real numbers
    InterpolationTable(Precision precision, double inputScale, int inputZeroPoint, double outputScale,
            int outputZeroPoint, DoubleUnaryOperator function) {
        this.precision = precision;
        this.function = function;
        double inputMin = precision.round(inputScale * (Short.MIN_VALUE - inputZeroPoint));
        double inputMax = precision.round(inputScale * (Short.MAX_VALUE - inputZeroPoint));
        double outputMin = precision.round(outputScale * (Short.MIN_VALUE - outputZeroPoint));
        double outputMax = precision.round(outputScale * (Short.MAX_VALUE - outputZeroPoint));
        double step = precision.round(precision.round(inputMax - inputMin) / STEPS);
        codesPerUnit = precision.round((1 << Short.SIZE) / precision.round(outputMax - outputMin));
        for (int i = 0; i < STEPS; i++) {
            double at = precision.round(inputMin + precision.round(i * step));
            double next = precision.round(inputMin + precision.round((i + 1) * step));
            double sample = Rounding.halfAwayFromZero(codes(at));
            double onLine = Rounding.halfAwayFromZero(
                    precision.round(precision.round(codes(next) + sample) / 2));
            double middle = Rounding.halfAwayFromZero(codes(precision.round(at + step / 2)));
            double bias = Rounding.halfAwayFromZero(precision.round(onLine - middle) / 2);
            samples[i] = saturate(sample - bias);
        }
        samples[STEPS] = saturate(Rounding.halfAwayFromZero(codes(inputMax)));
    }

    private double codes(double real) {
        return precision.round(precision.round(function.applyAsDouble(real)) * codesPerUnit);
    }

    private static short saturate(double code) {
        return (short) Math.clamp(code, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    short apply(short code) {
        int index = STEPS / 2 + (code >> OFFSET_BITS);
        int offset = code & (1 << OFFSET_BITS) - 1;
        int slope = (short) (samples[index + 1] - samples[index]);
        return (short) (samples[index] + (slope * offset + (1 << OFFSET_BITS - 1) >> OFFSET_BITS));
    }
}
