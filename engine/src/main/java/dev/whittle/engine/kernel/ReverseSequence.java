package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// REVERSE_SEQUENCE: for each index of the batch axis, the first elements along the sequence axis from the last to the
/// first, and the rest as they are; input 1 says how many.
final class ReverseSequence implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.ReverseSequence options = (Options.ReverseSequence) p.options();
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        Shape shape = input.shape();
        int seqAxis = Axis.of(p, options.seqDim(), shape.rank());
        int batchAxis = Axis.of(p, options.batchDim(), shape.rank());
        if (seqAxis == batchAxis) {
            throw p.malformed("sequence and batch are both axis " + seqAxis + ", must be two");
        }
        TensorChecks.isInteger(p, "sequence lengths", p.inputTensor(1));
        TensorChecks.sameShape(p, "sequence lengths", p.inputTensor(1), Shape.of(shape.dimension(batchAxis)));
        Indices lengths = Indices.of(p, "sequence lengths", 1);
        int[] steps = Movement.denseSteps(shape);
        int first = Math.min(seqAxis, batchAxis);
        int second = Math.max(seqAxis, batchAxis);
        int width = StorageType.width(input.type());
        int outer = 1;
        for (int axis = 0; axis < first; axis++) {
            outer *= shape.dimension(axis);
        }
        int between = 1;
        for (int axis = first + 1; axis < second; axis++) {
            between *= shape.dimension(axis);
        }
        Sequences sequences = new Sequences(outer, between, shape.dimension(batchAxis), shape.dimension(seqAxis),
                steps[second] * width, steps[first] * shape.dimension(first) * width,
                steps[second] * shape.dimension(second) * width, steps[batchAxis] * width, steps[seqAxis] * width);
        boolean isEmpty = input.elementCount() == 0;
        return memory -> {
            lengths.load(memory);
            for (int batch = 0; batch < sequences.batches(); batch++) {
                int length = lengths.within(memory, batch, sequences.length() + 1);
                if (!isEmpty) {
                    sequences.reverse(batch, length, memory.array(input), memory.offset(input), memory.array(output),
                            memory.offset(output));
                }
            }
        };
    }

    /// The axes before, between and after the two, and the steps along them in array elements.
    private record Sequences(int outer, int between, int batches, int length, int inner, int outerStep,
            int betweenStep, int batchStep, int step) {

        void reverse(int batch, int reversed, Object from, int fromOffset, Object to, int toOffset) {
            for (int i = 0; i < outer; i++) {
                for (int j = 0; j < between; j++) {
                    int start = i * outerStep + j * betweenStep + batch * batchStep;
                    for (int k = 0; k < length; k++) {
                        int source = k < reversed ? reversed - 1 - k : k;
                        Movement.run(from, fromOffset + start + source * step, 1, to, toOffset + start + k * step, 1,
                                inner);
                    }
                }
            }
        }
    }
}
