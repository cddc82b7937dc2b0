package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;

/// How a filter slides over an image: `[batches, inHeight, inWidth, inChannels]` to `outHeight × outWidth` positions.
public record Window(int batches, int inHeight, int inWidth, int inChannels, int outHeight, int outWidth,
        int filterHeight,
        int filterWidth, int strideHeight, int strideWidth, int dilationHeight, int dilationWidth, int padTop,
        int padLeft) {

    /// Places the filter `[…, height, width, …]` of input 1 on input 0.
    static Window ofFilter(Preparation p, Padding padding, int strideHeight, int strideWidth, int dilationHeight,
            int dilationWidth) {
        Tensor filter = p.inputTensor(1);
        TensorChecks.rank(p, "filter", filter, 4);
        return of(p, filter.shape().dimension(1), filter.shape().dimension(2), strideHeight, strideWidth,
                dilationHeight, dilationWidth, padding);
    }

    /// Places a filter on the operator's input 0.
    static Window of(Preparation p, int filterHeight, int filterWidth, int strideHeight, int strideWidth,
            int dilationHeight, int dilationWidth, Padding padding) {
        TensorChecks.rank(p, "input", p.inputTensor(0), 4);
        Shape input = p.inputTensor(0).shape();
        Slide.check(p, "height", filterHeight, strideHeight, dilationHeight);
        Slide.check(p, "width", filterWidth, strideWidth, dilationWidth);
        int inHeight = input.dimension(1);
        int inWidth = input.dimension(2);
        int outHeight = padding.outputSize(inHeight, filterHeight, strideHeight, dilationHeight);
        int outWidth = padding.outputSize(inWidth, filterWidth, strideWidth, dilationWidth);
        if (outHeight < 1 || outWidth < 1) {
            throw p.malformed("input " + input + " is too small for a filter of " + filterHeight + " x " + filterWidth
                    + ", must leave at least one position");
        }
        return new Window(input.dimension(0), inHeight, inWidth, input.dimension(3), outHeight, outWidth, filterHeight,
                filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth,
                padding.before(inHeight, filterHeight, strideHeight, dilationHeight),
                padding.before(inWidth, filterWidth, strideWidth, dilationWidth));
    }

    /// The rows of a matrix as positions of a filter of one tap.
    static Window ofRows(int rows, int depth) {
        return new Window(1, 1, rows, depth, 1, rows, 1, 1, 1, 1, 1, 1, 0, 0);
    }

    /// The same positions of a filter of one tap in rows of another width, which divides them.
    public Window inRowsOf(int width) {
        int height = positions() / width;
        return new Window(batches, height, width, inChannels, height, width, filterHeight, filterWidth, strideHeight,
                strideWidth, dilationHeight, dilationWidth, padTop, padLeft);
    }

    /// Some columns of the same positions; the padding on the left is negative where they begin within the image.
    public Window inColumns(int first, int count) {
        return new Window(batches, inHeight, inWidth, inChannels, outHeight, count, filterHeight, filterWidth,
                strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft - first * strideWidth);
    }

    /// The same filter at other numbers of positions.
    Window withOutput(int height, int width) {
        return new Window(batches, inHeight, inWidth, inChannels, height, width, filterHeight, filterWidth,
                strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft);
    }

    Shape outputShape(int channels) {
        return Shape.of(batches, outHeight, outWidth, channels);
    }

    /// Output positions of an image.
    public int positions() {
        return outHeight * outWidth;
    }

    /// Taps of the filter over one channel.
    public int taps() {
        return filterHeight * filterWidth;
    }

    /// Input row under a tap; outside `[0, inHeight)` where the tap lies on padding.
    public int inY(int outY, int filterY) {
        return outY * strideHeight - padTop + filterY * dilationHeight;
    }

    /// Input column under a tap; outside `[0, inWidth)` where the tap lies on padding.
    public int inX(int outX, int filterX) {
        return outX * strideWidth - padLeft + filterX * dilationWidth;
    }

    boolean isInside(int inY, int inX) {
        return inY >= 0 && inY < inHeight && inX >= 0 && inX < inWidth;
    }

    /// True where no tap ever lies on padding.
    boolean isInside() {
        return padTop == 0 && padLeft == 0 && inY(outHeight - 1, filterHeight - 1) < inHeight
                && inX(outWidth - 1, filterWidth - 1) < inWidth;
    }

    /// True where each output position sees just the input position of the same index.
    public boolean isPointwise() {
        return taps() == 1 && strideHeight == 1 && strideWidth == 1 && padTop == 0 && padLeft == 0;
    }
}
