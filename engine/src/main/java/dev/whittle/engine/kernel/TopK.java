package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// TOPK_V2: the `k` largest elements along the last dimension, largest first, and their indices; of equals the earlier
/// comes first (LiteRT `topk_v2.cc`). `k` is input 1; below 1 it gives empty outputs.
///
/// Each row is turned into 64-bit keys of the same order, so that one heap of indices serves all types. Signed zeros are
/// equal; NaN ranks above infinity.
final class TopK implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.UINT8, ElementType.INT8, ElementType.INT16, ElementType.INT32,
                ElementType.INT64);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2, 2);
        Shape input = p.inputTensor(0).shape();
        if (input.rank() == 0) {
            throw p.malformed("input is a scalar, must have a dimension to go along");
        }
        int k = k(p);
        int last = input.rank() - 1;
        if (k > input.dimension(last)) {
            throw p.malformed("k is " + k + ", input of shape " + input + " has " + input.dimension(last)
                    + " elements along its last dimension");
        }
        Shape output = input.withDimension(last, k);
        return List.of(output, output);
    }

    private static int k(Preparation p) {
        ElementType type = p.inputTensor(1).type();
        if (type != ElementType.INT32 && type != ElementType.INT16) {
            throw p.unsupported("k is " + type + ", supported are INT32 and INT16");
        }
        int[] values = p.intValues(1);
        if (values.length != 1) {
            throw p.malformed("k holds " + values.length + " values, must hold one");
        }
        return Math.max(0, values[0]);
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "output 0", p.outputTensor(0), type);
        ElementType indexType = p.outputTensor(1).type();
        if (indexType != ElementType.INT32 && indexType != ElementType.INT16) {
            throw p.unsupported("output 1 is " + indexType + ", supported are INT32 and INT16");
        }
        Slot input = p.input(0);
        Slot values = p.output(0);
        Slot indices = p.output(1);
        int k = k(p);
        int length = input.shape().dimension(input.shape().rank() - 1);
        int rows = k == 0 ? 0 : values.elementCount() / k;
        Slot keySlot = p.scratch(ElementType.INT64, length);
        Slot heapSlot = p.scratch(ElementType.INT32, k);
        return memory -> {
            long[] keys = memory.longs(keySlot);
            int[] heap = memory.ints(heapSlot);
            int firstKey = memory.offset(keySlot);
            int firstEntry = memory.offset(heapSlot);
            for (int row = 0; row < rows; row++) {
                int start = memory.offset(input) + row * length;
                keys(memory, input, start, keys, firstKey, length);
                select(keys, firstKey, length, heap, firstEntry, k);
                for (int i = 0; i < k; i++) {
                    int index = heap[firstEntry + i];
                    Movement.run(memory.array(input), start + index, 1, memory.array(values),
                            memory.offset(values) + row * k + i, 1, 1);
                    Integers.write(indexType, index, memory.array(indices), memory.offset(indices) + row * k + i);
                }
            }
        };
    }

    private static void keys(Memory memory, Slot input, int start, long[] keys, int firstKey, int length) {
        if (input.type() != ElementType.FLOAT32) {
            Integers.read(input.type(), memory.array(input), start, 1, keys, firstKey, length);
            return;
        }
        float[] from = memory.floats(input);
        for (int i = 0; i < length; i++) {
            keys[firstKey + i] = key(from[start + i]);
        }
    }

    /// An integer that is ordered as the number.
    static long key(float x) {
        // Adding 0 makes −0 a 0; negative numbers are ordered backwards by their bits.
        int bits = Float.floatToIntBits(x + 0f);
        return bits >= 0 ? bits : Integer.MIN_VALUE - (long) bits;
    }

    /// Leaves the indices of the `k` largest keys in the heap, largest first. While it is filled, the root is the entry
    /// that goes next.
    static void select(long[] keys, int firstKey, int length, int[] heap, int firstEntry, int k) {
        for (int i = 0; i < k; i++) {
            heap[firstEntry + i] = i;
        }
        for (int node = k / 2 - 1; node >= 0; node--) {
            sink(keys, firstKey, heap, firstEntry, k, node);
        }
        for (int i = k; i < length; i++) {
            if (comesBefore(keys, firstKey, i, heap[firstEntry])) {
                heap[firstEntry] = i;
                sink(keys, firstKey, heap, firstEntry, k, 0);
            }
        }
        for (int end = k - 1; end > 0; end--) {
            int last = heap[firstEntry];
            heap[firstEntry] = heap[firstEntry + end];
            heap[firstEntry + end] = last;
            sink(keys, firstKey, heap, firstEntry, end, 0);
        }
    }

    private static void sink(long[] keys, int firstKey, int[] heap, int firstEntry, int size, int from) {
        int node = from;
        int entry = heap[firstEntry + node];
        while (2 * node + 1 < size) {
            int child = 2 * node + 1;
            if (child + 1 < size
                    && comesBefore(keys, firstKey, heap[firstEntry + child], heap[firstEntry + child + 1])) {
                child++;
            }
            if (!comesBefore(keys, firstKey, entry, heap[firstEntry + child])) {
                break;
            }
            heap[firstEntry + node] = heap[firstEntry + child];
            node = child;
        }
        heap[firstEntry + node] = entry;
    }

    private static boolean comesBefore(long[] keys, int firstKey, int a, int b) {
        long keyA = keys[firstKey + a];
        long keyB = keys[firstKey + b];
        return keyA > keyB || keyA == keyB && a < b;
    }
}
