package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// GATHER_ND: the last dimension of the indices (input 1) holds positions along the first axes of input 0, and each names
/// an element or a slice; the shape of the output is `indices[: -1] + input[indices[-1] :]`.
final class GatherNd implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        Shape input = p.inputTensor(0).shape();
        Shape indices = p.inputTensor(1).shape();
        int outer = indices.rank() - 1;
        if (outer < 0 || indices.dimension(outer) > input.rank()) {
            throw p.malformed("indices have shape " + indices + ", must end with a dimension of up to " + input.rank()
                    + " for input " + input);
        }
        int named = indices.dimension(outer);
        int[] sizes = Arrays.copyOf(indices.toArray(), outer + input.rank() - named);
        for (int axis = named; axis < input.rank(); axis++) {
            sizes[outer + axis - named] = input.dimension(axis);
        }
        return List.of(Shape.of(sizes));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        Positions positions = Positions.of(p, 1, input.shape());
        int slice = positions.sliceElements() * StorageType.width(input.type());
        return memory -> {
            positions.load(memory);
            Object from = memory.array(input);
            Object to = memory.array(output);
            int target = memory.offset(output);
            for (int i = 0; i < positions.count(); i++) {
                int source = memory.offset(input) + positions.slice(memory, i) * slice;
                Movement.run(from, source, 1, to, target, 1, slice);
                target += slice;
            }
        };
    }
}
