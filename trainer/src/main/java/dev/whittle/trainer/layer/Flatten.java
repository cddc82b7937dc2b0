package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// `[height, width, channel]` read as `[feature]`; the values stay where they are.
public record Flatten(String name) implements Layer {

    @Override
    public Shape outputShape(Shape input) {
        return Shape.of(input.elementCount());
    }

    @Override
    public boolean isInPlace() {
        return true;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        return images -> new Unchanged();
    }

    private static final class Unchanged implements BoundLayer.Pass {
        @Override
        public void forward(Step step, float[] x, float[] y) {
            assert x == y;
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            assert dx == dy;
        }
    }
}
