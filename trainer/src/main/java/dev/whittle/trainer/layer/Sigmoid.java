package dev.whittle.trainer.layer;

import dev.whittle.engine.kernel.Exp;
import dev.whittle.engine.model.Shape;

/// `y = 1 / (1 + exp(−x))`. Training with binary cross-entropy skips its gradient when it is the last layer, since the two
/// together have the gradient `y − target`.
public record Sigmoid(String name) implements Layer {

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
        return images -> new Logistic(elements);
    }

    private record Logistic(int elements) implements BoundLayer.Pass {
        @Override
        public void forward(Step step, float[] x, float[] y) {
            for (int i = 0; i < step.images() * elements; i++) {
                y[i] = 1 / (1 + Exp.of(-x[i]));
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int i = 0; i < step.images() * elements; i++) {
                dx[i] = dy[i] * y[i] * (1 - y[i]);
            }
        }
    }
}
