package dev.whittle.trainer.layer;

/// Adds to each training image a number uniform in `±factor · (high − low)` and keeps values between `low` and `high`, as
/// Keras's layer of this name.
///
/// @param factor 0 to 1
/// @param low the least value of a pixel
/// @param high the greatest
public record RandomBrightness(String name, float factor, float low, float high) implements RandomAugmentation {

    public RandomBrightness {
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
        int elements = binding.input().elementCount();
        return images -> new Shift(elements);
    }

    private final class Shift implements BoundLayer.Pass {
        private final int elements;

        Shift(int elements) {
            this.elements = elements;
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            for (int image = 0; image < step.images(); image++) {
                float shift = (2 * CounterRandom.uniform(key(step, image), 0) - 1) * factor * (high - low);
                for (int i = image * elements; i < (image + 1) * elements; i++) {
                    y[i] = Math.min(Math.max(x[i] + shift, low), high);
                }
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int i = 0; i < step.images() * elements; i++) {
                dx[i] = y[i] > low && y[i] < high ? dy[i] : 0;
            }
        }
    }
}
