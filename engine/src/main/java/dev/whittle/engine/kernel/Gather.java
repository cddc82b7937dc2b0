package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// GATHER: the slices of input 0 along an axis that the indices of input 1 name. The first `batch_dims` axes of both
/// belong together, and the shape of the output is `input[: axis] + indices[batch_dims :] + input[axis + 1 :]`.
final class Gather implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    /// The settings with negative ones counted from the end.
    private record Axes(int axis, int batchDims) {

        static Axes of(Preparation p) {
            Options.Gather options = (Options.Gather) p.options();
            Shape input = p.inputTensor(0).shape();
            Shape indices = p.inputTensor(1).shape();
            int axis = Axis.of(p, options.axis(), input.rank());
            int batchDims = options.batchDims() < 0 ? options.batchDims() + indices.rank() : options.batchDims();
            if (batchDims < 0 || batchDims > axis || batchDims > indices.rank()) {
                throw p.malformed("batch_dims is " + options.batchDims() + " for axis " + axis + " and indices "
                        + indices + ", must be 0 to " + Math.min(axis, indices.rank()));
            }
            for (int i = 0; i < batchDims; i++) {
                if (input.dimension(i) != indices.dimension(i)) {
                    throw p.malformed("indices have shape " + indices + ", must begin with the " + batchDims
                            + " batch dimensions of " + input);
                }
            }
            return new Axes(axis, batchDims);
        }
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        Axes axes = Axes.of(p);
        Shape input = p.inputTensor(0).shape();
        Shape indices = p.inputTensor(1).shape();
        int added = indices.rank() - axes.batchDims();
        int[] sizes = Arrays.copyOf(input.toArray(), input.rank() - 1 + added);
        for (int i = 0; i < added; i++) {
            sizes[axes.axis() + i] = indices.dimension(axes.batchDims() + i);
        }
        for (int i = axes.axis() + 1; i < input.rank(); i++) {
            sizes[added + i - 1] = input.dimension(i);
        }
        return List.of(Shape.of(sizes));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Axes axes = Axes.of(p);
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        Indices indices = Indices.of(p, "index", 1);
        Shape shape = input.shape();
        int size = shape.dimension(axes.axis());
        int batches = 1;
        int outer = 1;
        for (int axis = 0; axis < axes.axis(); axis++) {
            batches *= axis < axes.batchDims() ? shape.dimension(axis) : 1;
            outer *= axis < axes.batchDims() ? 1 : shape.dimension(axis);
        }
        int indexCount = indices.input().elementCount();
        int perBatch = batches == 0 ? 0 : indexCount / batches;
        int inner = Movement.denseSteps(shape)[axes.axis()] * StorageType.width(input.type());
        int pieces = output.elementCount() == 0 ? 0 : outer;
        int batchCount = batches;
        return memory -> {
            indices.load(memory);
            for (int i = 0; i < indexCount; i++) {
                indices.within(memory, i, size);
            }
            Object from = memory.array(input);
            Object to = memory.array(output);
            int target = memory.offset(output);
            for (int batch = 0; batch < batchCount && pieces > 0; batch++) {
                for (int piece = 0; piece < pieces; piece++) {
                    int start = memory.offset(input) + (batch * pieces + piece) * size * inner;
                    for (int i = 0; i < perBatch; i++) {
                        int index = (int) indices.at(memory, batch * perBatch + i);
                        Movement.run(from, start + index * inner, 1, to, target, 1, inner);
                        target += inner;
                    }
                }
            }
        };
    }
}
