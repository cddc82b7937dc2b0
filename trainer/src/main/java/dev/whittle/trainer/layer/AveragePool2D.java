package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;

/// The mean of each window, per channel; what lies beyond the borders is left out of sum and count.
public record AveragePool2D(String name, int poolHeight, int poolWidth, int strideHeight, int strideWidth,
        Padding padding) implements Layer {

    public AveragePool2D {
        if (poolHeight < 1 || poolWidth < 1 || strideHeight < 1 || strideWidth < 1) {
            throw new IllegalArgumentException("layer \"%s\": window %d x %d with strides %d x %d, must be positive"
                    .formatted(name, poolHeight, poolWidth, strideHeight, strideWidth));
        }
    }

    /// Windows side by side, without padding.
    public AveragePool2D(String name, int poolHeight, int poolWidth) {
        this(name, poolHeight, poolWidth, poolHeight, poolWidth, Padding.VALID);
    }

    @Override
    public Shape outputShape(Shape input) {
        return Images.windows(this, input, poolHeight, poolWidth, strideHeight, strideWidth, 1, 1, padding,
                Images.of(this, input).dimension(2));
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return images -> new Mean(binding);
    }

    private final class Mean implements BoundLayer.Pass {
        private final int inHeight;
        private final int inWidth;
        private final int channels;
        private final int outHeight;
        private final int outWidth;
        private final int padTop;
        private final int padLeft;

        Mean(Binding binding) {
            inHeight = binding.input().dimension(0);
            inWidth = binding.input().dimension(1);
            channels = binding.input().dimension(2);
            outHeight = binding.output().dimension(0);
            outWidth = binding.output().dimension(1);
            padTop = padding.before(inHeight, poolHeight, strideHeight, 1);
            padLeft = padding.before(inWidth, poolWidth, strideWidth, 1);
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            Arrays.fill(y, 0, step.images() * outHeight * outWidth * channels, 0);
            walk(step, x, y, false);
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            Arrays.fill(dx, 0, step.images() * inHeight * inWidth * channels, 0);
            walk(step, dx, dy, true);
        }

        /// Gathers the means of `source`, or scatters the gradients of `target`.
        private void walk(Step step, float[] source, float[] target, boolean scatter) {
            int at = 0;
            for (int image = 0; image < step.images(); image++) {
                for (int outY = 0; outY < outHeight; outY++) {
                    int firstY = Math.max(outY * strideHeight - padTop, 0);
                    int endY = Math.min(outY * strideHeight - padTop + poolHeight, inHeight);
                    for (int outX = 0; outX < outWidth; outX++) {
                        int firstX = Math.max(outX * strideWidth - padLeft, 0);
                        int endX = Math.min(outX * strideWidth - padLeft + poolWidth, inWidth);
                        int count = (endY - firstY) * (endX - firstX);
                        for (int inY = firstY; inY < endY; inY++) {
                            for (int inX = firstX; inX < endX; inX++) {
                                int pixel = ((image * inHeight + inY) * inWidth + inX) * channels;
                                if (scatter) {
                                    scatter(source, pixel, target, at, count);
                                } else {
                                    gather(source, pixel, target, at);
                                }
                            }
                        }
                        if (!scatter) {
                            for (int c = 0; c < channels; c++) {
                                target[at + c] /= count;
                            }
                        }
                        at += channels;
                    }
                }
            }
        }

        private void gather(float[] x, int pixel, float[] y, int at) {
            for (int c = 0; c < channels; c++) {
                y[at + c] += x[pixel + c];
            }
        }

        private void scatter(float[] dx, int pixel, float[] dy, int at, int count) {
            for (int c = 0; c < channels; c++) {
                dx[pixel + c] += dy[at + c] / count;
            }
        }
    }
}
