package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Shape;

/// An axis as a file gives it: counted from the end where it is negative.
final class Axis {
    private Axis() {}

    /// The one axis that an input holds.
    ///
    /// @throws dev.whittle.engine.model.MalformedModelException when there are more or none, or no such dimension
    static int only(Preparation p, int input, Shape shape) {
        int[] axes = p.intValues(input);
        if (axes.length != 1) {
            throw p.malformed("input " + input + " holds " + axes.length + " axes, must hold one");
        }
        return of(p, axes[0], shape);
    }

    /// @throws dev.whittle.engine.model.MalformedModelException when there is no such dimension
    static int of(Preparation p, int axis, Shape shape) {
        return of(p, axis, shape.rank());
    }

    /// As [#of(Preparation, int, Shape)], for a shape that is still to be made.
    static int of(Preparation p, int axis, int rank) {
        if (axis < -rank || axis >= rank) {
            throw p.malformed(rank == 0
                    ? "axis " + axis + " of a scalar, which has none"
                    : "axis " + axis + ", must be within " + -rank + " to " + (rank - 1));
        }
        return axis < 0 ? axis + rank : axis;
    }
}
