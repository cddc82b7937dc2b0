package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// SPLIT, SPLIT_V and UNPACK: the input in parts along an axis, each an output. SPLIT makes equal parts along the axis in
/// input 0; SPLIT_V makes parts of the sizes in input 1 along the axis in input 2, where one size may be -1 and takes what
/// is left; UNPACK makes parts of one and drops their axis, which is an option.
final class Split implements OperatorKernel {

    /// How many parts, along which axis, and where that stands.
    enum Kind {
        EQUAL, SIZES, UNPACK
    }

    private final Kind kind;

    Split(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public int typedInput() {
        return kind == Kind.EQUAL ? 1 : 0;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        Parts parts = parts(p);
        Shape input = p.inputTensor(typedInput()).shape();
        List<Shape> shapes = new ArrayList<>();
        for (int size : parts.sizes()) {
            Shape shape = input.withDimension(parts.axis(), size);
            shapes.add(kind == Kind.UNPACK ? without(shape, parts.axis()) : shape);
        }
        return shapes;
    }

    private static Shape without(Shape shape, int axis) {
        int[] dimensions = shape.toArray();
        int[] left = Arrays.copyOf(dimensions, dimensions.length - 1);
        System.arraycopy(dimensions, axis + 1, left, axis, left.length - axis);
        return Shape.of(left);
    }

    private record Parts(int axis, int[] sizes) {
    }

    private Parts parts(Preparation p) {
        return switch (kind) {
            case EQUAL -> {
                TensorChecks.counts(p, 2, 2, ((Options.Split) p.options()).numSplits());
                int axis = axisIn(p, 0);
                int size = p.inputTensor(1).shape().dimension(axis);
                int count = p.outputCount();
                if (count == 0 || size % count != 0) {
                    throw p.malformed("splits axis " + axis + " of " + p.inputTensor(1).shape() + " in " + count
                            + " parts, must be equal ones");
                }
                yield new Parts(axis, filled(count, size / count));
            }
            case SIZES -> {
                TensorChecks.counts(p, 3, 3, ((Options.SplitV) p.options()).numSplits());
                int axis = axisIn(p, 2);
                TensorChecks.elementCount(p, "sizes", p.inputTensor(1), p.outputCount());
                yield new Parts(axis, sizes(p, axis));
            }
            case UNPACK -> {
                Options.Unpack options = (Options.Unpack) p.options();
                TensorChecks.counts(p, 1, 1, options.num());
                Shape input = p.inputTensor(0).shape();
                int axis = Axis.of(p, options.axis(), input.rank());
                if (input.dimension(axis) != options.num()) {
                    throw p.malformed("unpacks " + options.num() + " along axis " + axis + " of " + input + ", must be "
                            + input.dimension(axis));
                }
                yield new Parts(axis, filled(options.num(), 1));
            }
        };
    }

    private int axisIn(Preparation p, int i) {
        TensorChecks.elementCount(p, "axis", p.inputTensor(i), 1);
        return Axis.of(p, p.intValues(i)[0], p.inputTensor(typedInput()).shape().rank());
    }

    private static int[] filled(int count, int value) {
        int[] sizes = new int[count];
        Arrays.fill(sizes, value);
        return sizes;
    }

    private static int[] sizes(Preparation p, int axis) {
        int[] sizes = p.intValues(1);
        int open = -1;
        long known = 0;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == -1 && open < 0) {
                open = i;
            } else if (sizes[i] < 0) {
                throw p.malformed("size of part " + i + " is " + sizes[i] + ", must be 0 or more and one at most -1");
            } else {
                known += sizes[i];
            }
        }
        int size = p.inputTensor(0).shape().dimension(axis);
        if (open >= 0 ? known > size : known != size) {
            throw p.malformed("parts add up to " + known + " along axis " + axis + ", the input has " + size);
        }
        if (open >= 0) {
            sizes[open] = (int) (size - known);
        }
        return sizes;
    }

    @Override
    public Kernel prepare(Preparation p) {
        Parts parts = parts(p);
        Slot input = p.input(typedInput());
        int[] steps = Movement.denseSteps(input.shape());
        int axis = parts.axis();
        List<Kernel> copies = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < parts.sizes().length; i++) {
            TensorChecks.sameType(p, "output " + i, p.outputTensor(i), input.type());
            Shape part = input.shape().withDimension(axis, parts.sizes()[i]);
            copies.add(Movement.strided(input, start * steps[axis], steps, p.output(i), 0, Movement.denseSteps(part),
                    part.toArray()));
            start += parts.sizes()[i];
        }
        return Movement.sequence(copies);
    }
}
