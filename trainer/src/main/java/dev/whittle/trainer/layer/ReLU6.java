package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// `y = min(max(x, 0), 6)` (Krizhevsky 2010, "Convolutional Deep Belief Networks on CIFAR-10").
public record ReLU6(String name) implements Layer {
    private static final float MAX = 6;

    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public boolean isInPlace() {
        return true;
    }

    @Override
    public boolean readsOutput() {
        return true;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        int elements = binding.input().elementCount();
        return images -> new Clamp(elements);
    }

    private record Clamp(int elements) implements BoundLayer.Pass {
        @Override
        public void forward(Step step, float[] x, float[] y) {
            for (int i = 0; i < step.images() * elements; i++) {
                y[i] = Math.min(Math.max(x[i], 0), MAX);
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int i = 0; i < step.images() * elements; i++) {
                // y · (6 − y) is positive inside and zero at both ends; the compiler makes vectors of this.
                dx[i] = dy[i] * Math.signum(y[i] * (MAX - y[i]));
            }
        }
    }
}
