package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// `y = max(x, 0)`. Behind a convolution or a fully-connected layer, that layer's matrix product applies it.
public record ReLU(String name) implements Layer {

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
        return images -> new Rectification(binding.input().elementCount(), binding.fusedReLU());
    }

    private static final class Rectification implements BoundLayer.Pass {
        private final int elements;
        private final boolean applied;

        Rectification(int elements, boolean applied) {
            this.elements = elements;
            this.applied = applied;
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            if (applied) {
                return;
            }
            for (int i = 0; i < step.images() * elements; i++) {
                y[i] = x[i] < 0 ? 0 : x[i];
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int i = 0; i < step.images() * elements; i++) {
                dx[i] = y[i] > 0 ? dy[i] : 0;
            }
        }
    }
}
