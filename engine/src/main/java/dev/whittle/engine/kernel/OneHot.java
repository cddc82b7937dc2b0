package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// ONE_HOT: each index (input 0) as a vector along a new axis, as long as input 1 says, with input 2 at the index and
/// input 3 elsewhere. An index outside the vector is at no place.
final class OneHot implements OperatorKernel {

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
        TensorChecks.sameType(p, "depth", p.inputTensor(1), ElementType.INT32);
        for (int i = 1; i < 4; i++) {
            TensorChecks.elementCount(p, "input " + i, p.inputTensor(i), 1);
        }
        int depth = p.intValues(1)[0];
        if (depth < 0) {
            throw p.malformed("depth is " + depth + ", must be 0 or more");
        }
        Shape indices = p.inputTensor(0).shape();
        return List.of(ExpandDims.expanded(indices, axis(p, indices), depth));
    }

    private static int axis(Preparation p, Shape indices) {
        return Axis.of(p, ((Options.OneHot) p.options()).axis(), indices.rank() + 1);
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.isInteger(p, "indices", p.inputTensor(0));
        Slot on = p.input(2);
        TensorChecks.sameType(p, "off value", p.inputTensor(3), on.type());
        TensorChecks.sameType(p, "output", p.outputTensor(0), on.type());
        Slot output = p.output(0);
        Shape shape = output.shape();
        int axis = axis(p, p.inputTensor(0).shape());
        int depth = shape.dimension(axis);
        int inner = Movement.denseSteps(shape)[axis];
        Indices indices = Indices.of(p, "index", 0);
        int count = output.elementCount() == 0 ? 0 : indices.input().elementCount();
        int width = StorageType.width(on.type());
        Kernel fill = Movement.fill(p.input(3), output);
        return memory -> {
            fill.invoke(memory);
            indices.load(memory);
            Object from = memory.array(on);
            Object to = memory.array(output);
            for (int i = 0; i < count; i++) {
                long index = indices.at(memory, i);
                if (index >= 0 && index < depth) {
                    int place = (i / inner * depth + (int) index) * inner + i % inner;
                    Movement.run(from, memory.offset(on), 1, to, memory.offset(output) + place * width, 1, width);
                }
            }
        };
    }
}
