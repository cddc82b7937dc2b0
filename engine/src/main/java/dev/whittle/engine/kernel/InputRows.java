package dev.whittle.engine.kernel;

import java.util.Arrays;

/// Copies the input rows under one output row into a float buffer laid out so that the filter meets no border, no
/// dilation and no codes: padding and the widening of codes happen in the copy.
///
/// The buffer is a run of slots, one for each input column a tap can meet, each slot holding `[filterY][channel]`. With
/// dilation 1 neighbouring positions share slots, and the reduction over `filterX, filterY, inChannel` of one position
/// is a contiguous piece of the buffer; with a wider dilation each position has slots of its own, which keeps the piece
/// contiguous.
final class InputRows {
    private final Window window;
    private final int firstChannel;
    private final int channels;
    /// Slots come in runs that step evenly through the input: all of them with dilation 1, else those of a position.
    private final int runs;
    private final int runSlots;
    private final int runStep;
    private final int slotStride;
    private final int length;

    /// @param firstChannel first of the `channels` input channels to copy, for grouped convolution
    InputRows(Preparation p, Window window, int firstChannel, int channels) {
        this.window = window;
        this.firstChannel = firstChannel;
        this.channels = channels;
        boolean shared = window.dilationWidth() == 1;
        runs = shared ? 1 : window.outWidth();
        runSlots = shared
                ? (window.outWidth() - 1) * window.strideWidth() + window.filterWidth()
                : window.filterWidth();
        runStep = window.dilationWidth();
        length = TensorChecks.scratchLength(p, runs, runSlots, window.filterHeight(), channels);
        slotStride = window.filterHeight() * channels;
    }

    /// Floats in the buffer.
    int length() {
        return length;
    }

    /// Floats from the piece of one output position to that of the next.
    int positionStride() {
        return slotStride * (window.dilationWidth() == 1 ? window.strideWidth() : window.filterWidth());
    }

    /// Copies the rows under output row `outY`.
    void copy(Memory memory, RowSource source, int part, int batch, int outY, float[] buffer, int bufferOffset) {
        int rowElements = window.inWidth() * window.inChannels();
        int image = source.offset(memory) + batch * window.inHeight() * rowElements;
        float padding = source.padding(memory, batch, part);
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            int inY = window.inY(outY, filterY);
            boolean isInside = inY >= 0 && inY < window.inHeight();
            int row = image + inY * rowElements + firstChannel;
            for (int run = 0; run < runs; run++) {
                int firstX = window.inX(run, 0);
                int to = bufferOffset + run * runSlots * slotStride + filterY * channels;
                // Slots below `start` lie left of the image, those from `end` on right of it.
                int start = Math.min(runSlots, firstX >= 0 ? 0 : Math.ceilDiv(-firstX, runStep));
                int end = Math.max(start, Math.min(runSlots, Math.ceilDiv(window.inWidth() - firstX, runStep)));
                if (!isInside) {
                    start = runSlots;
                    end = runSlots;
                }
                pad(0, start, padding, buffer, to);
                source.widen(memory, part, row + (firstX + start * runStep) * window.inChannels(),
                        runStep * window.inChannels(), end - start, channels, buffer, to + start * slotStride,
                        slotStride);
                pad(end, runSlots, padding, buffer, to);
            }
        }
    }

    private void pad(int firstSlot, int endSlot, float padding, float[] buffer, int to) {
        for (int slot = firstSlot; slot < endSlot; slot++) {
            Arrays.fill(buffer, to + slot * slotStride, to + slot * slotStride + channels, padding);
        }
    }
}
