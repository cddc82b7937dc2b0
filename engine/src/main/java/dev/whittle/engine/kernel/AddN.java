package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// ADD_N: the sum of one or more tensors of one shape, added in their order, FLOAT32 and INT32; integers wrap around.
final class AddN implements OperatorKernel {

    /// Adds `count` elements to those of another array.
    @FunctionalInterface
    private interface Sum<A> {
        void add(A from, int fromOffset, A to, int toOffset, int count);
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT32);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, Integer.MAX_VALUE);
        Shape shape = p.inputTensor(0).shape();
        for (int i = 1; i < p.inputCount(); i++) {
            if (!p.inputTensor(i).shape().equals(shape)) {
                throw p.malformed("input " + i + " has shape " + p.inputTensor(i).shape() + ", must have " + shape);
            }
        }
        return List.of(shape);
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        for (int i = 1; i < p.inputCount(); i++) {
            TensorChecks.sameType(p, "input " + i, p.inputTensor(i), type);
        }
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        return switch (type) {
            case FLOAT32 -> AddN.<float[]>kernel(p, (from, fromOffset, to, toOffset, count) -> {
                for (int i = 0; i < count; i++) {
                    to[toOffset + i] += from[fromOffset + i];
                }
            });
            case INT32 -> AddN.<int[]>kernel(p, (from, fromOffset, to, toOffset, count) -> {
                for (int i = 0; i < count; i++) {
                    to[toOffset + i] += from[fromOffset + i];
                }
            });
            default -> throw new AssertionError(type);
        };
    }

    @SuppressWarnings("unchecked")
    private static <A> Kernel kernel(Preparation p, Sum<A> sum) {
        Slot[] inputs = new Slot[p.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = p.input(i);
        }
        Slot output = p.output(0);
        int count = output.elementCount();
        // The others are added to what then lies there.
        p.mayOverwrite(0);
        Kernel first = Movement.copy(inputs[0], output);
        return memory -> {
            first.invoke(memory);
            for (int i = 1; i < inputs.length; i++) {
                sum.add((A) memory.array(inputs[i]), memory.offset(inputs[i]), (A) memory.array(output),
                        memory.offset(output), count);
            }
        };
    }
}
