package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// `y = max(x, 0)`. Behind a convolution or a fully-connected layer, that layer's matrix product applies it; before a
/// max-pool, that layer applies its gradient, to the few elements that were taken.
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
        return new Bound(binding.input().elementCount(), binding.forwardReLU(), binding.backwardReLU());
    }

    private record Bound(int elements, boolean forwardApplied, boolean backwardApplied) implements BoundLayer {
        @Override
        public boolean isByImage() {
            return true;
        }

        @Override
        public Pass pass(int images) {
            return new Rectification(elements, forwardApplied, backwardApplied);
        }
    }

    private static final class Rectification implements BoundLayer.Pass {
        private final int elements;
        private final boolean forwardApplied;
        private final boolean backwardApplied;

        Rectification(int elements, boolean forwardApplied, boolean backwardApplied) {
            this.elements = elements;
            this.forwardApplied = forwardApplied;
            this.backwardApplied = backwardApplied;
        }

        @Override
        public void forward(Step step, float[] x, float[] y) {
            if (forwardApplied) {
                return;
            }
            for (int i = step.firstImage() * elements; i < step.endImage() * elements; i++) {
                y[i] = Math.max(x[i], 0);
            }
        }

        @Override
        public void backward(Step step, float[] x, float[] y, float[] dy, float[] dx) {
            if (backwardApplied) {
                return;
            }
            for (int i = step.firstImage() * elements; i < step.endImage() * elements; i++) {
                // y is not negative, so its sign is 0 or 1; the compiler makes vectors of this and branches of a condition.
                dx[i] = dy[i] * Math.signum(y[i]);
            }
        }
    }
}
