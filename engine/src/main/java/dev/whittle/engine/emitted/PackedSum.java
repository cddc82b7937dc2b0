package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.kernel.Multiplier;
import dev.whittle.engine.kernel.SumOfCodes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The constants of [SumCode].
final class PackedSum {
    private static final int ALIGNMENT = 64;

    private PackedSum() {}

    static MemorySegment pack(SumOfCodes sum) {
        MemorySegment constants = Arena.ofAuto().allocate(SumCode.CONSTANT_BYTES, ALIGNMENT);
        Multiplier toCommon = sum.toCommon();
        // One half, which both weigh where the scales are the same, goes as 1 with a shift, as there must be one.
        boolean isHalf = toCommon.shift() == 0;
        long multiplier = isHalf ? 1L << Integer.SIZE - 1 : toCommon.multiplier();
        int shift = isHalf ? 1 : -toCommon.shift();
        put(constants, SumCode.COARSE_OFFSET, -sum.coarseZeroPoint() << SumCode.LEFT_SHIFT - 1);
        put(constants, SumCode.FINE_ZERO_POINT, sum.fineZeroPoint());
        put(constants, SumCode.FINE_LOWER, (int) (multiplier & (1 << SumCode.LOW_BITS) - 1));
        put(constants, SumCode.FINE_UPPER,
                (int) (multiplier >> SumCode.LOW_BITS << SumCode.LOW_BITS - SumCode.LOST_BITS));
        put(constants, SumCode.FINE_HALF, 1 << shift - 1);
        put(constants, SumCode.FINE_SHIFT, shift);
        int outputShift = -sum.toOutput().shift();
        put(constants, SumCode.OUTPUT_MULTIPLIER, sum.toOutput().multiplier());
        put(constants, SumCode.OUTPUT_HALF, 1 << outputShift - 1);
        put(constants, SumCode.OUTPUT_SHIFT, outputShift);
        put(constants, SumCode.MINIMUM, sum.min() - sum.outputZeroPoint());
        put(constants, SumCode.MAXIMUM, sum.max() - sum.outputZeroPoint());
        put(constants, SumCode.ZERO_POINT, sum.outputZeroPoint());
        constants.set(ValueLayout.JAVA_LONG, SumCode.FIRST_HALF, 1L << 30);
        return constants.asReadOnly();
    }

    private static void put(MemorySegment constants, int at, int value) {
        constants.set(ValueLayout.JAVA_INT, at, value);
    }
}
