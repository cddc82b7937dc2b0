package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// SLICE: the block that starts at input 1 and has the sizes of input 2; a size of -1 reaches to the end.
final class Slice implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 3);
        Shape input = p.inputTensor(0).shape();
        for (int i = 1; i < 3; i++) {
            TensorChecks.isInteger(p, "input " + i, p.inputTensor(i));
            TensorChecks.sameShape(p, "input " + i, p.inputTensor(i), Shape.of(input.rank()));
        }
        int[] begin = p.intValues(1);
        int[] sizes = p.intValues(2);
        for (int axis = 0; axis < input.rank(); axis++) {
            int size = input.dimension(axis);
            if (begin[axis] < 0 || begin[axis] > size) {
                throw p.malformed("begins at " + begin[axis] + " of axis " + axis + ", must be 0 to " + size);
            }
            if (sizes[axis] == -1) {
                sizes[axis] = size - begin[axis];
            } else if (sizes[axis] < 0 || sizes[axis] > size - begin[axis]) {
                throw p.malformed("takes " + sizes[axis] + " from " + begin[axis] + " on along axis " + axis
                        + ", must be -1 to " + (size - begin[axis]));
            }
        }
        return List.of(Shape.of(sizes));
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        Slot input = p.input(0);
        Slot output = p.output(0);
        int[] steps = Movement.denseSteps(input.shape());
        int[] begin = p.intValues(1);
        int start = 0;
        for (int axis = 0; axis < begin.length; axis++) {
            start += begin[axis] * steps[axis];
        }
        return Movement.strided(input, start, steps, output, 0, Movement.denseSteps(output.shape()),
                output.shape().toArray());
    }
}
