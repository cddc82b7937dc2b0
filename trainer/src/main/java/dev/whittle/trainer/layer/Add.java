package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.List;

/// The sum of inputs of one shape, added in their order: `y = x₀ + x₁ + …`.
public record Add(String name) implements MergingLayer {

    @Override
    public Shape outputShape(List<Shape> inputs) {
        if (inputs.size() < 2 || inputs.stream().distinct().count() > 1) {
            throw refused("inputs " + inputs + ", must be two or more of one shape");
        }
        return inputs.getFirst();
    }

    @Override
    public Merge merge(List<Shape> inputs) {
        return new Sum(inputs.getFirst().elementCount());
    }

    private record Sum(int elements) implements Merge {
        @Override
        public void forward(int images, List<float[]> x, float[] y) {
            int count = images * elements;
            System.arraycopy(x.getFirst(), 0, y, 0, count);
            for (int k = 1; k < x.size(); k++) {
                float[] term = x.get(k);
                for (int i = 0; i < count; i++) {
                    y[i] += term[i];
                }
            }
        }

        @Override
        public void backward(int images, int input, float[] dy, float[] dx) {
            System.arraycopy(dy, 0, dx, 0, images * elements);
        }
    }
}
