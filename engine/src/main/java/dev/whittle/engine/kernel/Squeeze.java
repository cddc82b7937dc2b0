package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// SQUEEZE: the same elements without the dimensions of 1 that the option names, or without any where it names none.
final class Squeeze implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        Shape input = p.inputTensor(0).shape();
        List<Integer> named = ((Options.Squeeze) p.options()).squeezeDims();
        boolean[] isDropped = new boolean[input.rank()];
        for (int axis = 0; axis < isDropped.length; axis++) {
            isDropped[axis] = named.isEmpty() && input.dimension(axis) == 1;
        }
        for (int name : named) {
            int axis = Axis.of(p, name, input.rank());
            if (input.dimension(axis) != 1) {
                throw p.malformed("squeezes axis " + axis + " of " + input + ", must be a dimension of 1");
            }
            isDropped[axis] = true;
        }
        int[] dimensions = new int[input.rank()];
        int count = 0;
        for (int axis = 0; axis < isDropped.length; axis++) {
            if (!isDropped[axis]) {
                dimensions[count++] = input.dimension(axis);
            }
        }
        return List.of(Shape.of(Arrays.copyOf(dimensions, count)));
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        return Movement.view(p);
    }
}
