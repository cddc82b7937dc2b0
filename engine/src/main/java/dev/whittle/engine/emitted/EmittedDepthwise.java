package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.DepthwiseCode;
import dev.whittle.engine.emitted.x86.DepthwiseLayout;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A depthwise convolution as emitted code: one call for as many rows of output as hold up nothing. The units are rows.
final class EmittedDepthwise implements DivisibleKernel {
    /// Of one thread and lane, roughly, to tell what is worth dividing.
    private static final int MULTIPLICATIONS_OF_LANE_PER_NANOSECOND = 5;
    /// Of a call, some 20 µs.
    private static final int MOST_MULTIPLICATIONS_OF_LANE = 1 << 16;

    private final MemorySegment code;
    private final MemorySegment constants;
    private final Slot input;
    private final Slot output;
    private final int batches;
    private final int outHeight;
    private final int bytes;
    private final int outBytes;
    private final @Nullable Slot scaling;
    /// Of each image, where sums are scaled by what a run knows.
    private final long factorBytes;
    private final long paddingBytes;
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
        this.outBytes = layout.outBytes();
        this.scaling = convolution.scaling();
        this.factorBytes = scaling == null ? 0 : 3L * Float.BYTES * convolution.channels();
        this.paddingBytes = scaling == null ? 0 : (long) window.inWidth() * window.inChannels() * bytes;
        this.inputBytes = (long) window.inHeight() * window.inWidth() * window.inChannels() * bytes;
        this.outRowBytes = (long) window.outWidth() * convolution.channels() * outBytes;
        long rowMultiplications = (long) window.outWidth() * window.taps() * convolution.channels();
        int lanes = layout.unit().lanes();
        this.rowsOfCall = (int) Math.max(1, (long) MOST_MULTIPLICATIONS_OF_LANE * lanes / rowMultiplications);
        this.nanoseconds = batches * outHeight * rowMultiplications / (MULTIPLICATIONS_OF_LANE_PER_NANOSECOND * lanes);
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
        MemorySegment factors = scaling == null ? MemorySegment.NULL : memory.segment(scaling);
        long fromOffset = (long) memory.offset(input) * bytes;
        long toOffset = (long) memory.offset(output) * outBytes;
        long factorOffset = scaling == null ? 0 : (long) memory.offset(scaling) * Float.BYTES;
        // The code itself looks at no bounds.
        Objects.checkFromIndexSize(fromOffset, batches * (inputBytes + paddingBytes), from.byteSize());
        Objects.checkFromIndexSize(toOffset, units() * outRowBytes, to.byteSize());
        Objects.checkFromIndexSize(factorOffset, batches * factorBytes, factors.byteSize());
        Objects.checkFromToIndex(first, end, units());
        int step = NativeCall.hiddenOne();
        int unit = first;
        while (unit < end) {
            int batch = unit / outHeight;
            int y = unit % outHeight;
            int rows = Math.min(Math.min(rowsOfCall, end - unit), outHeight - y);
            NativeCall.call(code, from, to, constants, factors, fromOffset + batch * inputBytes,
                    toOffset + unit * outRowBytes, DepthwiseCode.rows(y, rows),
                    DepthwiseCode.run(fromOffset + batches * inputBytes + batch * paddingBytes,
                            factorOffset + batch * factorBytes));
            unit += rows * step;
        }
    }
}
