package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import java.util.Set;

/// SPARSE_TO_DENSE: a tensor of the shape in input 1 that holds the default (input 3) but for the values (input 2) at the
/// positions in input 0. Positions are `[count, rank]`, or plain indices of a vector; a scalar value goes to all.
final class SparseToDense implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public int typedInput() {
        return 2;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 4, 4);
        TensorChecks.isInteger(p, "shape", p.inputTensor(1));
        TensorChecks.rank(p, "shape", p.inputTensor(1), 1);
        TensorChecks.elementCount(p, "default", p.inputTensor(3), 1);
        Shape output = TensorChecks.shape(p, "shape", p.intValues(1));
        Shape indices = p.inputTensor(0).shape();
        int length = indices.rank() == 2 ? indices.dimension(1) : 1;
        if (indices.rank() > 2 || length != output.rank() || length == 0) {
            throw p.malformed("indices have shape " + indices + ", must be positions in " + output);
        }
        Tensor values = p.inputTensor(2);
        if (values.shape().rank() > 0) {
            TensorChecks.sameShape(p, "values", values, Shape.of(count(indices)));
        }
        return List.of(output);
    }

    private static int count(Shape indices) {
        return indices.rank() == 0 ? 1 : indices.dimension(0);
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot values = p.input(2);
        TensorChecks.isInteger(p, "indices", p.inputTensor(0));
        TensorChecks.sameType(p, "default", p.inputTensor(3), values.type());
        TensorChecks.sameType(p, "output", p.outputTensor(0), values.type());
        Slot output = p.output(0);
        Positions positions = Positions.of(p, 0, output.shape(), output.shape().rank(),
                count(p.inputTensor(0).shape()));
        Kernel fill = Movement.fill(p.input(3), output);
        int width = StorageType.width(values.type());
        int step = values.shape().rank() == 0 ? 0 : width;
        return memory -> {
            fill.invoke(memory);
            positions.load(memory);
            Object from = memory.array(values);
            Object to = memory.array(output);
            for (int i = 0; i < positions.count(); i++) {
                Movement.run(from, memory.offset(values) + i * step, 1, to,
                        memory.offset(output) + positions.slice(memory, i) * width, 1, width);
            }
        };
    }
}
