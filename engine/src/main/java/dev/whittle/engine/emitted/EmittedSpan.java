package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.MapCode;
import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// Emitted code that works on bytes one by one. The units are pieces of as many bytes.
final class EmittedSpan implements DivisibleKernel {
    /// A multiple of all steps; calls take a microsecond or two.
    private static final int UNIT_BYTES = 1 << 13;
    private static final int BYTES_PER_NANOSECOND = 8;

    /// Of [MapCode], which has no second input.
    static final Call MAP = (code, from, _, to, table, fromAt, _, toAt, count) -> NativeCall.call(code, from, from, to,
            table, fromAt, (1L << count % MapCode.STEP) - 1, toAt, count / MapCode.STEP);
    /// Of [SumCode].
    static final Call SUM = (code, coarse, fine, to, constants, coarseAt, fineAt, toAt, count) -> NativeCall.call(code,
            coarse, fine, to, constants, coarseAt, fineAt, toAt,
            (long) (count / SumCode.STEP) << SumCode.STEP | (1L << count % SumCode.STEP) - 1);

    private final MemorySegment code;
    private final MemorySegment constants;
    private final Slot first;
    private final Slot second;
    private final Slot output;
    private final Call call;
    private final int count;

    /// @param second the other input; the first once more where there is one
    EmittedSpan(MemorySegment code, MemorySegment constants, Slot first, Slot second, Slot output, Call call) {
        this.code = code;
        this.constants = constants;
        this.first = first;
        this.second = second;
        this.output = output;
        this.call = call;
        this.count = output.elementCount();
    }

    /// How the code takes what lies where.
    @FunctionalInterface
    interface Call {
        void call(MemorySegment code, MemorySegment first, MemorySegment second, MemorySegment output,
                MemorySegment constants, long firstAt, long secondAt, long outputAt, int count);
    }

    @Override
    public int units() {
        return Math.ceilDiv(count, UNIT_BYTES);
    }

    @Override
    public long estimatedNanoseconds() {
        return count / BYTES_PER_NANOSECOND;
    }

    @Override
    public void invoke(Memory memory, int firstUnit, int endUnit, int worker) {
        MemorySegment a = memory.segment(first);
        MemorySegment b = memory.segment(second);
        MemorySegment to = memory.segment(output);
        long aAt = memory.offset(first);
        long bAt = memory.offset(second);
        long toAt = memory.offset(output);
        // The code itself looks at no bounds.
        Objects.checkFromIndexSize(aAt, count, a.byteSize());
        Objects.checkFromIndexSize(bAt, count, b.byteSize());
        Objects.checkFromIndexSize(toAt, count, to.byteSize());
        Objects.checkFromToIndex(firstUnit, endUnit, units());
        for (int unit = firstUnit; unit < endUnit; unit++) {
            int at = unit * UNIT_BYTES;
            call.call(code, a, b, to, constants, aAt + at, bAt + at, toAt + at, Math.min(UNIT_BYTES, count - at));
        }
    }
}
