package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;

/// Which elements of an input fall into each element of a reduced output: the outputs in order, and for each the runs of
/// its elements in the input's order. Neighbouring dimensions that are both kept or both reduced are merged.
///
/// @param keptSizes the dimensions that stay, with the input's steps along them
/// @param outerSizes the reduced dimensions but the innermost, with the input's steps along them
/// @param runLength elements of the innermost reduced dimension, `runStep` apart
record Reduction(int[] keptSizes, int[] keptSteps, int[] outerSizes, int[] outerSteps, int runLength, int runStep) {

    /// @param reduced by axis, whether it goes
    static Reduction of(Shape input, boolean[] reduced) {
        int rank = input.rank();
        int[] steps = Movement.denseSteps(input);
        int[] keptSizes = new int[rank];
        int[] keptSteps = new int[rank];
        int[] sizes = new int[rank];
        int[] reducedSteps = new int[rank];
        int kept = 0;
        int gone = 0;
        for (int axis = 0; axis < rank; axis++) {
            boolean continues = axis > 0 && reduced[axis] == reduced[axis - 1];
            int size = input.dimension(axis);
            if (reduced[axis]) {
                gone -= continues ? 1 : 0;
                sizes[gone] = continues ? sizes[gone] * size : size;
                reducedSteps[gone++] = steps[axis];
            } else {
                kept -= continues ? 1 : 0;
                keptSizes[kept] = continues ? keptSizes[kept] * size : size;
                keptSteps[kept++] = steps[axis];
            }
        }
        int outer = Math.max(0, gone - 1);
        return new Reduction(Arrays.copyOf(keptSizes, kept), Arrays.copyOf(keptSteps, kept),
                Arrays.copyOf(sizes, outer), Arrays.copyOf(reducedSteps, outer), gone == 0 ? 1 : sizes[gone - 1],
                gone == 0 ? 1 : reducedSteps[gone - 1]);
    }

    /// Neighbouring outputs whose elements lie beside each other everywhere, 1 if none do: the channels of an image that is
    /// reduced along height and width.
    int channels() {
        int kept = keptSizes.length;
        return kept > 0 && keptSteps[kept - 1] == 1 ? keptSizes[kept - 1] : 1;
    }

    int outputCount() {
        return product(keptSizes);
    }

    /// Runs for each output.
    int runCount() {
        return product(outerSizes);
    }

    /// Elements for each output.
    int elementCount() {
        return runCount() * runLength;
    }

    /// Where the elements of an output begin.
    int outputStart(int output) {
        return start(output, keptSizes, keptSteps);
    }

    /// Where a run begins, counted from its output's start.
    int runStart(int run) {
        return start(run, outerSizes, outerSteps);
    }

    private static int product(int[] sizes) {
        int product = 1;
        for (int size : sizes) {
            product *= size;
        }
        return product;
    }

    private static int start(int number, int[] sizes, int[] steps) {
        int start = 0;
        int rest = number;
        for (int axis = sizes.length - 1; axis >= 0; axis--) {
            start += rest % sizes[axis] * steps[axis];
            rest /= sizes[axis];
        }
        return start;
    }
}
