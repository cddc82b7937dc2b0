package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// MIRROR_PAD: the input with its own mirror image around it, rows `[before, after]` of input 1 for each axis. The edge
/// itself is repeated (SYMMETRIC) or is not (REFLECT).
///
/// The input is copied into the middle of the output; then each axis in turn mirrors what stands there already, so that
/// corners come out right.
final class MirrorPad implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        Shape input = p.inputTensor(0).shape();
        int rank = input.rank();
        TensorChecks.isInteger(p, "paddings", p.inputTensor(1));
        TensorChecks.sameShape(p, "paddings", p.inputTensor(1), Shape.of(rank, 2));
        int[] paddings = p.intValues(1);
        int edge = edge(p);
        int[] sizes = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            int most = Math.max(0, input.dimension(axis) - edge);
            int before = paddings[2 * axis];
            int after = paddings[2 * axis + 1];
            if (before < 0 || after < 0 || before > most || after > most) {
                throw p.malformed("paddings of axis " + axis + " are " + before + " and " + after + ", must be 0 to "
                        + most);
            }
            long size = (long) input.dimension(axis) + before + after;
            if (size > Integer.MAX_VALUE) {
                throw p.unsupported("axis " + axis + " of " + input + " is padded to " + size
                        + " elements, supported are 2^31-1");
            }
            sizes[axis] = (int) size;
        }
        return List.of(Shape.of(sizes));
    }

    /// Elements at an edge that are not repeated.
    private static int edge(Preparation p) {
        return ((Options.MirrorPad) p.options()).isSymmetric() ? 0 : 1;
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        int[] paddings = p.intValues(1);
        int edge = edge(p);
        int[] steps = Movement.denseSteps(output.shape());
        int[] sizes = input.shape().toArray();
        int start = 0;
        for (int axis = 0; axis < sizes.length; axis++) {
            start += paddings[2 * axis] * steps[axis];
        }
        List<Kernel> copies = new ArrayList<>();
        copies.add(Movement.strided(input, 0, Movement.denseSteps(input.shape()), output, start, steps, sizes));
        for (int axis = 0; axis < sizes.length; axis++) {
            int before = paddings[2 * axis];
            int after = paddings[2 * axis + 1];
            int size = sizes[axis];
            int step = steps[axis];
            int[] mirrored = steps.clone();
            mirrored[axis] = -step;
            int end = start + size * step;
            sizes[axis] = before;
            copies.add(Movement.strided(output, start + (before - 1 + edge) * step, mirrored, output,
                    start - before * step, steps, sizes));
            sizes[axis] = after;
            copies.add(Movement.strided(output, end - (1 + edge) * step, mirrored, output, end, steps, sizes));
            sizes[axis] = before + size + after;
            start -= before * step;
        }
        return Movement.sequence(copies);
    }
}
