package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// RESHAPE: the same elements, in the same order, under another shape. The shape is input 1 where that is a vector, else an
/// option; one dimension may be -1 and takes what is left. Copies by element width, for every type alike.
///
/// Old files write a scalar as the shape `[0]`.
final class Reshape implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return EnumSet.complementOf(EnumSet.of(ElementType.VARIANT));
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 2);
        Shape input = p.inputTensor(0).shape();
        int[] asked = askedShape(p);
        TensorChecks.supportedRank(p, "shape", asked.length);
        int elements = input.elementCount();
        if (asked.length == 1 && asked[0] == 0 && elements == 1) {
            return List.of(Shape.of());
        }
        int open = -1;
        for (int axis = 0; axis < asked.length; axis++) {
            if (asked[axis] == -1 && open < 0) {
                open = axis;
            } else if (asked[axis] < 0) {
                throw p.malformed("asks for shape " + Arrays.toString(asked)
                        + ", dimensions must be 0 or more and one at most -1");
            }
        }
        if (open >= 0) {
            asked[open] = 1;
            long known = product(asked, false);
            // Of no elements, dimensions other than 0 are left over from those other than 0.
            boolean isEmptyBoth = elements == 0 && known == 0;
            long whole = isEmptyBoth ? product(input.toArray(), true) : elements;
            long part = isEmptyBoth ? product(asked, true) : known;
            if (part == 0 || whole % part != 0) {
                asked[open] = -1;
                throw mismatch(p, input, asked);
            }
            asked[open] = (int) (whole / part);
        }
        if (product(asked, false) != elements) {
            throw mismatch(p, input, asked);
        }
        return List.of(Shape.of(asked));
    }

    /// The product of dimensions, or of those other than 0; 2³¹ where it would pass the range of int.
    private static long product(int[] dimensions, boolean isWithoutZeros) {
        long product = 1;
        for (int dimension : dimensions) {
            if (dimension != 0) {
                product = Math.min(1L << 31, product * dimension);
            } else if (!isWithoutZeros) {
                return 0;
            }
        }
        return product;
    }

    private static RuntimeException mismatch(Preparation p, Shape input, int[] asked) {
        return p.unsupported("cannot make shape " + Arrays.toString(asked) + " of " + input
                + "; where the batch was resized, the model fixes it here and must be converted with a batch of -1");
    }

    private static int[] askedShape(Preparation p) {
        List<Integer> option = ((Options.Reshape) p.options()).newShape();
        boolean isVector = p.hasInput(1) && p.inputTensor(1).shape().rank() == 1;
        if (isVector || p.hasInput(1) && option == null) {
            TensorChecks.isInteger(p, "shape", p.inputTensor(1));
            TensorChecks.rank(p, "shape", p.inputTensor(1), 1);
            return p.intValues(1);
        }
        if (option == null) {
            throw p.malformed("no shape, must have input 1 or the option new_shape");
        }
        return option.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        return Movement.view(p);
    }
}
