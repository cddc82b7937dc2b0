package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ArithmeticCode;
import dev.whittle.engine.kernel.ArithmeticOfReals;
import java.lang.foreign.MemorySegment;

/// The constants of [ArithmeticCode].
final class PackedBounds {
    private PackedBounds() {}

    static MemorySegment pack(ArithmeticOfReals arithmetic) {
        Constants constants = new Constants(ArithmeticCode.CONSTANT_BYTES);
        constants.putFloat(ArithmeticCode.MINIMUM, arithmetic.min());
        constants.putFloat(ArithmeticCode.MAXIMUM, arithmetic.max());
        return constants.seal();
    }
}
