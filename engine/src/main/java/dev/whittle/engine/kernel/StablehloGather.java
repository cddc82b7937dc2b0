package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// STABLEHLO_GATHER: slices of `slice_sizes` of input 0, one for each vector along `index_vector_dim` of input 1. Entry k of
/// such a vector is where the slice starts along axis `start_index_map[k]`, moved back where the slice would reach over an
/// end. Slices lose the axes `collapsed_slice_dims`, and the others become the axes `offset_dims` of the output; the rest
/// of the output's axes are those of input 1 without the vectors (StableHLO specification, "gather").
final class StablehloGather implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    /// The options as what they do to the axes.
    ///
    /// @param output the shape of the output
    /// @param sliceAxes axes of the input that slices keep, and `offsetAxes` of the output where they stand
    /// @param batchAxes the other axes of the output, in order of those of the indices
    /// @param vectorAxis the axis of the indices that holds the vectors; their rank where each is a vector by itself
    private record Axes(Shape output, int[] sliceAxes, int[] offsetAxes, int[] batchAxes, int vectorAxis) {
    }

    private static Axes axes(Preparation p) {
        Options.StablehloGather options = (Options.StablehloGather) p.options();
        Shape input = p.inputTensor(0).shape();
        Shape indices = p.inputTensor(1).shape();
        int rank = input.rank();
        if (options.sliceSizes().size() != rank) {
            throw p.malformed("slice_sizes has " + options.sliceSizes().size() + " entries, must have " + rank);
        }
        boolean[] isCollapsed = marked(p, "collapsed_slice_dims", options.collapsedSliceDims(), rank);
        int[] sliceAxes = new int[rank];
        int kept = 0;
        for (int axis = 0; axis < rank; axis++) {
            long size = options.sliceSizes().get(axis);
            int most = input.dimension(axis);
            if (size < 0 || size > most || isCollapsed[axis] && size != 1) {
                throw p.malformed("slice size of axis " + axis + " is " + size + ", must be "
                        + (isCollapsed[axis] ? "1 where the axis is collapsed and not empty" : "0 to " + most));
            }
            if (!isCollapsed[axis]) {
                sliceAxes[kept++] = axis;
            }
        }
        if (options.indexVectorDim() < 0 || options.indexVectorDim() > indices.rank()) {
            throw p.malformed("index_vector_dim is " + options.indexVectorDim() + ", must be 0 to " + indices.rank());
        }
        int vectorAxis = (int) options.indexVectorDim();
        int length = vectorAxis == indices.rank() ? 1 : indices.dimension(vectorAxis);
        marked(p, "start_index_map", options.startIndexMap(), rank);
        if (options.startIndexMap().size() != length) {
            throw p.malformed(
                    "start_index_map has " + options.startIndexMap().size() + " entries, must have " + length);
        }
        int batches = vectorAxis == indices.rank() ? indices.rank() : indices.rank() - 1;
        int outputRank = batches + kept;
        boolean[] isOffset = marked(p, "offset_dims", options.offsetDims(), outputRank);
        if (options.offsetDims().size() != kept) {
            throw p.malformed("offset_dims has " + options.offsetDims().size() + " entries, must have " + kept);
        }
        int[] sizes = new int[outputRank];
        int[] offsetAxes = new int[kept];
        int[] batchAxes = new int[batches];
        int offset = 0;
        int batch = 0;
        for (int axis = 0; axis < outputRank; axis++) {
            if (isOffset[axis]) {
                sizes[axis] = (int) (long) options.sliceSizes().get(sliceAxes[offset]);
                offsetAxes[offset++] = axis;
            } else {
                sizes[axis] = indices.dimension(batch < vectorAxis ? batch : batch + 1);
                batchAxes[batch++] = axis;
            }
        }
        return new Axes(Shape.of(sizes), Arrays.copyOf(sliceAxes, kept), offsetAxes, batchAxes, vectorAxis);
    }

    private static boolean[] marked(Preparation p, String field, List<Long> axes, int rank) {
        boolean[] isMarked = new boolean[rank];
        for (long axis : axes) {
            if (axis < 0 || axis >= rank || isMarked[(int) axis]) {
                throw p.malformed(field + " holds " + axis + ", must be different ones of " + rank + " axes");
            }
            isMarked[(int) axis] = true;
        }
        return isMarked;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        return List.of(axes(p).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Axes axes = axes(p);
        TensorChecks.isInteger(p, "indices", p.inputTensor(1));
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        if (output.elementCount() == 0) {
            return Movement.sequence(List.of());
        }
        Indices indices = Indices.of(p, "start", 1);
        Options.StablehloGather options = (Options.StablehloGather) p.options();
        int[] inputSteps = Movement.denseSteps(input.shape());
        int[] outputSteps = Movement.denseSteps(output.shape());
        int[] indexSteps = Movement.denseSteps(indices.input().shape());
        int width = StorageType.width(input.type());

        int kept = axes.sliceAxes().length;
        int[] sizes = new int[kept];
        int[] from = new int[kept];
        int[] to = new int[kept];
        for (int i = 0; i < kept; i++) {
            sizes[i] = output.shape().dimension(axes.offsetAxes()[i]);
            from[i] = inputSteps[axes.sliceAxes()[i]];
            to[i] = outputSteps[axes.offsetAxes()[i]];
        }
        Movement.Block slice = Movement.Block.of(sizes, from, to, width);

        // Along each entry of a vector: how far a slice may start, and the step that it takes.
        int length = options.startIndexMap().size();
        int[] room = new int[length];
        int[] startSteps = new int[length];
        for (int k = 0; k < length; k++) {
            int axis = (int) (long) options.startIndexMap().get(k);
            room[k] = input.shape().dimension(axis) - (int) (long) options.sliceSizes().get(axis);
            startSteps[k] = inputSteps[axis];
        }
        int batches = axes.batchAxes().length;
        int[] batchSizes = new int[batches];
        int[] batchSteps = new int[batches];
        int[] vectorSteps = new int[batches];
        int count = 1;
        for (int i = 0; i < batches; i++) {
            batchSizes[i] = output.shape().dimension(axes.batchAxes()[i]);
            batchSteps[i] = outputSteps[axes.batchAxes()[i]];
            vectorSteps[i] = indexSteps[i < axes.vectorAxis() ? i : i + 1];
            count *= batchSizes[i];
        }
        int vectorStep = axes.vectorAxis() == indexSteps.length ? 0 : indexSteps[axes.vectorAxis()];
        int slices = count;
        return memory -> {
            indices.load(memory);
            for (int i = 0; i < slices; i++) {
                int vector = Broadcast.start(i, batchSizes, vectorSteps);
                int target = Broadcast.start(i, batchSizes, batchSteps);
                int start = 0;
                for (int k = 0; k < length; k++) {
                    start += Math.clamp(indices.at(memory, vector + k * vectorStep), 0, room[k]) * startSteps[k];
                }
                slice.copy(memory.array(input), memory.offset(input) + start * width, memory.array(output),
                        memory.offset(output) + target * width);
            }
        };
    }
}
