package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// STABLEHLO_SCATTER: the input with updates combined into it, in order, one that falls outside ignored (StableHLO
/// specification, `scatter`; LiteRT `stablehlo_scatter.cc`). The dimensions of the updates in `updateWindowDims` move
/// within the input, those in `insertedWindowDims` of it left out; the others choose an index vector, which says where in
/// the dimensions `scatterDimsToOperandDims` the window begins.
final class StablehloScatter implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT16, ElementType.FLOAT32, ElementType.FLOAT64, ElementType.INT8,
                ElementType.INT16, ElementType.INT32, ElementType.INT64, ElementType.UINT8, ElementType.UINT16,
                ElementType.UINT32, ElementType.UINT64, ElementType.BOOL);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 3);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.StablehloScatter options = (Options.StablehloScatter) p.options();
        ElementType type = p.inputTensor(0).type();
        ElementType indexType = p.inputTensor(1).type();
        if (indexType != ElementType.INT32 && indexType != ElementType.INT64) {
            throw p.unsupported("indices are " + indexType + ", supported are INT32 and INT64");
        }
        TensorChecks.sameType(p, "updates", p.inputTensor(2), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Combiner combiner = Combiner.of(p, options.updateComputationSubgraph());
        if (combiner == Combiner.ALL || combiner == Combiner.ANY) {
            throw p.unsupported("subgraph " + options.updateComputationSubgraph() + " is " + combiner
                    + ", supported are sums, products, minimum, maximum and nothing");
        }
        Places places = Places.of(p, options);
        Slot input = p.input(0);
        Slot indices = p.input(1);
        Slot updates = p.input(2);
        Slot output = p.output(0);
        return memory -> {
            Object to = memory.array(output);
            int first = memory.offset(output);
            Movement.run(memory.array(input), memory.offset(input), 1, to, first, 1, input.elementCount());
            for (int i = 0; i < updates.elementCount(); i++) {
                int element = places.element(memory, indices, i);
                if (element >= 0) {
                    combine(type, combiner, to, first + element, memory.array(updates), memory.offset(updates) + i);
                }
            }
        };
    }

    private static void combine(ElementType type, Combiner combiner, Object to, int at, Object from, int index) {
        switch (type) {
            case FLOAT32 -> {
                float[] values = (float[]) to;
                values[at] = (float) combiner.apply(values[at], ((float[]) from)[index]);
            }
            case FLOAT64 -> {
                double[] values = (double[]) to;
                values[at] = combiner.apply(values[at], ((double[]) from)[index]);
            }
            case FLOAT16 -> {
                short[] values = (short[]) to;
                values[at] = Float.floatToFloat16((float) combiner.apply(Float.float16ToFloat(values[at]),
                        Float.float16ToFloat(((short[]) from)[index])));
            }
            default -> {
                long combined = combiner.apply(type, Integers.get(type, to, at), Integers.get(type, from, index));
                Integers.write(type, type == ElementType.BOOL && combined != 0 ? 1 : combined, to, at);
            }
        }
    }

    /// Where updates go.
    ///
    /// @param sizes of the updates, by dimension
    /// @param operandAxes the input's dimension that an update's dimension moves in; −1 where it chooses an index vector
    /// @param indexSteps how far such a dimension moves in the indices
    /// @param operandSizes of the input
    /// @param operandSteps of the input
    /// @param vectorAxes the input's dimension that each number of an index vector speaks of
    /// @param vectorStep between the numbers of an index vector
    private record Places(int[] sizes, int[] operandAxes, int[] indexSteps, int[] operandSizes, int[] operandSteps,
            int[] vectorAxes, int vectorStep) {

        static Places of(Preparation p, Options.StablehloScatter options) {
            Shape operand = p.inputTensor(0).shape();
            Shape indices = p.inputTensor(1).shape();
            Shape updates = p.inputTensor(2).shape();
            int[] windowDims = axes(p, "update window dimensions", options.updateWindowDims(), updates.rank(),
                    true);
            int[] insertedDims = axes(p, "inserted window dimensions", options.insertedWindowDims(), operand.rank(),
                    true);
            int[] vectorAxes = axes(p, "scatter dimensions", options.scatterDimsToOperandDims(), operand.rank(),
                    false);
            long vectorDim = options.indexVectorDim();
            if (vectorDim < 0 || vectorDim > indices.rank()) {
                throw p.malformed("index vector dimension is " + vectorDim + ", must be within 0 to " + indices.rank());
            }
            boolean isImplicit = vectorDim == indices.rank();
            int vectorSize = isImplicit ? 1 : indices.dimension((int) vectorDim);
            if (vectorSize != vectorAxes.length) {
                throw p.malformed("index vectors of " + vectorSize + " numbers for " + vectorAxes.length
                        + " scatter dimensions, must be as many");
            }
            int scatterRank = updates.rank() - windowDims.length;
            if (windowDims.length + insertedDims.length != operand.rank()
                    || scatterRank != indices.rank() - (isImplicit ? 0 : 1)) {
                throw p.malformed("input has shape " + operand + ", indices " + indices + " and updates " + updates
                        + ", do not fit " + windowDims.length + " window dimensions, " + insertedDims.length
                        + " of them inserted");
            }
            int[] indexSteps = Movement.denseSteps(indices);
            int[] operandAxes = new int[updates.rank()];
            int[] stepsOfUpdates = new int[updates.rank()];
            int operandAxis = 0;
            int indexAxis = 0;
            for (int axis = 0; axis < updates.rank(); axis++) {
                if (contains(windowDims, axis)) {
                    while (contains(insertedDims, operandAxis)) {
                        operandAxis++;
                    }
                    operandAxes[axis] = operandAxis;
                    operandAxis++;
                } else {
                    indexAxis += indexAxis == vectorDim ? 1 : 0;
                    if (indices.dimension(indexAxis) != updates.dimension(axis)) {
                        throw p.malformed("updates have shape " + updates + " and indices " + indices + ", dimension "
                                + axis + " must be " + indices.dimension(indexAxis));
                    }
                    operandAxes[axis] = -1;
                    stepsOfUpdates[axis] = indexSteps[indexAxis];
                    indexAxis++;
                }
            }
            return new Places(updates.toArray(), operandAxes, stepsOfUpdates, operand.toArray(),
                    Movement.denseSteps(operand), vectorAxes, isImplicit ? 0 : indexSteps[(int) vectorDim]);
        }

        private static int[] axes(Preparation p, String role, List<Long> dims, int rank,
                boolean isSorted) {
            int[] axes = new int[dims.size()];
            for (int i = 0; i < axes.length; i++) {
                long dim = dims.get(i);
                if (dim < 0 || dim >= rank || dims.indexOf(dim) != i || isSorted && i > 0 && dims.get(i - 1) > dim) {
                    throw p.malformed(role + " are " + dims + ", must be different" + (isSorted ? ", rising" : "")
                            + " and below " + rank);
                }
                axes[i] = (int) dim;
            }
            return axes;
        }

        private static boolean contains(int[] axes, int axis) {
            return Arrays.stream(axes).anyMatch(each -> each == axis);
        }

        /// The input element that an update goes to, or −1.
        int element(Memory memory, Slot indices, int update) {
            int vector = 0;
            int rest = update;
            for (int axis = sizes.length - 1; axis >= 0; axis--) {
                vector += rest % sizes[axis] * indexSteps[axis];
                rest /= sizes[axis];
            }
            int element = 0;
            for (int axis = 0; axis < operandSizes.length; axis++) {
                long position = start(memory, indices, vector, axis) + within(update, axis);
                if (position < 0 || position >= operandSizes[axis]) {
                    return -1;
                }
                element += (int) position * operandSteps[axis];
            }
            return element;
        }

        private long start(Memory memory, Slot indices, int vector, int axis) {
            for (int i = 0; i < vectorAxes.length; i++) {
                if (vectorAxes[i] == axis) {
                    return Integers.get(indices.type(), memory.array(indices),
                            memory.offset(indices) + vector + i * vectorStep);
                }
            }
            return 0;
        }

        /// How far an update stands within its window along a dimension of the input.
        private int within(int update, int operandAxis) {
            int rest = update;
            for (int axis = sizes.length - 1; axis >= 0; axis--) {
                if (operandAxes[axis] == operandAxis) {
                    return rest % sizes[axis];
                }
                rest /= sizes[axis];
            }
            return 0;
        }
    }
}
