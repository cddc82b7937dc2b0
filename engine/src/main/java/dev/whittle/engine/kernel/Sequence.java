package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Shape;

/// How the vectors of a sequence lie in a tensor: `[batch, size]` for a single step, `[batch, step, size]`, or
/// `[step, batch, size]` where time is major.
record Sequence(int batches, int steps, boolean timeMajor) {

    /// @throws dev.whittle.engine.model.MalformedModelException when the input has another number of dimensions
    static Sequence of(Preparation p, boolean timeMajor) {
        Shape shape = p.inputTensor(0).shape();
        TensorChecks.rank(p, "input", p.inputTensor(0), 3);
        return timeMajor
                ? new Sequence(shape.dimension(1), shape.dimension(0), true)
                : new Sequence(shape.dimension(0), shape.dimension(1), false);
    }

    /// A layer that takes one step at a time.
    static Sequence single(Preparation p) {
        TensorChecks.rank(p, "input", p.inputTensor(0), 2);
        return new Sequence(p.inputTensor(0).shape().dimension(0), 1, true);
    }

    /// The number of the vector of a batch at a step.
    int row(int batch, int step) {
        return timeMajor ? step * batches + batch : batch * steps + step;
    }
}
