package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// While training, sets each element to zero with probability `rate` and scales the others by `1 / (1 − rate)`, so that
/// nothing has to change afterwards (Srivastava et al. 2014, section 10).
public record Dropout(String name, float rate) implements Layer {

    public Dropout {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException(
                    "layer \"%s\": rate %s, must be at least 0 and below 1".formatted(name, rate));
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public boolean isInPlace() {
        return true;
    }

    @Override
    public boolean isTrainingOnly() {
        return true;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        int elements = binding.input().elementCount();
        return images -> new Mask(elements);
    }

    private final class Mask implements BoundLayer.Pass {
        private final int elements;

        Mask(int elements) {
            this.elements = elements;
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            apply(step, x, y);
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            apply(step, dy, dx);
        }

        /// The mask is drawn again from the image's key instead of being kept.
        private void apply(Step step, float[] from, float[] to) {
            float kept = 1 / (1 - rate);
            for (int image = 0; image < step.images(); image++) {
                long key = CounterRandom.fold(step.imageKey(image), name.hashCode());
                int offset = image * elements;
                for (int i = 0; i < elements; i++) {
                    to[offset + i] = CounterRandom.uniform(key, i) < rate ? 0 : from[offset + i] * kept;
                }
            }
        }
    }
}
