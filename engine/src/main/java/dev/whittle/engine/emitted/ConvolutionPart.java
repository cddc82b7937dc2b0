package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.ConvolutionLayout;
import dev.whittle.engine.emitted.x86.ConvolutionShape;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.Convolution;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one call computes of a row of output: some of its positions and some of its channels. Most rows are one part; those
/// that would hold up a safepoint are several, and those of few rows that several threads share.
///
/// @param firstX       the first position
/// @param firstChannel the first channel
/// @param layout       of this part alone
record ConvolutionPart(int firstX, int firstChannel, ConvolutionLayout layout) {
    /// Safepoints wait for a call that has begun.
    private static final long MOST_NANOSECONDS = 100_000;
    /// Of one position and one vector of channels, which cannot be cut.
    private static final long MOST_NANOSECONDS_UNCUT = 2 * MOST_NANOSECONDS;
    /// On the slow side, so that the bound holds: of a processor at work on all cores, and of its memory.
    private static final int CYCLES_PER_NANOSECOND = 2;
    private static final int CONSTANT_BYTES_PER_NANOSECOND = 16;
    /// What leaves the code its full speed: vectors of channels in one panel of a single position, positions of a few tiles.
    private static final int VECTORS = 8;
    private static final int POSITIONS = 16;
    /// A thread's share of the work, in so many parts, leaves little to wait for at the end; shorter ones are not worth it.
    private static final int PARTS_PER_THREAD = 4;
    private static final int NANOSECONDS_WORTH_DIVIDING = 4_000;

    /// The parts of each row, or null where there is no code for them.
    ///
    /// @param unit    that the code computes in
    /// @param threads that share the work
    static @Nullable List<ConvolutionPart> of(ConvolutionShape shape, VectorUnit unit, int threads) {
        int vectors = Math.ceilDiv(shape.channels(), unit.lanes());
        int width = shape.outWidth();
        while (true) {
            List<ConvolutionPart> parts = of(shape, unit, width, vectors * unit.lanes());
            if (parts == null) {
                return null;
            }
            long longest = 0;
            for (ConvolutionPart part : parts) {
                longest = Math.max(longest, part.nanoseconds());
            }
            boolean isShort = longest <= MOST_NANOSECONDS;
            long units = (long) parts.size() * shape.window().batches() * parts.getFirst().layout.outHeight();
            boolean isDivided = units >= (long) threads * PARTS_PER_THREAD || longest < 2 * NANOSECONDS_WORTH_DIVIDING
                    || vectors <= VECTORS;
            if (isShort && (threads == 1 || isDivided)) {
                return parts;
            }
            if (vectors > VECTORS) {
                vectors = Math.ceilDiv(vectors, 2);
            } else if (width > POSITIONS || vectors == 1 && width > 1) {
                width = Math.ceilDiv(width, 2);
            } else if (vectors > 1) {
                vectors = Math.ceilDiv(vectors, 2);
            } else {
                return longest <= MOST_NANOSECONDS_UNCUT ? parts : null;
            }
        }
    }

    private static @Nullable List<ConvolutionPart> of(ConvolutionShape shape, VectorUnit unit, int width,
            int channels) {
        List<ConvolutionPart> parts = new ArrayList<>();
        for (int channel = 0; channel < shape.channels(); channel += channels) {
            for (int x = 0; x < shape.outWidth(); x += width) {
                ConvolutionLayout layout = ConvolutionLayout.of(shape.part(x, Math.min(width, shape.outWidth() - x),
                        Math.min(channels, shape.channels() - channel)), unit);
                if (layout == null) {
                    return null;
                }
                parts.add(new ConvolutionPart(x, channel, layout));
            }
        }
        // Of no positions.
        return parts.isEmpty() ? null : parts;
    }

    /// What a call takes at most, roughly.
    long nanoseconds() {
        return Math.max(1,
                Math.max(layout.cycles() / CYCLES_PER_NANOSECOND, layout.bytes() / CONSTANT_BYTES_PER_NANOSECOND));
    }

    /// Bytes into a row of output.
    long outOffset() {
        ConvolutionShape shape = layout.shape();
        return ((long) firstX * shape.rowChannels() + firstChannel) * shape.outBytes();
    }

    /// What the part is of a whole.
    Convolution of(Convolution whole) {
        ConvolutionShape shape = layout.shape();
        Convolution part =
                shape.channels() == whole.channels() ? whole : whole.ofChannels(firstChannel, shape.channels());
        return part.withWindow(shape.window());
    }
}
