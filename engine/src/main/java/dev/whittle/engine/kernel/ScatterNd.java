package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// SCATTER_ND: a tensor of the shape in input 2, zero but for the slices of input 1, each added at the position that input
/// 0 holds for it. BOOL adds as "or", integers wrap around (LiteRT `reference_ops::ScatterNd`).
final class ScatterNd implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return EnumSet.of(ElementType.FLOAT32, ElementType.UINT8, ElementType.BOOL, ElementType.INT8,
                ElementType.INT16, ElementType.INT32, ElementType.INT64);
    }

    @Override
    public int typedInput() {
        return 1;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 3);
        TensorChecks.isInteger(p, "shape", p.inputTensor(2));
        TensorChecks.rank(p, "shape", p.inputTensor(2), 1);
        Shape output = TensorChecks.shape(p, "shape", p.intValues(2));
        Shape indices = p.inputTensor(0).shape();
        int outer = indices.rank() - 1;
        if (outer < 0 || indices.dimension(outer) > output.rank()) {
            throw p.malformed("indices have shape " + indices + ", must end with a dimension of up to "
                    + output.rank() + " for output " + output);
        }
        int named = indices.dimension(outer);
        int[] updates = new int[outer + output.rank() - named];
        for (int axis = 0; axis < updates.length; axis++) {
            updates[axis] = axis < outer ? indices.dimension(axis) : output.dimension(named + axis - outer);
        }
        TensorChecks.sameShape(p, "updates", p.inputTensor(1), Shape.of(updates));
        return List.of(output);
    }

    /// Adds `count` elements to others of the same type.
    @FunctionalInterface
    private interface Sum {
        void add(Object from, int start, Object to, int toStart, int count);
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot updates = p.input(1);
        TensorChecks.sameType(p, "output", p.outputTensor(0), updates.type());
        Slot output = p.output(0);
        Positions positions = Positions.of(p, 0, output.shape());
        int slice = positions.sliceElements();
        Kernel zero = Movement.fill(Movement.zero(output.type()), output);
        Sum sum = sum(updates.type());
        return memory -> {
            zero.invoke(memory);
            positions.load(memory);
            Object from = memory.array(updates);
            Object to = memory.array(output);
            for (int i = 0; i < positions.count(); i++) {
                sum.add(from, memory.offset(updates) + i * slice, to,
                        memory.offset(output) + positions.slice(memory, i) * slice, slice);
            }
        };
    }

    private static Sum sum(ElementType type) {
        return switch (type) {
            case FLOAT32 -> (from, start, to, toStart, count) -> {
                for (int i = 0; i < count; i++) {
                    ((float[]) to)[toStart + i] += ((float[]) from)[start + i];
                }
            };
            case INT64 -> (from, start, to, toStart, count) -> {
                for (int i = 0; i < count; i++) {
                    ((long[]) to)[toStart + i] += ((long[]) from)[start + i];
                }
            };
            case INT32 -> (from, start, to, toStart, count) -> {
                for (int i = 0; i < count; i++) {
                    ((int[]) to)[toStart + i] += ((int[]) from)[start + i];
                }
            };
            case INT16 -> (from, start, to, toStart, count) -> {
                for (int i = 0; i < count; i++) {
                    ((short[]) to)[toStart + i] += ((short[]) from)[start + i];
                }
            };
            case INT8, UINT8 -> (from, start, to, toStart, count) -> {
                for (int i = 0; i < count; i++) {
                    ((byte[]) to)[toStart + i] += ((byte[]) from)[start + i];
                }
            };
            case BOOL -> (from, start, to, toStart, count) -> {
                for (int i = 0; i < count; i++) {
                    ((byte[]) to)[toStart + i] |= ((byte[]) from)[start + i];
                }
            };
            default -> throw new AssertionError(type);
        };
    }
}
