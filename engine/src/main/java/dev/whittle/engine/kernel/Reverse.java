package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// REVERSE_V2: the axes in input 1 from their end to their beginning.
final class Reverse implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.isInteger(p, "axes", p.inputTensor(1));
        TensorChecks.rank(p, "axes", p.inputTensor(1), 1);
        int[] axes = p.intValues(1);
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Shape shape = input.shape();
        int[] steps = Movement.denseSteps(shape);
        int[] reversed = steps.clone();
        int start = 0;
        for (int named : axes) {
            int axis = Axis.of(p, named, shape.rank());
            if (reversed[axis] < 0) {
                throw p.malformed("names axis " + axis + " twice");
            }
            reversed[axis] = -steps[axis];
            start += (shape.dimension(axis) - 1) * steps[axis];
        }
        return Movement.strided(input, start, reversed, p.output(0), 0, steps, shape.toArray());
    }
}
