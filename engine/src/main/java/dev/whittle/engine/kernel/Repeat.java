package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// TILE and BROADCAST_TO: the input repeated along its axes. TILE repeats each axis as often as input 1 says;
/// BROADCAST_TO repeats dimensions of 1, and whole inputs, until the shape in input 1 is filled.
final class Repeat implements OperatorKernel {

    /// What input 1 means.
    enum Kind {
        TILE, BROADCAST_TO
    }

    private final Kind kind;

    Repeat(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        TensorChecks.isInteger(p, "input 1", p.inputTensor(1));
        TensorChecks.rank(p, "input 1", p.inputTensor(1), 1);
        Shape input = p.inputTensor(0).shape();
        return List.of(switch (kind) {
            case TILE -> tiled(p, input);
            case BROADCAST_TO -> broadcast(p, input);
        });
    }

    private static Shape tiled(Preparation p, Shape input) {
        TensorChecks.elementCount(p, "multiples", p.inputTensor(1), input.rank());
        int[] sizes = p.intValues(1);
        for (int axis = 0; axis < sizes.length; axis++) {
            if (sizes[axis] < 0) {
                throw p.malformed("multiple of axis " + axis + " is " + sizes[axis] + ", must be 0 or more");
            }
            long size = (long) sizes[axis] * input.dimension(axis);
            if (size > Integer.MAX_VALUE) {
                throw p.unsupported("output has " + size + " elements along axis " + axis
                        + ", supported are 2^31-1");
            }
            sizes[axis] = (int) size;
        }
        return Shape.of(sizes);
    }

    private static Shape broadcast(Preparation p, Shape input) {
        Shape output = TensorChecks.shape(p, "shape", p.intValues(1));
        int added = output.rank() - input.rank();
        boolean isPossible = added >= 0;
        for (int axis = 0; isPossible && axis < input.rank(); axis++) {
            isPossible = input.dimension(axis) == 1 || input.dimension(axis) == output.dimension(added + axis);
        }
        if (!isPossible) {
            throw p.malformed("cannot broadcast " + input + " to " + output + ", dimensions must be equal or 1");
        }
        return output;
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        int[] outputSteps = Movement.denseSteps(output.shape());
        if (kind == Kind.BROADCAST_TO) {
            return Movement.strided(input, 0, Broadcast.steps(input.shape(), output.shape()), output, 0, outputSteps,
                    output.shape().toArray());
        }
        // Each axis is two: the repetitions, along which the input stands still, and its own elements.
        int rank = input.shape().rank();
        int[] inputSteps = Movement.denseSteps(input.shape());
        int[] multiples = p.intValues(1);
        int[] steps = new int[2 * rank];
        int[] toSteps = new int[2 * rank];
        int[] sizes = new int[2 * rank];
        for (int axis = 0; axis < rank; axis++) {
            int own = 2 * axis + 1;
            sizes[own] = input.shape().dimension(axis);
            sizes[own - 1] = multiples[axis];
            steps[own] = inputSteps[axis];
            toSteps[own] = outputSteps[axis];
            toSteps[own - 1] = outputSteps[axis] * sizes[own];
        }
        return Movement.strided(input, 0, steps, output, 0, toSteps, sizes);
    }
}
