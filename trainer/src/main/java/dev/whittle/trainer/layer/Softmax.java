package dev.whittle.trainer.layer;

import dev.whittle.engine.kernel.Exp;
import dev.whittle.engine.model.Shape;

/// `y[i] = exp(x[i] − max x) / Σ exp(x[j] − max x)`. Its gradient is `dx[i] = y[i] · (dy[i] − Σ dy[j] · y[j])`; training
/// with cross-entropy skips it, since the two together have the gradient `y − target`.
public record Softmax(String name) implements Layer {

    @Override
    public Shape outputShape(Shape input) {
        if (input.rank() != 1) {
            throw refused("input " + input + ", must be [class]");
        }
        return input;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        int classes = binding.input().elementCount();
        return images -> new Distribution(classes);
    }

    private static final class Distribution implements BoundLayer.Pass {
        private final int classes;

        Distribution(int classes) {
            this.classes = classes;
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            for (int image = 0; image < step.images(); image++) {
                int from = image * classes;
                float max = x[from];
                for (int i = 1; i < classes; i++) {
                    max = Math.max(max, x[from + i]);
                }
                float sum = 0;
                for (int i = 0; i < classes; i++) {
                    y[from + i] = Exp.of(x[from + i] - max);
                    sum += y[from + i];
                }
                for (int i = 0; i < classes; i++) {
                    y[from + i] /= sum;
                }
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int image = 0; image < step.images(); image++) {
                int from = image * classes;
                float dot = 0;
                for (int i = 0; i < classes; i++) {
                    dot += dy[from + i] * y[from + i];
                }
                for (int i = 0; i < classes; i++) {
                    dx[from + i] = y[from + i] * (dy[from + i] - dot);
                }
            }
        }
    }
}
