package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// `y = tanh x`.
public record Tanh(String name) implements Layer {

    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public boolean readsOutput() {
        return true;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        int elements = binding.input().elementCount();
        return images -> new Tangent(elements);
    }

    private record Tangent(int elements) implements BoundLayer.Pass {
        @Override
        public void forward(Step step, float[] x, float[] y) {
            for (int i = 0; i < step.images() * elements; i++) {
                y[i] = (float) StrictMath.tanh(x[i]);
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int i = 0; i < step.images() * elements; i++) {
                dx[i] = dy[i] * (1 - y[i] * y[i]);
            }
        }
    }
}
