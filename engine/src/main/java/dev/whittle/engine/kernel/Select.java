package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// SELECT and SELECT_V2: the element of input 1 where input 0 is true, that of input 2 where it is false. SELECT_V2
/// broadcasts all three; for SELECT inputs 1 and 2 have one shape, and a condition of another shape is a scalar or has one
/// element for each index of the first axis.
///
/// Where all have one element, the output keeps the shape that the file gives it (LiteRT `select.cc`).
final class Select implements OperatorKernel {

    /// Which rule the shapes follow.
    enum Kind {
        SAME_SHAPE, BROADCAST
    }

    private final Kind kind;

    Select(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public int typedInput() {
        return 1;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 3);
        Shape condition = p.inputTensor(0).shape();
        Shape x = p.inputTensor(1).shape();
        Shape y = p.inputTensor(2).shape();
        Shape file = p.outputTensor(0).shape();
        if (condition.elementCount() == 1 && x.elementCount() == 1 && y.elementCount() == 1 && file.isKnown()
                && file.elementCount() == 1) {
            return List.of(file);
        }
        return List.of(switch (kind) {
            case SAME_SHAPE -> {
                TensorChecks.sameShape(p, "input 2", p.inputTensor(2), x);
                boolean isLow = condition.rank() == 0
                        || condition.rank() == 1 && x.rank() > 0 && condition.dimension(0) == x.dimension(0);
                if (!condition.equals(x) && !isLow) {
                    throw p.malformed("condition has shape " + condition + ", must be that of the others, " + x
                            + ", a scalar, or one for each index of the first axis");
                }
                yield x;
            }
            case BROADCAST -> Broadcast.of(p, Broadcast.of(p, condition, x).output(), y).output();
        });
    }

    @Override
    public Kernel prepare(Preparation p) {
        Tensor conditionTensor = p.inputTensor(0);
        TensorChecks.sameType(p, "condition", conditionTensor, ElementType.BOOL);
        ElementType type = p.inputTensor(1).type();
        TensorChecks.sameType(p, "input 2", p.inputTensor(2), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Slot condition = p.input(0);
        Slot x = p.input(1);
        Slot y = p.input(2);
        Slot output = p.output(0);
        int count = output.elementCount();
        if (count == 0) {
            return Movement.sequence(List.of());
        }
        Shape shape = output.shape();
        boolean isOne = count == 1;
        int rank = shape.rank();
        int[] conditionSteps = isOne ? new int[rank] : conditionSteps(condition.shape(), shape);
        int[] xSteps = isOne ? new int[rank] : Broadcast.steps(x.shape(), shape);
        int[] ySteps = isOne ? new int[rank] : Broadcast.steps(y.shape(), shape);
        // The innermost axis is a run; a scalar is one of length 1.
        int last = rank - 1;
        int length = rank == 0 ? 1 : shape.dimension(last);
        int[] outer = Arrays.copyOf(shape.toArray(), Math.max(0, last));
        int width = StorageType.width(type);
        int conditionStep = rank == 0 ? 0 : conditionSteps[last];
        int xStep = rank == 0 ? 0 : xSteps[last] * width;
        int yStep = rank == 0 ? 0 : ySteps[last] * width;
        return memory -> {
            byte[] conditions = memory.bytes(condition);
            Object to = memory.array(output);
            int target = memory.offset(output);
            for (int run = 0; run < count / length; run++) {
                int at = memory.offset(condition) + Broadcast.start(run, outer, conditionSteps);
                int xAt = memory.offset(x) + Broadcast.start(run, outer, xSteps) * width;
                int yAt = memory.offset(y) + Broadcast.start(run, outer, ySteps) * width;
                int i = 0;
                while (i < length) {
                    boolean isX = conditions[at + i * conditionStep] != 0;
                    int end = i + 1;
                    while (end < length && conditions[at + end * conditionStep] != 0 == isX) {
                        end++;
                    }
                    for (int part = 0; part < width; part++) {
                        if (isX) {
                            Movement.run(memory.array(x), xAt + i * xStep + part, xStep, to,
                                    target + i * width + part, width, end - i);
                        } else {
                            Movement.run(memory.array(y), yAt + i * yStep + part, yStep, to,
                                    target + i * width + part, width, end - i);
                        }
                    }
                    i = end;
                }
                target += length * width;
            }
        };
    }

    private int[] conditionSteps(Shape condition, Shape output) {
        if (kind == Kind.SAME_SHAPE && condition.rank() == 1 && output.rank() > 1) {
            int[] steps = new int[output.rank()];
            steps[0] = 1;
            return steps;
        }
        return Broadcast.steps(condition, output);
    }
}
