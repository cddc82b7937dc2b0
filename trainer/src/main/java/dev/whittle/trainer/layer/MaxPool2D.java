package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;

/// The largest value of each window, per channel; borders are left out of the window. The gradient goes to the element
/// that was taken, the first of equal ones in row order.
public record MaxPool2D(String name, int poolHeight, int poolWidth, int strideHeight, int strideWidth, Padding padding)
        implements
        Layer {

    public MaxPool2D {
        if (poolHeight < 1 || poolWidth < 1 || strideHeight < 1 || strideWidth < 1) {
            throw new IllegalArgumentException("layer \"%s\": window %d x %d with strides %d x %d, must be positive"
                    .formatted(name, poolHeight, poolWidth, strideHeight, strideWidth));
        }
    }

    /// Square windows side by side, without padding.
    public MaxPool2D(String name, int poolSize) {
        this(name, poolSize, poolSize, poolSize, poolSize, Padding.VALID);
    }

    @Override
    public Shape outputShape(Shape input) {
        Images.of(this, input);
        int height = padding.outputSize(input.dimension(0), poolHeight, strideHeight, 1);
        int width = padding.outputSize(input.dimension(1), poolWidth, strideWidth, 1);
        if (height < 1 || width < 1) {
            throw refused("input %s is smaller than the window, must be at least %d x %d".formatted(input, poolHeight,
                    poolWidth));
        }
        return Shape.of(height, width, input.dimension(2));
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return images -> new Maximum(images, binding.input(), binding.output());
    }

    private final class Maximum implements BoundLayer.Pass {
        private final int inHeight;
        private final int inWidth;
        private final int channels;
        private final int outHeight;
        private final int outWidth;
        private final int padTop;
        private final int padLeft;
        private final int[] taken;

        Maximum(int images, Shape input, Shape output) {
            inHeight = input.dimension(0);
            inWidth = input.dimension(1);
            channels = input.dimension(2);
            outHeight = output.dimension(0);
            outWidth = output.dimension(1);
            padTop = padding.before(inHeight, poolHeight, strideHeight, 1);
            padLeft = padding.before(inWidth, poolWidth, strideWidth, 1);
            taken = new int[images * output.elementCount()];
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            int to = 0;
            for (int image = 0; image < step.images(); image++) {
                for (int outY = 0; outY < outHeight; outY++) {
                    int firstY = Math.max(outY * strideHeight - padTop, 0);
                    int endY = Math.min(outY * strideHeight - padTop + poolHeight, inHeight);
                    for (int outX = 0; outX < outWidth; outX++) {
                        int firstX = Math.max(outX * strideWidth - padLeft, 0);
                        int endX = Math.min(outX * strideWidth - padLeft + poolWidth, inWidth);
                        int first = ((image * inHeight + firstY) * inWidth + firstX) * channels;
                        for (int c = 0; c < channels; c++) {
                            y[to + c] = x[first + c];
                            taken[to + c] = first + c;
                        }
                        for (int inY = firstY; inY < endY; inY++) {
                            for (int inX = firstX; inX < endX; inX++) {
                                int at = ((image * inHeight + inY) * inWidth + inX) * channels;
                                for (int c = 0; c < channels; c++) {
                                    float value = x[at + c];
                                    boolean larger = value > y[to + c];
                                    y[to + c] = larger ? value : y[to + c];
                                    taken[to + c] = larger ? at + c : taken[to + c];
                                }
                            }
                        }
                        to += channels;
                    }
                }
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            Arrays.fill(dx, 0, step.images() * inHeight * inWidth * channels, 0);
            for (int i = 0; i < step.images() * outHeight * outWidth * channels; i++) {
                dx[taken[i]] += dy[i];
            }
        }
    }
}
