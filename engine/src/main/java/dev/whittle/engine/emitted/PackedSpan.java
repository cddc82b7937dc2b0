package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ArithmeticCode;
import dev.whittle.engine.emitted.x86.DequantizeCode;
import dev.whittle.engine.emitted.x86.QuantizeCode;
import dev.whittle.engine.emitted.x86.SpanLoop;
import dev.whittle.engine.kernel.ArithmeticOfReals;
import dev.whittle.engine.kernel.CodesOfReals;
import dev.whittle.engine.kernel.RealsOfCodes;
import java.lang.foreign.MemorySegment;

/// The constants of codes that are a [SpanLoop].
final class PackedSpan {
    private static final float MOST_STEPS = 1024;

    private PackedSpan() {}

    static MemorySegment pack(ArithmeticOfReals arithmetic) {
        Constants constants = new Constants(ArithmeticCode.CONSTANT_BYTES);
        constants.putFloat(ArithmeticCode.MINIMUM, arithmetic.min());
        constants.putFloat(ArithmeticCode.MAXIMUM, arithmetic.max());
        return constants.seal();
    }

    static MemorySegment pack(RealsOfCodes reals) {
        Constants constants = new Constants(DequantizeCode.CONSTANT_BYTES);
        constants.putFloat(DequantizeCode.SCALE, reals.scale());
        constants.putInt(DequantizeCode.ZERO_POINT, reals.zeroPoint());
        return constants.seal();
    }

    static MemorySegment pack(CodesOfReals codes) {
        Constants constants = new Constants(QuantizeCode.CONSTANT_BYTES);
        constants.putFloat(QuantizeCode.SCALE, codes.scale());
        constants.putFloat(QuantizeCode.RECIPROCAL, 1 / codes.scale());
        constants.putFloat(QuantizeCode.LEAST_STEPS, -MOST_STEPS);
        constants.putFloat(QuantizeCode.MOST_STEPS, MOST_STEPS);
        constants.putInt(QuantizeCode.ZERO_POINT, codes.zeroPoint());
        constants.putInt(QuantizeCode.MINIMUM, codes.isSigned() ? Byte.MIN_VALUE : 0);
        constants.putInt(QuantizeCode.MAXIMUM, codes.isSigned() ? Byte.MAX_VALUE : 0xff);
        return constants.seal();
    }
}
