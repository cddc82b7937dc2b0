package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// WHERE: the coordinates of the elements that are not zero, in order, `[count, rank]` INT64 (LiteRT `where.cc`). NaN is
/// not zero. The count follows from the values, so the coordinates are found while the operator is prepared.
final class Where implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.BOOL, ElementType.FLOAT32, ElementType.INT64, ElementType.INT32, ElementType.INT8,
                ElementType.UINT8, ElementType.UINT32);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        Shape input = p.inputTensor(0).shape();
        if (input.rank() == 0) {
            throw p.malformed("input is a scalar, must have a dimension to go along");
        }
        int count = 0;
        for (boolean isSet : set(p)) {
            count += isSet ? 1 : 0;
        }
        return List.of(Shape.of(count, input.rank()));
    }

    private static boolean[] set(Preparation p) {
        Buffer values = p.values(0);
        ElementType type = p.inputTensor(0).type();
        boolean[] set = new boolean[p.inputTensor(0).shape().elementCount()];
        if (type == ElementType.FLOAT32) {
            float[] floats = values.toFloats();
            for (int i = 0; i < set.length; i++) {
                set[i] = floats[i] != 0;
            }
        } else {
            long[] integers = Integers.of(values, type, set.length);
            for (int i = 0; i < set.length; i++) {
                set[i] = integers[i] != 0;
            }
        }
        return set;
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.INT64);
        Shape shape = p.inputTensor(0).shape();
        boolean[] set = set(p);
        Slot output = p.output(0);
        int rank = shape.rank();
        long[] coordinates = new long[output.elementCount()];
        int row = 0;
        for (int i = 0; i < set.length; i++) {
            if (set[i]) {
                int rest = i;
                for (int axis = rank - 1; axis >= 0; axis--) {
                    coordinates[row * rank + axis] = rest % shape.dimension(axis);
                    rest /= shape.dimension(axis);
                }
                row++;
            }
        }
        return memory -> System.arraycopy(coordinates, 0, memory.longs(output), memory.offset(output),
                coordinates.length);
    }
}
