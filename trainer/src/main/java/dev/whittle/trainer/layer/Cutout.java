package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;

/// Sets a square of each training image to one value. Its centre is uniform over the image, so that parts of it may lie
/// outside (DeVries and Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout").
///
/// @param side of the square, as a share of the image's shorter side, 0 to 1
/// @param value inside the square, in all channels
public record Cutout(String name, float side, float value) implements RandomAugmentation {

    public Cutout {
        if (!(side >= 0 && side <= 1 && Float.isFinite(value))) {
            throw new IllegalArgumentException(
                    "layer \"%s\": side %s and value %s, must be 0 to 1 and finite".formatted(name, side, value));
        }
    }

    @Override
    public boolean isInPlace() {
        return true;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return images -> new Square(binding.input());
    }

    private final class Square implements BoundLayer.Pass {
        private final int height;
        private final int width;
        private final int channels;

        Square(Shape input) {
            height = input.dimension(0);
            width = input.dimension(1);
            channels = input.dimension(2);
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            cut(step, y, value);
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            cut(step, dx, 0);
        }

        private void cut(Step step, float[] values, float inside) {
            int size = Math.round(side * Math.min(height, width));
            for (int image = 0; image < step.images(); image++) {
                long key = key(step, image);
                int top = CounterRandom.below(height, key, 0) - size / 2;
                int left = CounterRandom.below(width, key, 1) - size / 2;
                int from = Math.max(left, 0);
                int to = Math.min(left + size, width);
                for (int row = Math.max(top, 0); row < Math.min(top + size, height) && from < to; row++) {
                    int start = (image * height + row) * width;
                    Arrays.fill(values, (start + from) * channels, (start + to) * channels, inside);
                }
            }
        }
    }
}
