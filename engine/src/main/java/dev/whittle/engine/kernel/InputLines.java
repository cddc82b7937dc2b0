package dev.whittle.engine.kernel;

import java.util.Arrays;

/// The input rows under some output rows as lines of floats in which the filter meets no border and no codes: padding and
/// the widening of codes happen while they are copied. Real numbers without padding need no copy: the image's rows are
/// such lines already.
final class InputLines {
    private final Window window;
    private final int firstChannel;
    private final int channels;
    private final boolean isInput;
    /// Input rows from one line to the next, and columns from one pixel of a line to the next: those that a filter of one
    /// row or column passes over are not copied.
    private final int rowStep;
    private final int columnStep;
    private final int pixels;

    /// @param firstChannel first of the `channels` input channels to read, for grouped convolution
    InputLines(RowSource source, Window window, int firstChannel, int channels) {
        this(window, firstChannel, channels,
                source instanceof RowSource.Reals && channels == window.inChannels() && window.isInside());
    }

    /// The image's rows of real numbers as they are, where the window may reach past their ends.
    static InputLines ofUnpadded(Window window) {
        return new InputLines(window, 0, window.inChannels(), true);
    }

    private InputLines(Window window, int firstChannel, int channels, boolean isInput) {
        this.window = window;
        this.firstChannel = firstChannel;
        this.channels = channels;
        this.isInput = isInput;
        rowStep = isInput || window.filterHeight() > 1 ? 1 : window.strideHeight();
        columnStep = isInput || window.filterWidth() > 1 ? 1 : window.strideWidth();
        pixels = isInput
                ? window.inWidth()
                : (window.inX(window.outWidth() - 1, window.filterWidth() - 1) - window.inX(0, 0)) / columnStep + 1;
    }

    private InputLines(InputLines from, int channels) {
        window = from.window;
        firstChannel = from.firstChannel;
        this.channels = channels;
        isInput = from.isInput;
        rowStep = from.rowStep;
        columnStep = from.columnStep;
        pixels = from.pixels;
    }

    /// Lines of the same pixels, each with another number of channels.
    InputLines withChannels(int count) {
        return new InputLines(this, count);
    }

    /// Whether the lines are the image's rows: nothing is to be copied then.
    boolean isInput() {
        return isInput;
    }

    /// Floats in a line.
    int length() {
        return pixels * channels;
    }

    /// Floats from what an output position sees to what its neighbour sees.
    int positionStride() {
        return window.strideWidth() / columnStep * channels;
    }

    /// Floats from what an output row sees to what the next one sees.
    int outRowStride() {
        return window.strideHeight() / rowStep * length();
    }

    /// Steps of the reduction that a position finds next to each other: `[filterX][channel]`, or the channels of one tap
    /// where columns lie between the taps.
    int depth() {
        return window.dilationWidth() == 1 ? window.filterWidth() * channels : channels;
    }

    /// For each run of `depth` steps of the reduction where a position finds it, from what it sees first.
    ///
    /// @param depth [#depth] or a divisor of it
    int[] offsets(int depth) {
        int[] offsets = new int[window.taps() * channels / depth];
        for (int i = 0; i < offsets.length; i++) {
            int tap = i * depth / channels;
            offsets[i] = tap / window.filterWidth() * window.dilationHeight() * length()
                    + tap % window.filterWidth() * window.dilationWidth() * channels + i * depth % channels;
        }
        return offsets;
    }

    /// How many lines lie under `outRows` output rows.
    int count(int outRows) {
        return (window.inY(outRows - 1, window.filterHeight() - 1) - window.inY(0, 0)) / rowStep + 1;
    }

    /// Where in the input the lines under output row `outY` start, if they are the image's rows: what its first position sees
    /// first, be it inside the image or not.
    int inputOffset(int batch, int outY) {
        return (batch * window.inHeight() + window.inY(outY, 0)) * length() + window.inX(0, 0) * channels;
    }

    /// Copies the lines under `outRows` output rows from `outY` on.
    void copy(Memory memory, RowSource source, int part, int batch, int outY, int outRows, float[] to, int toOffset) {
        int firstY = window.inY(outY, 0);
        int lines = count(outRows);
        for (int line = 0; line < lines; line++) {
            copyLine(memory, source, part, batch, firstY + line * rowStep, to, toOffset + line * length());
        }
    }

    /// Copies input row `inY` as a line, all padding where there is no such row.
    void copyLine(Memory memory, RowSource source, int part, int batch, int inY, float[] to, int toOffset) {
        float padding = source.padding(memory, batch, part);
        if (inY < 0 || inY >= window.inHeight()) {
            Arrays.fill(to, toOffset, toOffset + length(), padding);
            return;
        }
        int firstX = window.inX(0, 0);
        // Pixels below `start` lie left of the image, those from `end` on right of it.
        int start = Math.min(pixels, firstX >= 0 ? 0 : Math.ceilDiv(-firstX, columnStep));
        int end = Math.clamp(Math.ceilDiv(window.inWidth() - firstX, columnStep), start, pixels);
        int from = source.offset(memory)
                + ((batch * window.inHeight() + inY) * window.inWidth() + firstX + start * columnStep)
                        * window.inChannels()
                + firstChannel;
        int first = toOffset + start * channels;
        Arrays.fill(to, toOffset, first, padding);
        if (channels == window.inChannels() && columnStep == 1) {
            source.widen(memory, part, from, 0, 1, (end - start) * channels, to, first, 0);
        } else {
            source.widen(memory, part, from, columnStep * window.inChannels(), end - start, channels, to, first,
                    channels);
        }
        Arrays.fill(to, toOffset + end * channels, toOffset + length(), padding);
    }
}
