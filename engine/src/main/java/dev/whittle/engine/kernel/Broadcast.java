package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;

/// How two inputs meet under NumPy's broadcasting rule: shapes are aligned at their last dimension, and a dimension of 1
/// (or a missing one) is repeated.
///
/// The output is walked in runs: neighbouring dimensions that both inputs step through alike are merged, the innermost
/// merged dimension is the run, and for each run the start in either input is computed from its number.
final class Broadcast {
    private final Shape output;
    /// Merged dimensions without the innermost, outermost first, and the step of either input along each.
    private final int[] outerSizes;
    private final int[] outerSteps0;
    private final int[] outerSteps1;
    private final int runLength;
    private final int runStep0;
    private final int runStep1;

    private Broadcast(Shape output, int[] sizes, int[] steps0, int[] steps1, int count) {
        this.output = output;
        this.outerSizes = Arrays.copyOf(sizes, count - 1);
        this.outerSteps0 = Arrays.copyOf(steps0, count - 1);
        this.outerSteps1 = Arrays.copyOf(steps1, count - 1);
        this.runLength = sizes[count - 1];
        this.runStep0 = steps0[count - 1];
        this.runStep1 = steps1[count - 1];
    }

    /// @throws dev.whittle.engine.model.MalformedModelException when two dimensions differ and neither is 1
    static Broadcast of(Preparation p, Shape shape0, Shape shape1) {
        int rank = Math.max(1, Math.max(shape0.rank(), shape1.rank()));
        int[] sizes = new int[rank];
        int[] steps0 = new int[rank];
        int[] steps1 = new int[rank];
        int elements0 = 1;
        int elements1 = 1;
        for (int axis = rank - 1; axis >= 0; axis--) {
            int size0 = aligned(shape0, axis, rank);
            int size1 = aligned(shape1, axis, rank);
            if (size0 != size1 && size0 != 1 && size1 != 1) {
                throw p.malformed("inputs have shapes " + shape0 + " and " + shape1
                        + ", dimensions must be equal or 1");
            }
            sizes[axis] = size0 == 1 ? size1 : size0;
            steps0[axis] = size0 == 1 ? 0 : elements0;
            steps1[axis] = size1 == 1 ? 0 : elements1;
            elements0 *= size0;
            elements1 *= size1;
        }
        int outputRank = Math.max(shape0.rank(), shape1.rank());
        Shape output = Shape.of(outputRank == 0 ? new int[0] : sizes);
        return merged(output, sizes, steps0, steps1);
    }

    private static int aligned(Shape shape, int axis, int rank) {
        int own = axis - (rank - shape.rank());
        return own < 0 ? 1 : shape.dimension(own);
    }

    private static Broadcast merged(Shape output, int[] sizes, int[] steps0, int[] steps1) {
        int rank = sizes.length;
        int[] mergedSizes = new int[rank];
        int[] merged0 = new int[rank];
        int[] merged1 = new int[rank];
        int count = 0;
        for (int axis = 0; axis < rank; axis++) {
            int last = count - 1;
            // The dimension before continues this one when a step along it is a whole pass along this one.
            if (count > 0 && merged0[last] == steps0[axis] * sizes[axis]
                    && merged1[last] == steps1[axis] * sizes[axis]) {
                mergedSizes[last] *= sizes[axis];
                merged0[last] = steps0[axis];
                merged1[last] = steps1[axis];
            } else if (sizes[axis] != 1 || axis == rank - 1 && count == 0) {
                mergedSizes[count] = sizes[axis];
                merged0[count] = steps0[axis];
                merged1[count] = steps1[axis];
                count++;
            }
        }
        return new Broadcast(output, mergedSizes, merged0, merged1, count);
    }

    Shape output() {
        return output;
    }

    int runCount() {
        int count = 1;
        for (int size : outerSizes) {
            count *= size;
        }
        return count;
    }

    /// Elements in a run.
    int runLength() {
        return runLength;
    }

    /// 1 where input 0 moves along a run, 0 where it stands.
    int runStep0() {
        return runStep0;
    }

    /// As [#runStep0], of input 1.
    int runStep1() {
        return runStep1;
    }

    /// Element of input 0 at which a run starts.
    int start0(int run) {
        return start(run, outerSteps0);
    }

    /// Element of input 1 at which a run starts.
    int start1(int run) {
        return start(run, outerSteps1);
    }

    private int start(int run, int[] steps) {
        int start = 0;
        int rest = run;
        for (int axis = outerSizes.length - 1; axis >= 0; axis--) {
            start += rest % outerSizes[axis] * steps[axis];
            rest /= outerSizes[axis];
        }
        return start;
    }
}
