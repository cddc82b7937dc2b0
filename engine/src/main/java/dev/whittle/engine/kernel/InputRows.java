package dev.whittle.engine.kernel;

import java.util.Arrays;

/// Copies the input rows under one output row into a float buffer laid out so that the filter meets no border, no
/// dilation and no bytes: padding and the widening of codes happen in the copy.
///
/// The buffer is a run of slots, one for each input column a tap can meet (`slot → inX`), each slot holding
/// `[filterY][channel]`. With dilation 1 neighbouring positions share slots, and the reduction over
/// `filterX, filterY, inChannel` of one position is a contiguous piece of the buffer; with a wider dilation each
/// position has slots of its own, which keeps the piece contiguous.
final class InputRows {
    private final Window window;
    private final int firstChannel;
    private final int channels;
    private final int[] slotX;
    private final int slotStride;

    /// @param firstChannel first of the `channels` input channels to copy, for grouped convolution
    InputRows(Window window, int firstChannel, int channels) {
        this.window = window;
        this.firstChannel = firstChannel;
        this.channels = channels;
        boolean shared = window.dilationWidth() == 1;
        slotX = new int[shared
                ? (window.outWidth() - 1) * window.strideWidth() + window.filterWidth()
                : Math.multiplyExact(window.outWidth(), window.filterWidth())];
        for (int slot = 0; slot < slotX.length; slot++) {
            slotX[slot] = shared
                    ? slot - window.padLeft()
                    : window.inX(slot / window.filterWidth(), slot % window.filterWidth());
        }
        slotStride = Math.multiplyExact(window.filterHeight(), channels);
    }

    /// Floats in the buffer.
    int length() {
        return Math.multiplyExact(slotX.length, slotStride);
    }

    /// Floats from the piece of one output position to that of the next.
    int positionStride() {
        return slotStride * (window.dilationWidth() == 1 ? window.strideWidth() : window.filterWidth());
    }

    /// Floats of one position's piece.
    int depth() {
        return window.taps() * channels;
    }

    /// Copies floats (real numbers, or codes as floats).
    ///
    /// @param image where the batch image starts
    /// @param padding what stands outside the image
    void copy(float[] input, int image, int outY, float padding, float[] buffer, int bufferOffset) {
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            int inY = window.inY(outY, filterY);
            boolean inside = inY >= 0 && inY < window.inHeight();
            int row = image + inY * window.inWidth() * window.inChannels() + firstChannel;
            int to = bufferOffset + filterY * channels;
            for (int inX : slotX) {
                if (inside && inX >= 0 && inX < window.inWidth()) {
                    int from = row + inX * window.inChannels();
                    for (int channel = 0; channel < channels; channel++) {
                        buffer[to + channel] = input[from + channel];
                    }
                } else {
                    Arrays.fill(buffer, to, to + channels, padding);
                }
                to += slotStride;
            }
        }
    }

    /// Copies codes as floats: those of INT8 as they are, those of UINT8 less 128.
    ///
    /// @param flip 0 for INT8, 0x80 for UINT8, whose sign bit it turns around
    void copy(byte[] input, int flip, int image, int outY, float padding, float[] buffer, int bufferOffset) {
        for (int filterY = 0; filterY < window.filterHeight(); filterY++) {
            int inY = window.inY(outY, filterY);
            boolean inside = inY >= 0 && inY < window.inHeight();
            int row = image + inY * window.inWidth() * window.inChannels() + firstChannel;
            int to = bufferOffset + filterY * channels;
            for (int inX : slotX) {
                if (inside && inX >= 0 && inX < window.inWidth()) {
                    int from = row + inX * window.inChannels();
                    for (int channel = 0; channel < channels; channel++) {
                        buffer[to + channel] = (byte) (input[from + channel] ^ flip);
                    }
                } else {
                    Arrays.fill(buffer, to, to + channels, padding);
                }
                to += slotStride;
            }
        }
    }
}
