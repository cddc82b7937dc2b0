package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.kernel.Convolution;
import dev.whittle.engine.kernel.DivisibleKernel;
import dev.whittle.engine.kernel.Memory;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A convolution as emitted code: a call for each part of each row of output, which are the units: all rows of the first
/// part, so that its constants stay in the cache, then those of the next.
final class EmittedConvolution implements DivisibleKernel {
    /// Of a call of several rows.
    private static final long MOST_NANOSECONDS = 50_000;
    /// Of one thread and lane, roughly, to tell what is worth dividing.
    private static final int REAL_MULTIPLICATIONS_PER_NANOSECOND = 7;
    private static final int CODE_MULTIPLICATIONS_PER_NANOSECOND = 19;

    private final Row[] parts;
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
    private final long nanoseconds;
    /// That a call computes; several parts lie side by side and take them one by one.
    private final int mostRows;

    /// How a part is called.
    ///
    /// @param outOffset    bytes into a row of output
    /// @param factorOffset bytes into the factors of an image
    /// @param inRow        for each row of output, where the first row of input under the filter begins
    /// @param row          for each row of output, [dev.whittle.engine.emitted.x86.ConvolutionLayout#row]
    @SuppressWarnings("ArrayRecordComponent")
    private record Row(MemorySegment code, MemorySegment constants, long outOffset, long factorOffset, long[] inRow,
            long[] row) {

        /// How many rows from one on a call may compute.
        int alike(int y, int most) {
            int end = Math.min(row.length, y + most);
            int next = y + 1;
            while (next < end && row[next] == row[y]) {
                next++;
            }
            return next - y;
        }
    }

    EmittedConvolution(List<SealedPart> sealed, ConvolutionShape shape, Convolution convolution) {
        Window window = shape.window();
        this.input = convolution.input();
        this.output = convolution.output();
        this.batches = window.batches();
        this.bytes = shape.numbers().bytes();
        this.outBytes = shape.outBytes();
        this.scaling = convolution.scaling();
        this.factorBytes = scaling == null ? 0 : 3L * Float.BYTES * shape.channels();
        this.outHeight = sealed.getFirst().part().layout().outHeight();
        this.inputBytes = (long) window.inHeight() * window.inWidth() * window.inChannels() * bytes;
        this.outRowBytes = (long) shape.outWidth() * shape.channels() * outBytes;
        this.outputBytes = outHeight * outRowBytes;
        this.parts = new Row[sealed.size()];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = row(sealed.get(i), outHeight, scaling != null);
        }
        long multiplications = (long) window.batches() * window.positions() * window.taps() * window.inChannels()
                * shape.channels();
        this.nanoseconds = multiplications / sealed.getFirst().part().layout().unit().lanes()
                / (shape.numbers() == ConvolutionShape.Numbers.FLOAT32
                        ? REAL_MULTIPLICATIONS_PER_NANOSECOND
                        : CODE_MULTIPLICATIONS_PER_NANOSECOND);
        this.mostRows = Math.clamp(MOST_NANOSECONDS / sealed.getFirst().part().nanoseconds(), 1,
                ConvolutionLayout.MOST_ROWS);
    }

    private static Row row(SealedPart sealed, int outHeight, boolean isScaled) {
        ConvolutionPart part = sealed.part();
        long[] inRow = new long[outHeight];
        long[] row = new long[outHeight];
        for (int y = 0; y < outHeight; y++) {
            inRow[y] = part.layout().inputOffset(y);
            row[y] = part.layout().row(y);
        }
        return new Row(sealed.code(), sealed.constants(), part.outOffset(),
                isScaled ? (long) part.firstChannel() * Float.BYTES : 0, inRow, row);
    }

    @Override
    public int units() {
        return parts.length * batches * outHeight;
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
        int rows = batches * outHeight;
        int most = parts.length == 1 ? mostRows : 1;
        int step = NativeCall.hiddenOne();
        int unit = first;
        while (unit < end) {
            Row part = parts[unit / rows];
            int row = unit % rows;
            int batch = row / outHeight;
            int y = row % outHeight;
            int count = part.alike(y, Math.min(most, end - unit));
            NativeCall.call(part.code, from, to, part.constants, factors,
                    fromOffset + batch * inputBytes + part.inRow[y], toOffset + row * outRowBytes + part.outOffset,
                    ConvolutionLayout.rows(part.row[y], count), factorOffset + batch * factorBytes + part.factorOffset);
            unit += count * step;
        }
    }
}
