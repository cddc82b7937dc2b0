package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// STABLEHLO_CLAMP: `minimum(maximum(operand, min), max)` element by element, NaN wherever one of the three is. Inputs: min,
/// operand, max; either bound is a scalar or has the shape of the operand. Source: StableHLO specification, `clamp`.
final class StablehloClamp implements OperatorKernel {
    private static final int OPERAND = 1;

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT32, ElementType.INT64);
    }

    @Override
    public int typedInput() {
        return OPERAND;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 3);
        Shape operand = p.inputTensor(OPERAND).shape();
        for (int bound : new int[]{0, 2}) {
            Shape shape = p.inputTensor(bound).shape();
            if (shape.rank() != 0 && !shape.equals(operand)) {
                throw p.malformed("input " + bound + " has shape " + shape + ", must be a scalar or " + operand);
            }
        }
        return List.of(operand);
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(OPERAND).type();
        TensorChecks.sameType(p, "min", p.inputTensor(0), type);
        TensorChecks.sameType(p, "max", p.inputTensor(2), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        return switch (type) {
            case FLOAT32 -> kernel(p, BinaryRun.floats(Math::max), BinaryRun.floats(Math::min));
            case INT32 -> kernel(p, BinaryRun.ints(Math::max), BinaryRun.ints(Math::min));
            case INT64 -> kernel(p, BinaryRun.longs(Math::max), BinaryRun.longs(Math::min));
            default -> throw new AssertionError(type);
        };
    }

    /// Two runs over all elements, the second on what the first left in the output.
    private static <A> Kernel kernel(Preparation p, BinaryRun<A, A> maximum, BinaryRun<A, A> minimum) {
        Slot min = p.input(0);
        Slot operand = p.input(OPERAND);
        Slot max = p.input(2);
        Slot output = p.output(0);
        int minStep = min.shape().rank() == 0 ? 0 : 1;
        int maxStep = max.shape().rank() == 0 ? 0 : 1;
        int count = operand.elementCount();
        return memory -> {
            A to = array(memory, output);
            int start = memory.offset(output);
            maximum.apply(array(memory, operand), memory.offset(operand), 1, array(memory, min), memory.offset(min),
                    minStep, to, start, count);
            minimum.apply(to, start, 1, array(memory, max), memory.offset(max), maxStep, to, start, count);
        };
    }

    @SuppressWarnings("unchecked")
    private static <A> A array(Memory memory, Slot slot) {
        // All four have one type, which decided the runs.
        return (A) memory.array(slot);
    }
}
