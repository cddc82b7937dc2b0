package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// EXPAND_DIMS: the same elements with a dimension of 1 more, at the axis in input 1; a negative axis counts from the end
/// of the output.
final class ExpandDims implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        TensorChecks.isInteger(p, "axis", p.inputTensor(1));
        TensorChecks.elementCount(p, "axis", p.inputTensor(1), 1);
        Shape input = p.inputTensor(0).shape();
        return List.of(expanded(input, Axis.of(p, p.intValues(1)[0], input.rank() + 1), 1));
    }

    /// A shape with one dimension more.
    static Shape expanded(Shape shape, int axis, int size) {
        int[] dimensions = new int[shape.rank() + 1];
        for (int i = 0; i < dimensions.length; i++) {
            dimensions[i] = i == axis ? size : shape.dimension(i < axis ? i : i - 1);
        }
        return Shape.of(dimensions);
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        return Movement.view(p);
    }
}
