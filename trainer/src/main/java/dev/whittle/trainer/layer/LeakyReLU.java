package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// `y = x` where `x` is positive, else `slope · x` (Maas et al. 2013, "Rectifier Nonlinearities Improve Neural Network
/// Acoustic Models").
///
/// @param slope of the negative side, 0 to 1
public record LeakyReLU(String name, float slope) implements Layer {

    public LeakyReLU {
        if (!(slope >= 0 && slope <= 1)) {
            throw new IllegalArgumentException("layer \"%s\": slope %s, must be 0 to 1".formatted(name, slope));
        }
    }

    /// With a slope of 0.3, as Keras has it.
    public LeakyReLU(String name) {
        this(name, 0.3f);
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
    public BoundLayer bind(Binding binding) {
        int elements = binding.input().elementCount();
        return images -> new Leak(elements, slope);
    }

    private record Leak(int elements, float slope) implements BoundLayer.Pass {
        @Override
        public void forward(Step step, float[] x, float[] y) {
            for (int i = 0; i < step.images() * elements; i++) {
                y[i] = Math.max(x[i], 0) + slope * Math.min(x[i], 0);
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int i = 0; i < step.images() * elements; i++) {
                dx[i] = dy[i] * (y[i] > 0 ? 1 : slope);
            }
        }
    }
}
