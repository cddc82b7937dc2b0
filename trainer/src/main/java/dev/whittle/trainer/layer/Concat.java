package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.List;

/// The inputs side by side along the last dimension, in their order; the other dimensions must be the same.
public record Concat(String name) implements MergingLayer {

    @Override
    public Shape outputShape(List<Shape> inputs) {
        Shape first = inputs.getFirst();
        int last = first.rank() - 1;
        int sum = 0;
        for (Shape input : inputs) {
            if (inputs.size() < 2 || input.rank() != first.rank()
                    || !input.withDimension(last, 1).equals(first.withDimension(last, 1))) {
                throw refused("inputs " + inputs + ", must be two or more that differ in the last dimension only");
            }
            sum = Math.addExact(sum, input.dimension(last));
        }
        return first.withDimension(last, sum);
    }

    @Override
    public Merge merge(List<Shape> inputs) {
        return new Interleaving(inputs);
    }

    private static final class Interleaving implements Merge {
        private final int rows;
        private final int[] widths;
        private final int[] starts;
        private final int total;

        Interleaving(List<Shape> inputs) {
            int last = inputs.getFirst().rank() - 1;
            rows = inputs.getFirst().elementCount() / inputs.getFirst().dimension(last);
            widths = new int[inputs.size()];
            starts = new int[inputs.size()];
            int sum = 0;
            for (int k = 0; k < widths.length; k++) {
                widths[k] = inputs.get(k).dimension(last);
                starts[k] = sum;
                sum += widths[k];
            }
            total = sum;
        }

        @Override
        public void forward(int images, List<float[]> x, float[] y) {
            for (int k = 0; k < widths.length; k++) {
                float[] from = x.get(k);
                for (int row = 0; row < images * rows; row++) {
                    System.arraycopy(from, row * widths[k], y, row * total + starts[k], widths[k]);
                }
            }
        }

        @Override
        public void backward(int images, int input, float[] dy, float[] dx) {
            for (int row = 0; row < images * rows; row++) {
                System.arraycopy(dy, row * total + starts[input], dx, row * widths[input], widths[input]);
            }
        }
    }
}
