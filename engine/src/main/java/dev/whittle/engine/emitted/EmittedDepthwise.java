package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionShape.Numbers;
import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// A depthwise convolution as emitted code: one call for as many rows of output as hold up nothing. The units are rows.
final class EmittedDepthwise implements DivisibleKernel {
    /// Of one thread, roughly, to tell what is worth dividing.
    private static final int REAL_MULTIPLICATIONS_PER_NANOSECOND = 60;
    private static final int CODE_MULTIPLICATIONS_PER_NANOSECOND = 60;
    /// Of a call, some 20 µs.
    private static final int MOST_MULTIPLICATIONS = 1 << 20;

    private final MemorySegment code;
    private final MemorySegment constants;
    private final Slot input;
    private final Slot output;
    private final int batches;
    private final int outHeight;
    private final int bytes;
    private final long inputBytes;
    private final long outRowBytes;
    private final int rowsOfCall;
    private final long nanoseconds;

    EmittedDepthwise(MemorySegment code, MemorySegment constants, DepthwiseLayout layout, Convolution convolution) {
        Window window = convolution.window();
        this.code = code;
        this.constants = constants;
        this.input = convolution.input();
        this.output = convolution.output();
        this.batches = window.batches();
        this.outHeight = window.outHeight();
        this.bytes = layout.numbers().bytes();
        this.inputBytes = (long) window.inHeight() * window.inWidth() * window.inChannels() * bytes;
        this.outRowBytes = (long) window.outWidth() * convolution.channels() * bytes;
        long rowMultiplications = (long) window.outWidth() * window.taps() * convolution.channels();
        this.rowsOfCall = (int) Math.max(1, MOST_MULTIPLICATIONS / rowMultiplications);
        this.nanoseconds = batches * outHeight * rowMultiplications / (layout.numbers() == Numbers.FLOAT32
                ? REAL_MULTIPLICATIONS_PER_NANOSECOND
                : CODE_MULTIPLICATIONS_PER_NANOSECOND);
    }

    @Override
    public int units() {
        return batches * outHeight;
    }

    @Override
    public long estimatedNanoseconds() {
        return nanoseconds;
    }

    @Override
    public void invoke(Memory memory, int first, int end, int worker) {
        MemorySegment from = memory.segment(input);
        MemorySegment to = memory.segment(output);
        long fromOffset = (long) memory.offset(input) * bytes;
        long toOffset = (long) memory.offset(output) * bytes;
        // The code itself looks at no bounds.
        Objects.checkFromIndexSize(fromOffset, batches * inputBytes, from.byteSize());
        Objects.checkFromIndexSize(toOffset, units() * outRowBytes, to.byteSize());
        Objects.checkFromToIndex(first, end, units());
        int unit = first;
        while (unit < end) {
            int batch = unit / outHeight;
            int y = unit % outHeight;
            int rows = Math.min(Math.min(rowsOfCall, end - unit), outHeight - y);
            NativeCall.call(code, from, to, constants, MemorySegment.NULL, fromOffset + batch * inputBytes,
                    toOffset + unit * outRowBytes, DepthwiseCode.rows(y, rows), 0);
            unit += rows;
        }
    }
}
