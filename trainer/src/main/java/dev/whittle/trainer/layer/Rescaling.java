package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// `y = x · scale + offset`, rounded after each operation as MUL and ADD do.
public record Rescaling(String name, float scale, float offset) implements Layer {

    public Rescaling {
        if (!Float.isFinite(scale) || !Float.isFinite(offset)) {
            throw new IllegalArgumentException(
                    "layer \"%s\": scale %s and offset %s, must be finite".formatted(name, scale, offset));
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        int elements = binding.input().elementCount();
        return images -> new Affine(elements);
    }

    private final class Affine implements BoundLayer.Pass {
        private final int elements;

        Affine(int elements) {
            this.elements = elements;
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            for (int i = 0; i < step.images() * elements; i++) {
                y[i] = x[i] * scale + offset;
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            for (int i = 0; i < step.images() * elements; i++) {
                dx[i] = dy[i] * scale;
            }
        }
    }
}
