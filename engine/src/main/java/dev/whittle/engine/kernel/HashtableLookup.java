package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// HASHTABLE_LOOKUP: for each number in input 0 the row of input 2 whose key (input 1, ascending) it is, and in output 1
/// whether there is one. Zero, or the empty string, where there is none.
final class HashtableLookup implements OperatorKernel {

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
        TensorChecks.counts(p, 3, 3, 2);
        TensorChecks.rank(p, "lookup", p.inputTensor(0), 1);
        TensorChecks.rank(p, "keys", p.inputTensor(1), 1);
        Shape values = p.inputTensor(2).shape();
        if (values.rank() == 0 || values.dimension(0) != p.inputTensor(1).shape().dimension(0)) {
            throw p.malformed("values have shape " + values + ", must be one row for each of the keys "
                    + p.inputTensor(1).shape());
        }
        Shape lookup = p.inputTensor(0).shape();
        return List.of(values.withDimension(0, lookup.dimension(0)), lookup);
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "lookup", p.inputTensor(0), ElementType.INT32);
        TensorChecks.sameType(p, "keys", p.inputTensor(1), ElementType.INT32);
        TensorChecks.sameType(p, "output 0", p.outputTensor(0), p.inputTensor(2).type());
        TensorChecks.sameType(p, "output 1", p.outputTensor(1), ElementType.UINT8);
        Slot lookup = p.input(0);
        Slot keys = p.input(1);
        Slot values = p.input(2);
        Slot output = p.output(0);
        Slot hits = p.output(1);
        int rows = keys.elementCount();
        int count = lookup.elementCount();
        int row = Movement.denseSteps(values.shape())[0] * StorageType.width(values.type());
        Kernel zero = Movement.fill(Movement.zero(values.type()), output);
        return memory -> {
            zero.invoke(memory);
            int[] wanted = memory.ints(lookup);
            int[] table = memory.ints(keys);
            int first = memory.offset(keys);
            byte[] found = memory.bytes(hits);
            for (int i = 0; i < count; i++) {
                int at = Arrays.binarySearch(table, first, first + rows, wanted[memory.offset(lookup) + i]) - first;
                found[memory.offset(hits) + i] = (byte) (at >= 0 ? 1 : 0);
                if (at >= 0) {
                    Movement.run(memory.array(values), memory.offset(values) + at * row, 1, memory.array(output),
                            memory.offset(output) + i * row, 1, row);
                }
            }
        };
    }
}
