package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;
import java.util.List;

/// A layer of two or more inputs, which has no parameters.
public sealed interface MergingLayer extends Layer permits Add, Concat {

    @Override
    default Shape outputShape(Shape input) {
        return outputShape(List.of(input));
    }

    @Override
    Shape outputShape(List<Shape> inputs);

    /// A merging layer goes forward and backward by [#merge].
    @Override
    default BoundLayer bind(Binding binding) {
        throw new UnsupportedOperationException("a merging layer has several inputs");
    }

    /// The computation, which has no state: all threads may share it.
    Merge merge(List<Shape> inputs);

    /// Forward and backward of some images; allocates nothing.
    interface Merge {

        /// Computes `y`, `[images, output]`, from each `x[k]`, `[images, input k]`.
        void forward(int images, List<float[]> x, float[] y);

        /// Computes ∂loss/∂`x[input]` from `dy` = ∂loss/∂`y`.
        void backward(int images, int input, float[] dy, float[] dx);
    }
}
