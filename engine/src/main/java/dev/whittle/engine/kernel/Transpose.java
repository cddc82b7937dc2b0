package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// TRANSPOSE: axis i of the output is the axis of the input that entry i of input 1 names.
final class Transpose implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        Shape input = p.inputTensor(0).shape();
        int[] axes = axes(p);
        int[] sizes = new int[axes.length];
        for (int i = 0; i < axes.length; i++) {
            sizes[i] = input.dimension(axes[i]);
        }
        return List.of(Shape.of(sizes));
    }

    private static int[] axes(Preparation p) {
        int rank = p.inputTensor(0).shape().rank();
        TensorChecks.sameType(p, "permutation", p.inputTensor(1), ElementType.INT32);
        TensorChecks.sameShape(p, "permutation", p.inputTensor(1), Shape.of(rank));
        int[] axes = p.intValues(1);
        boolean[] isTaken = new boolean[rank];
        for (int i = 0; i < rank; i++) {
            axes[i] = Axis.of(p, axes[i], rank);
            if (isTaken[axes[i]]) {
                throw p.malformed("permutation names axis " + axes[i] + " twice");
            }
            isTaken[axes[i]] = true;
        }
        return axes;
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        int[] axes = axes(p);
        int[] inputSteps = Movement.denseSteps(input.shape());
        int[] steps = new int[axes.length];
        for (int i = 0; i < axes.length; i++) {
            steps[i] = inputSteps[axes[i]];
        }
        return Movement.strided(input, 0, steps, output, 0, Movement.denseSteps(output.shape()),
                output.shape().toArray());
    }
}
