package dev.whittle.engine.emitted.x86;

import dev.whittle.engine.kernel.Window;

/// What the code of a convolution depends on; weights, biases and factors are data that it reads.
///
/// @param numbers  of input, weights and output
/// @param window   how the filter slides
/// @param channels that are computed
/// @param rowChannels of a row of the output, these and those of other calls
/// @param isPooled whether the largest of each 2 × 2 positions is the output
/// @param hasOffset whether the weights of codes are all less by a constant, since they do not fit a byte as they are
/// @param finish   what becomes of sums
public record ConvolutionShape(Numbers numbers, Window window, int channels, int rowChannels, boolean isPooled,
        boolean hasOffset, Finish finish) {
    /// Bytes that a step of the reduction takes of input and of each channel's weights: one real number, or four codes.
    static final int STEP_BYTES = 4;

    /// The kinds of numbers that there are products for.
    public enum Numbers {
        FLOAT32(Float.BYTES), INT8(1), UINT8(1);

        private final int bytes;

        Numbers(int bytes) {
            this.bytes = bytes;
        }

        /// Bytes of an element.
        public int bytes() {
            return bytes;
        }

        /// Elements that are multiplied in one step.
        int stepElements() {
            return STEP_BYTES / bytes;
        }
    }

    /// What becomes of sums.
    public sealed interface Finish {

        /// The bias is added and the sum clamped.
        ///
        /// @param hasMinimum whether there is a lower bound
        /// @param hasMaximum whether there is an upper bound
        record Reals(boolean hasMinimum, boolean hasMaximum) implements Finish {}

        /// Scaled by factors that only a run knows, then as Reals: `(sum + offset) · factor + bias`.
        ///
        /// @param hasMinimum whether there is a lower bound
        /// @param hasMaximum whether there is an upper bound
        record Scaled(boolean hasMinimum, boolean hasMaximum) implements Finish {}

        /// Rounded twice in fixed point.
        ///
        /// @param roundsAway whether ties of the second rounding go away from zero in some channel
        /// @param isMixed    whether they do not in others
        /// @param saturates  whether the range is all of INT8, and cutting off to it all that is to be done
        record FixedPoint(boolean roundsAway, boolean isMixed, boolean saturates) implements Finish {}

        /// Rounded once, a product in double precision.
        ///
        /// @param saturates as in FixedPoint
        record Real(boolean saturates) implements Finish {}
    }

    /// Bytes between two positions of the input.
    int pixelBytes() {
        return window.inChannels() * numbers.bytes();
    }

    /// Bytes of a row of the input.
    int rowBytes() {
        return window.inWidth() * pixelBytes();
    }

    /// Bytes of an element of the output.
    public int outBytes() {
        return switch (finish) {
            case Finish.Reals _,Finish.Scaled _ -> Float.BYTES;
            case Finish.FixedPoint _,Finish.Real _ -> 1;
        };
    }

    /// Positions along each side that come to one of the output.
    int step() {
        return isPooled ? 2 : 1;
    }

    int outHeight() {
        return window.outHeight() / step();
    }

    /// Positions of a row of output.
    public int outWidth() {
        return window.outWidth() / step();
    }

    /// Fewer channels, at some of the positions of each row.
    public ConvolutionShape part(int firstX, int width, int ofChannels) {
        return new ConvolutionShape(numbers, window.inColumns(firstX * step(), width * step()), ofChannels, rowChannels,
                isPooled, hasOffset, finish);
    }

    /// The first tap of a row of the filter that lies on the image, at a position.
    int firstTapX(int x) {
        return firstTap(x * window.strideWidth() - window.padLeft(), window.dilationWidth(), window.filterWidth());
    }

    /// The tap after the last such.
    int endTapX(int x) {
        return endTap(x * window.strideWidth() - window.padLeft(), window.dilationWidth(), window.filterWidth(),
                window.inWidth());
    }

    /// The first row of the filter that lies on the image, for a row of positions.
    int firstTapY(int y) {
        return firstTap(y * window.strideHeight() - window.padTop(), window.dilationHeight(), window.filterHeight());
    }

    /// The row after the last such.
    int endTapY(int y) {
        return endTap(y * window.strideHeight() - window.padTop(), window.dilationHeight(), window.filterHeight(),
                window.inHeight());
    }

    private static int firstTap(int from, int dilation, int taps) {
        return from >= 0 ? 0 : Math.min(taps, Math.ceilDiv(-from, dilation));
    }

    private static int endTap(int from, int dilation, int taps, int size) {
        return Math.clamp(Math.ceilDiv(size - from, dilation), firstTap(from, dilation, taps), taps);
    }
}
