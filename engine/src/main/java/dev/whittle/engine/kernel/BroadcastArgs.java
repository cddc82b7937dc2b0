package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// BROADCAST_ARGS: the shape that two shapes broadcast to, as INT32 or INT64 vectors.
final class BroadcastArgs implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return EnumSet.of(ElementType.INT32, ElementType.INT64);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        TensorChecks.rank(p, "input 0", p.inputTensor(0), 1);
        TensorChecks.rank(p, "input 1", p.inputTensor(1), 1);
        return List.of(Shape.of(Math.max(p.inputTensor(0).shape().dimension(0),
                p.inputTensor(1).shape().dimension(0))));
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "input 1", p.inputTensor(1), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Indices shape0 = Indices.of(p, "dimension of input 0", 0);
        Indices shape1 = Indices.of(p, "dimension of input 1", 1);
        Slot output = p.output(0);
        int rank = output.elementCount();
        int missing0 = rank - shape0.input().elementCount();
        int missing1 = rank - shape1.input().elementCount();
        String where = p.where();
        return memory -> {
            shape0.load(memory);
            shape1.load(memory);
            for (int axis = 0; axis < rank; axis++) {
                long size0 = axis < missing0 ? 1 : shape0.at(memory, axis - missing0);
                long size1 = axis < missing1 ? 1 : shape1.at(memory, axis - missing1);
                if (size0 != size1 && size0 != 1 && size1 != 1) {
                    throw new MalformedModelException(where + "dimensions " + size0 + " and " + size1 + " of axis "
                            + axis + ", must be equal or 1");
                }
                long size = size0 == 1 ? size1 : size0;
                Integers.write(type, size, memory.array(output), memory.offset(output) + axis);
            }
        };
    }
}
