package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// Multiplies the distance of each pixel from its channel's mean over the image by a number uniform in `1 ± factor`, drawn
/// for each training image, and keeps values between `low` and `high`, as Keras's layer of this name.
///
/// @param factor 0 to 1
/// @param low the least value of a pixel
/// @param high the greatest
public record RandomContrast(String name, float factor, float low, float high) implements RandomAugmentation {

    public RandomContrast {
        if (!(factor >= 0 && factor <= 1 && low < high && Float.isFinite(high - low))) {
            throw new IllegalArgumentException(
                    "layer \"%s\": factor %s of values from %s to %s, must be 0 to 1 of a finite range".formatted(name,
                            factor, low, high));
        }
    }

    @Override
    public boolean isInPlace() {
        return true;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        Shape input = binding.input();
        return images -> new Stretch(input.dimension(0) * input.dimension(1), input.dimension(2));
    }

    private final class Stretch implements BoundLayer.Pass {
        private final int pixels;
        private final int channels;
        private final double[] sums;

        Stretch(int pixels, int channels) {
            this.pixels = pixels;
            this.channels = channels;
            sums = new double[channels];
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            for (int image = 0; image < step.images(); image++) {
                float stretch = stretch(step, image);
                int offset = image * pixels * channels;
                sum(x, offset);
                for (int c = 0; c < channels; c++) {
                    float mean = (float) (sums[c] / pixels);
                    for (int i = offset + c; i < offset + pixels * channels; i += channels) {
                        y[i] = Math.min(Math.max((x[i] - mean) * stretch + mean, low), high);
                    }
                }
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int image = 0; image < step.images(); image++) {
                float stretch = stretch(step, image);
                int offset = image * pixels * channels;
                for (int i = offset; i < offset + pixels * channels; i++) {
                    dx[i] = y[i] > low && y[i] < high ? dy[i] : 0;
                }
                sum(dx, offset);
                for (int c = 0; c < channels; c++) {
                    float throughMean = (float) ((1 - stretch) * sums[c] / pixels);
                    for (int i = offset + c; i < offset + pixels * channels; i += channels) {
                        dx[i] = dx[i] * stretch + throughMean;
                    }
                }
            }
        }

        private float stretch(Step step, int image) {
            return 1 + (2 * CounterRandom.uniform(key(step, image), 0) - 1) * factor;
        }

        /// Sums each channel of an image, in an order that is always the same: four sums, since additions that wait for each
        /// other would cost most of the layer.
        private void sum(float[] values, int offset) {
            for (int c = 0; c < channels; c++) {
                double a = 0;
                double b = 0;
                double d = 0;
                double e = 0;
                int end = offset + pixels * channels;
                int i = offset + c;
                for (; i + 3 * channels < end; i += 4 * channels) {
                    a += values[i];
                    b += values[i + channels];
                    d += values[i + 2 * channels];
                    e += values[i + 3 * channels];
                }
                for (; i < end; i += channels) {
                    a += values[i];
                }
                sums[c] = a + b + (d + e);
            }
        }
    }
}
