package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// RESHAPE: the same elements, in the same order, under another shape. The shape is input 1 where that is given, else an
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
        if (asked.length == 1 && asked[0] == 0 && input.elementCount() == 1) {
            return List.of(Shape.of());
        }
        int open = -1;
        long known = 1;
        for (int axis = 0; axis < asked.length; axis++) {
            if (asked[axis] == -1 && open < 0) {
                open = axis;
            } else if (asked[axis] < 0) {
                throw p.malformed("asks for shape " + Arrays.toString(asked)
                        + ", dimensions must be 0 or more and one at most -1");
            } else {
                known *= asked[axis];
                if (known > Integer.MAX_VALUE) {
                    throw mismatch(p, input, asked);
                }
            }
        }
        int elements = input.elementCount();
        if (open >= 0) {
            if (known == 0 || elements % known != 0) {
                throw mismatch(p, input, asked);
            }
            asked[open] = (int) (elements / known);
        } else if (known != elements) {
            throw mismatch(p, input, asked);
        }
        return List.of(Shape.of(asked));
    }

    private static RuntimeException mismatch(Preparation p, Shape input, int[] asked) {
        return p.unsupported("cannot make shape " + Arrays.toString(asked) + " of " + input
                + "; where the batch was resized, the model fixes it here and must be converted with a batch of -1");
    }

    private static int[] askedShape(Preparation p) {
        if (p.hasInput(1)) {
            return p.intValues(1);
        }
        List<Integer> option = ((Options.Reshape) p.options()).newShape();
        if (option == null) {
            throw p.malformed("no shape, must have input 1 or the option new_shape");
        }
        return option.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        return Movement.copy(p.input(0), p.output(0));
    }
}
