package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;

/// The mean of each channel over all pixels: `[height, width, channel]` becomes `[channel]`.
public record GlobalAveragePool(String name) implements Layer {

    @Override
    public Shape outputShape(Shape input) {
        return Shape.of(Images.of(this, input).dimension(2));
    }

    @Override
    public BoundLayer bind(Binding binding) {
        int channels = binding.output().elementCount();
        int pixels = binding.input().elementCount() / channels;
        return images -> new Mean(pixels, channels);
    }

    private record Mean(int pixels, int channels) implements BoundLayer.Pass {
        @Override
        public void forward(Step step, float[] x, float[] y) {
            Arrays.fill(y, 0, step.images() * channels, 0);
            for (int image = 0; image < step.images(); image++) {
                int to = image * channels;
                for (int pixel = 0; pixel < pixels; pixel++) {
                    int from = (image * pixels + pixel) * channels;
                    for (int c = 0; c < channels; c++) {
                        y[to + c] += x[from + c];
                    }
                }
            }
            for (int i = 0; i < step.images() * channels; i++) {
                y[i] /= pixels;
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int image = 0; image < step.images(); image++) {
                int from = image * channels;
                for (int pixel = 0; pixel < pixels; pixel++) {
                    int to = (image * pixels + pixel) * channels;
                    for (int c = 0; c < channels; c++) {
                        dx[to + c] = dy[from + c] / pixels;
                    }
                }
            }
        }
    }
}
