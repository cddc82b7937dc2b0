package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// STRIDED_SLICE: along each axis the elements from `begin` up to `end` by `stride` (inputs 1, 2 and 3). Bit i of a mask
/// speaks of entry i: begin and end masks stand for the whole axis, the ellipsis mask for all the axes that no other entry
/// names, the new axis mask adds a dimension of 1, and the shrink axis mask takes one element and drops the axis. Negative
/// begins and ends count from the end of the axis, and all are clamped to it. With the option `offset`, ends count from
/// begins.
///
/// As in LiteRT `strided_slice.cc`, an ellipsis stands for one axis at least, and entries that it leaves no axis for are
/// dropped.
final class StridedSlice implements OperatorKernel {
    /// A mask has one bit for each entry.
    private static final int MAX_ENTRIES = 31;

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 4, 4);
        int entries = p.inputTensor(1).shape().elementCount();
        if (entries > MAX_ENTRIES) {
            throw p.malformed("begin has " + entries + " entries, must have up to " + MAX_ENTRIES);
        }
        for (int i = 1; i < 4; i++) {
            TensorChecks.sameType(p, "input " + i, p.inputTensor(i), ElementType.INT32);
            TensorChecks.sameShape(p, "input " + i, p.inputTensor(i), Shape.of(entries));
        }
        return List.of(region(p).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        Region region = region(p);
        Slot output = p.output(0);
        return Movement.strided(p.input(0), region.start(), region.steps(), output, 0,
                Movement.denseSteps(output.shape()), output.shape().toArray());
    }

    /// What is read: one step for each dimension of the output.
    private record Region(int start, int[] steps, Shape output) {
    }

    private static Region region(Preparation p) {
        Options.StridedSlice options = (Options.StridedSlice) p.options();
        Shape input = p.inputTensor(0).shape();
        int[] begin = p.intValues(1);
        int[] end = p.intValues(2);
        int[] strides = p.intValues(3);
        int newAxes = 0;
        for (int i = 0; i < begin.length; i++) {
            if (isSet(options.newAxisMask(), i) && !isSet(options.ellipsisMask(), i)) {
                newAxes++;
            }
        }
        int rank = input.rank() + newAxes;
        int named = (1 << begin.length) - 1;
        if (begin.length > rank && (options.ellipsisMask() & named) == 0) {
            throw p.malformed("has " + begin.length + " entries for an input of shape " + input + ", must have up to "
                    + rank);
        }
        int[] inputSteps = Movement.denseSteps(input);
        int[] steps = new int[rank];
        int[] sizes = new int[rank];
        int dimensions = 0;
        int start = 0;
        int axis = 0;
        int entry = 0;
        for (int i = 0; i < rank; entry++) {
            if (entry < begin.length && isSet(options.ellipsisMask(), entry)) {
                int covered = Math.clamp(rank - begin.length + 1L, 1, rank - i);
                i += covered;
                for (int k = 0; k < covered; k++) {
                    requireAxis(p, axis, input);
                    sizes[dimensions] = input.dimension(axis);
                    steps[dimensions++] = inputSteps[axis++];
                }
                continue;
            }
            i++;
            if (entry < begin.length && isSet(options.newAxisMask(), entry)) {
                sizes[dimensions] = 1;
                steps[dimensions++] = 0;
                continue;
            }
            requireAxis(p, axis, input);
            int size = input.dimension(axis);
            boolean isNamed = entry < begin.length;
            int stride = isNamed ? strides[entry] : 1;
            if (stride == 0) {
                throw p.malformed("stride of axis " + axis + " is 0, must not be");
            }
            int lowest = stride > 0 ? 0 : -1;
            int highest = stride > 0 ? size : size - 1;
            int first = isNamed && !isSet(options.beginMask(), entry)
                    ? clamp(begin[entry], size, lowest, highest)
                    : stride > 0 ? 0 : size - 1;
            if (isNamed && isSet(options.shrinkAxisMask(), entry)) {
                if (first < 0 || first >= size) {
                    throw p.malformed("takes element " + begin[entry] + " of axis " + axis + ", which has " + size);
                }
                start += first * inputSteps[axis++];
                continue;
            }
            int last = isNamed && !isSet(options.endMask(), entry)
                    ? clamp(options.offset() ? (long) end[entry] + first : end[entry], size, lowest, highest)
                    : stride > 0 ? size : -1;
            sizes[dimensions] = (int) Math.max(0, Math.ceilDiv((long) last - first, stride));
            if (sizes[dimensions] > 0) {
                start += first * inputSteps[axis];
            }
            // A step is taken only where there are two elements, and then it stays within the tensor.
            steps[dimensions] = sizes[dimensions] > 1 ? stride * inputSteps[axis] : 0;
            dimensions++;
            axis++;
        }
        if (axis != input.rank()) {
            throw p.malformed("speaks of " + axis + " axes, the input has " + input.rank());
        }
        return new Region(start, Arrays.copyOf(steps, dimensions), Shape.of(Arrays.copyOf(sizes, dimensions)));
    }

    private static boolean isSet(int mask, int entry) {
        return (mask & 1 << entry) != 0;
    }

    private static int clamp(long index, int size, int lowest, int highest) {
        return Math.clamp(index < 0 ? index + size : index, lowest, Math.max(lowest, highest));
    }

    private static void requireAxis(Preparation p, int axis, Shape input) {
        if (axis == input.rank()) {
            throw p.malformed("speaks of more axes than the " + input.rank() + " of the input");
        }
    }
}
