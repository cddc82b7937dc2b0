package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.MapCode;
import dev.whittle.engine.emitted.x86.SpanLoop;
import dev.whittle.engine.emitted.x86.SumCode;
import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// Emitted code that works on elements one by one: one of each input, or the only one of an input, to one of the output. The
/// units are pieces of as many elements.
final class EmittedSpan implements DivisibleKernel {
    /// A multiple of all steps; calls take a microsecond or two.
    private static final int UNIT = 1 << 13;
    private static final int ELEMENTS_PER_NANOSECOND = 8;

    /// Of [MapCode], which has no second input.
    static final Call MAP = (code, from, _, to, table, fromAt, _, toAt, count) -> NativeCall.call(code, from, from, to,
            table, fromAt, (1L << count % MapCode.STEP) - 1, toAt, count / MapCode.STEP);
    /// Of [SumCode].
    static final Call SUM = (code, coarse, fine, to, constants, coarseAt, fineAt, toAt, count) -> NativeCall.call(code,
            coarse, fine, to, constants, coarseAt, fineAt, toAt,
            (long) (count / SumCode.STEP) << SumCode.STEP | (1L << count % SumCode.STEP) - 1);
    /// Of all that is a [SpanLoop].
    static final Call LOOP = (code, a, b, to, constants, aAt, bAt, toAt, count) -> NativeCall.call(code, a, b, to,
            constants, aAt, bAt, toAt,
            (long) (count / SpanLoop.STEP) << SpanLoop.STEP | (1L << count % SpanLoop.STEP) - 1);

    private final MemorySegment code;
    private final MemorySegment constants;
    private final Operand first;
    private final Operand second;
    private final Operand output;
    private final Call call;
    private final int count;

    /// @param second the other input; the first once more where there is one
    EmittedSpan(MemorySegment code, MemorySegment constants, Slot first, Slot second, Slot output, Call call) {
        this.code = code;
        this.constants = constants;
        this.count = output.elementCount();
        this.first = Operand.of(first, count);
        this.second = Operand.of(second, count);
        this.output = Operand.of(output, count);
        this.call = call;
    }

    /// A tensor of at least eight bits an element.
    ///
    /// @param bytes of an element
    /// @param step  bytes from one element to the next; 0 where the only one is meant each time
    private record Operand(Slot slot, int bytes, int step) {

        static Operand of(Slot slot, int count) {
            int bytes = (int) slot.type().byteLength(1);
            return new Operand(slot, bytes, slot.elementCount() == count ? bytes : 0);
        }

        /// Where the first element lies. The code itself looks at no bounds.
        long checkedOffset(Memory memory, MemorySegment segment) {
            long offset = (long) memory.offset(slot) * bytes;
            Objects.checkFromIndexSize(offset, (long) slot.elementCount() * bytes, segment.byteSize());
            return offset;
        }
    }

    /// How the code takes what lies where.
    @FunctionalInterface
    interface Call {
        void call(MemorySegment code, MemorySegment first, MemorySegment second, MemorySegment output,
                MemorySegment constants, long firstAt, long secondAt, long outputAt, int count);
    }

    @Override
    public int units() {
        return Math.ceilDiv(count, UNIT);
    }

    @Override
    public long estimatedNanoseconds() {
        return count / ELEMENTS_PER_NANOSECOND;
    }

    @Override
    public void invoke(Memory memory, int firstUnit, int endUnit, int worker) {
        MemorySegment a = memory.segment(first.slot);
        MemorySegment b = memory.segment(second.slot);
        MemorySegment to = memory.segment(output.slot);
        long aAt = first.checkedOffset(memory, a);
        long bAt = second.checkedOffset(memory, b);
        long toAt = output.checkedOffset(memory, to);
        Objects.checkFromToIndex(firstUnit, endUnit, units());
        int step = NativeCall.hiddenOne();
        for (int unit = firstUnit; unit < endUnit; unit += step) {
            long at = (long) unit * UNIT;
            call.call(code, a, b, to, constants, aAt + at * first.step, bAt + at * second.step,
                    toAt + at * output.step, (int) Math.min(UNIT, count - at));
        }
    }
}
