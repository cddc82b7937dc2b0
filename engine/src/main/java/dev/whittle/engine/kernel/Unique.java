package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// UNIQUE: the distinct elements of a vector in the order of their first appearance, and for each element its number
/// among them (LiteRT `unique.cc`). How many there are follows from the values, so they are counted while the operator
/// is prepared. Signed zeros are equal, and so are NaNs.
final class Unique implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.INT8, ElementType.INT16, ElementType.UINT16, ElementType.INT32, ElementType.INT64,
                ElementType.FLOAT32, ElementType.UINT8);
    }

    /// @param numbers of each element, the number of its value
    /// @param first by number, the element where the value is met first
    private record Groups(int[] numbers, int[] first) {

        static Groups of(Preparation p) {
            int count = p.inputTensor(0).shape().elementCount();
            long[] keys = keys(p.values(0), p.inputTensor(0).type(), count);
            int[] numbers = new int[count];
            int[] first = new int[count];
            Map<Long, Integer> known = new HashMap<>();
            for (int i = 0; i < count; i++) {
                Integer number = known.putIfAbsent(keys[i], known.size());
                if (number == null) {
                    number = known.size() - 1;
                    first[number] = i;
                }
                numbers[i] = number;
            }
            return new Groups(numbers, Arrays.copyOf(first, known.size()));
        }

        private static long[] keys(Buffer values, ElementType type, int count) {
            if (type != ElementType.FLOAT32) {
                return Integers.of(values, type, count);
            }
            float[] floats = values.toFloats();
            long[] keys = new long[count];
            for (int i = 0; i < count; i++) {
                keys[i] = Float.floatToIntBits(floats[i] + 0f);
            }
            return keys;
        }
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1, 2);
        TensorChecks.rank(p, "input", p.inputTensor(0), 1);
        return List.of(Shape.of(Groups.of(p).first().length), p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType indexType = ((Options.Unique) p.options()).indexType();
        if (indexType != ElementType.INT32 && indexType != ElementType.INT64) {
            throw p.unsupported("index type is " + indexType + ", supported are INT32 and INT64");
        }
        TensorChecks.sameType(p, "output 0", p.outputTensor(0), p.inputTensor(0).type());
        TensorChecks.sameType(p, "output 1", p.outputTensor(1), indexType);
        Groups groups = Groups.of(p);
        Slot input = p.input(0);
        Slot values = p.output(0);
        Slot indices = p.output(1);
        return memory -> {
            for (int i = 0; i < groups.first().length; i++) {
                Movement.run(memory.array(input), memory.offset(input) + groups.first()[i], 1, memory.array(values),
                        memory.offset(values) + i, 1, 1);
            }
            for (int i = 0; i < groups.numbers().length; i++) {
                Integers.write(indexType, groups.numbers()[i], memory.array(indices), memory.offset(indices) + i);
            }
        };
    }
}
