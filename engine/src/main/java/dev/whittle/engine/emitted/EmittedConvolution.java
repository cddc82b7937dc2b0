package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A convolution as emitted code: one call for each row of output. The units are rows.
final class EmittedConvolution implements DivisibleKernel {
    /// Of one thread, roughly, to tell what is worth dividing.
    private static final int REAL_MULTIPLICATIONS_PER_NANOSECOND = 110;
    private static final int CODE_MULTIPLICATIONS_PER_NANOSECOND = 300;

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
    private final long inputBytes;
    private final long outputBytes;
    private final long outRowBytes;
    /// For each row of output, where the first row of input under the filter begins, and the code's last argument.
    private final long[] inRow;
    private final long[] row;
    private final long nanoseconds;

    EmittedConvolution(MemorySegment code, MemorySegment constants, ConvolutionLayout layout, ConvolutionShape shape,
            Convolution convolution) {
        Window window = shape.window();
        this.code = code;
        this.constants = constants;
        this.input = convolution.input();
        this.output = convolution.output();
        this.batches = window.batches();
        this.bytes = shape.numbers().bytes();
        this.outBytes = shape.outBytes();
        this.scaling = convolution.scaling();
        this.factorBytes = scaling == null ? 0 : 3L * Float.BYTES * shape.channels();
        this.outHeight = layout.outHeight();
        this.inputBytes = (long) window.inHeight() * window.inWidth() * window.inChannels() * bytes;
        this.outRowBytes = (long) layout.outWidth() * shape.channels() * outBytes;
        this.outputBytes = outHeight * outRowBytes;
        this.inRow = new long[outHeight];
        this.row = new long[outHeight];
        for (int y = 0; y < outHeight; y++) {
            inRow[y] = layout.inputOffset(y);
            row[y] = layout.row(y);
        }
        long multiplications = (long) window.batches() * window.positions() * window.taps() * window.inChannels()
                * shape.channels();
        this.nanoseconds = multiplications / (shape.numbers() == ConvolutionShape.Numbers.FLOAT32
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
        MemorySegment factors = scaling == null ? MemorySegment.NULL : memory.segment(scaling);
        long fromOffset = (long) memory.offset(input) * bytes;
        long toOffset = (long) memory.offset(output) * outBytes;
        long factorOffset = scaling == null ? 0 : (long) memory.offset(scaling) * Float.BYTES;
        // The code itself looks at no bounds.
        Objects.checkFromIndexSize(fromOffset, batches * inputBytes, from.byteSize());
        Objects.checkFromIndexSize(toOffset, batches * outputBytes, to.byteSize());
        Objects.checkFromIndexSize(factorOffset, batches * factorBytes, factors.byteSize());
        Objects.checkFromToIndex(first, end, units());
        for (int unit = first; unit < end; unit++) {
            int batch = unit / outHeight;
            int y = unit % outHeight;
            NativeCall.call(code, from, to, constants, factors, fromOffset + batch * inputBytes + inRow[y],
                    toOffset + unit * outRowBytes, row[y], factorOffset + batch * factorBytes);
        }
    }
}
