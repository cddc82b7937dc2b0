package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// `y = x · min(max(x + 3, 0), 6) / 6` (Howard et al. 2019, "Searching for MobileNetV3", section 5.2).
public record HardSwish(String name) implements Layer {

    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        int elements = binding.input().elementCount();
        return images -> new Gate(elements);
    }

    private record Gate(int elements) implements BoundLayer.Pass {
        @Override
        public void forward(Step step, float[] x, float[] y) {
            for (int i = 0; i < step.images() * elements; i++) {
                y[i] = x[i] * Math.min(Math.max(x[i] + 3, 0), 6) / 6;
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int i = 0; i < step.images() * elements; i++) {
                float slope = x[i] <= -3 ? 0 : x[i] >= 3 ? 1 : (2 * x[i] + 3) / 6;
                dx[i] = dy[i] * slope;
            }
        }
    }
}
