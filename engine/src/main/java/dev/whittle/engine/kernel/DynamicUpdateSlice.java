package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// DYNAMIC_UPDATE_SLICE: input 0 with input 1 written over it from the position in input 2 on, which is moved back where
/// the block would reach over an end.
final class DynamicUpdateSlice implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 3);
        Shape input = p.inputTensor(0).shape();
        Shape update = p.inputTensor(1).shape();
        boolean fits = update.rank() == input.rank();
        for (int axis = 0; fits && axis < input.rank(); axis++) {
            fits = update.dimension(axis) <= input.dimension(axis);
        }
        if (!fits) {
            throw p.malformed("update has shape " + update + ", must fit into " + input);
        }
        return List.of(input);
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot input = p.input(0);
        Slot update = p.input(1);
        TensorChecks.sameType(p, "update", p.inputTensor(1), input.type());
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        Shape shape = input.shape();
        int rank = shape.rank();
        TensorChecks.isInteger(p, "start", p.inputTensor(2));
        TensorChecks.sameShape(p, "start", p.inputTensor(2), Shape.of(rank));
        Kernel copy = Movement.copy(input, output);
        if (update.elementCount() == 0) {
            return copy;
        }
        Indices starts = Indices.of(p, "start", 2);
        int[] steps = Movement.denseSteps(shape);
        int[] room = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            room[axis] = shape.dimension(axis) - update.shape().dimension(axis);
        }
        int width = StorageType.width(input.type());
        Movement.Block block = Movement.Block.of(update.shape().toArray(), Movement.denseSteps(update.shape()), steps,
                width);
        return memory -> {
            copy.invoke(memory);
            starts.load(memory);
            int start = 0;
            for (int axis = 0; axis < room.length; axis++) {
                start += Math.clamp(starts.at(memory, axis), 0, room[axis]) * steps[axis];
            }
            block.copy(memory.array(update), memory.offset(update), memory.array(output),
                    memory.offset(output) + start * width);
        };
    }
}
