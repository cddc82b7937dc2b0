package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.kernel.Multiplier;
import dev.whittle.engine.kernel.SumOfCodes;
import java.lang.foreign.MemorySegment;

/// The constants of [SumCode].
final class PackedSum {
    private static final int UNIT = 1 << SumCode.FRACTION;
    private static final double MOST_SCALED = 0x7f00_0000;
    /// With more, too many sums would be in doubt.
    private static final int MOST_DOUBT = UNIT / 32;
    private static final int MOST_CODE = 255;

    private PackedSum() {}

    static MemorySegment pack(SumOfCodes sum) {
        Constants constants = new Constants(SumCode.CONSTANT_BYTES);
        Multiplier toCommon = sum.toCommon();
        // One half, which both weigh where the scales are the same, goes as 1 with a shift, as there must be one.
        boolean isHalf = toCommon.shift() == 0;
        long multiplier = isHalf ? 1L << Integer.SIZE - 1 : toCommon.multiplier();
        int shift = isHalf ? 1 : -toCommon.shift();
        constants.putInt(SumCode.COARSE_OFFSET, -sum.coarseZeroPoint() << SumCode.LEFT_SHIFT - 1);
        constants.putInt(SumCode.FINE_ZERO_POINT, sum.fineZeroPoint());
        constants.putInt(SumCode.FINE_LOWER, (int) (multiplier & (1 << SumCode.LOW_BITS) - 1));
        constants.putInt(SumCode.FINE_UPPER,
                (int) (multiplier >> SumCode.LOW_BITS << SumCode.LOW_BITS - SumCode.LOST_BITS));
        constants.putInt(SumCode.FINE_HALF, 1 << shift - 1);
        constants.putInt(SumCode.FINE_SHIFT, shift);
        int outputShift = -sum.toOutput().shift();
        constants.putInt(SumCode.OUTPUT_MULTIPLIER, sum.toOutput().multiplier());
        constants.putInt(SumCode.OUTPUT_HALF, 1 << outputShift - 1);
        constants.putInt(SumCode.OUTPUT_SHIFT, outputShift);
        constants.putInt(SumCode.MINIMUM, sum.min() - sum.outputZeroPoint());
        constants.putInt(SumCode.MAXIMUM, sum.max() - sum.outputZeroPoint());
        constants.putInt(SumCode.ZERO_POINT, sum.outputZeroPoint());
        constants.putLong(SumCode.FIRST_HALF, 1L << 30);
        constants.putInt(SumCode.LEAST_CODE, sum.min());
        constants.putInt(SumCode.LARGEST_CODE, sum.max());
        quick(constants, sum);
        return constants.seal();
    }

    /// Where the error in floats cannot be kept small, all stays in doubt.
    private static void quick(Constants constants, SumOfCodes sum) {
        double step = factor(sum.toOutput());
        double coarse = Math.scalb(step, SumCode.LEFT_SHIFT - 1);
        double fine = Math.scalb(step, SumCode.LEFT_SHIFT) * factor(sum.toCommon());
        double addend = sum.outputZeroPoint() - sum.coarseZeroPoint() * coarse - sum.fineZeroPoint() * fine;
        double most = MOST_CODE * (coarse + fine) + Math.abs(addend) + 1;
        // The exact sum is off by a step of the first scaling, and by one and a half of those that the output is shifted by; that
        // in floats by the roundings of its factors, of the addend, and of two sums.
        double error = step + Math.scalb(1.5, sum.toOutput().shift()) + 4 * most * Math.ulp(0.5f);
        int doubt = Integer.highestOneBit((int) (UNIT * error + 1.5)) * 2;
        if (most * UNIT > MOST_SCALED || doubt > MOST_DOUBT) {
            return;
        }
        constants.putFloat(SumCode.QUICK_COARSE, (float) (coarse * UNIT));
        constants.putFloat(SumCode.QUICK_FINE, (float) (fine * UNIT));
        constants.putFloat(SumCode.QUICK_ADDEND, (float) ((addend + 0.5) * UNIT + doubt));
        constants.putInt(SumCode.CLEAR, UNIT - 2 * doubt);
    }

    private static double factor(Multiplier multiplier) {
        return Math.scalb((double) multiplier.multiplier(), multiplier.shift() - Integer.SIZE + 1);
    }
}
