package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.kernel.Multiplier;
import dev.whittle.engine.kernel.SumOfCodes;
import java.lang.foreign.MemorySegment;

/// The constants of [SumCode].
final class PackedSum {
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
        return constants.seal();
    }
}
