package dev.whittle.engine.kernel;

import dev.whittle.engine.kernel.ArithmeticOfReals.Operation;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// How two inputs meet under NumPy's broadcasting rule: shapes are aligned at their last dimension, and a dimension of 1
/// (or a missing one) is repeated.
///
/// The output is walked in runs: neighbouring dimensions that both inputs step through alike are merged, the innermost
/// merged dimension is the run.
final class Broadcast {
    private static final int CODES = 256;
    /** Elements of a run that is made of the same short run over and over. */
    private static final int TILE = 512;
    /** What an element takes, roughly, where a function is called for it. */
    private static final double NANOSECONDS = 1.5;

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

    /// The two inputs of an operator.
    static Broadcast of(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        return of(p, p.inputTensor(0).shape(), p.inputTensor(1).shape());
    }

    /// A kernel that goes through the inputs and the output of an operator run by run. The output may overwrite an input
    /// that is not repeated: runs must have read of both inputs what an output element needs before they write it, and not
    /// read it again. Runs are cut in pieces and shared among threads.
    ///
    /// @param <A> the array that both inputs lie in
    /// @param <C> the array that the output lies in
    <A, C> Kernel kernel(Preparation p, BinaryRun<A, C> run) {
        return kernel(p, NANOSECONDS, run);
    }

    /// Machine code that looks codes up, where one element that is known meets all others; or null.
    @SuppressWarnings("unchecked")
    private <A, C> @Nullable Kernel map(Preparation p, BinaryRun<A, C> run) {
        MachineCode machineCode = p.machineCode();
        int repeated = runStep0 == 0 ? 0 : 1;
        if (machineCode == null || !p.inputTensor(repeated).isConstant()) {
            return null;
        }
        byte[] codes = new byte[CODES];
        for (int code = 0; code < CODES; code++) {
            codes[code] = (byte) code;
        }
        byte[] known = p.values(repeated).toBytes();
        byte[] table = new byte[CODES];
        run.apply((A) (repeated == 0 ? known : codes), 0, runStep0, (A) (repeated == 0 ? codes : known), 0, runStep1,
                (C) table, 0, CODES);
        Kernel kernel = machineCode.map(p, table, p.input(1 - repeated), p.output(0));
        if (kernel != null) {
            p.mayOverwrite(1 - repeated);
        }
        return kernel;
    }

    /// Machine code for an operation on floats where neither input is repeated, or one is of one element; or null.
    @Nullable
    Kernel machineCode(Preparation p, Operation operation, float min, float max) {
        MachineCode machineCode = p.machineCode();
        if (machineCode == null || outerSizes.length > 0 || output.elementCount() == 0) {
            return null;
        }
        ArithmeticOfReals arithmetic =
                new ArithmeticOfReals(operation, p.input(0), p.input(1), p.output(0), min, max);
        Kernel kernel = machineCode.arithmetic(p, arithmetic);
        if (kernel != null) {
            if (!arithmetic.repeatsFirst()) {
                p.mayOverwrite(0);
            }
            if (!arithmetic.repeatsSecond()) {
                p.mayOverwrite(1);
            }
        }
        return kernel;
    }

    /// As [#kernel(Preparation, BinaryRun)], of runs that are fast where both inputs have steps of 1: a short row that repeats,
    /// or a code of eight bits, is copied one after the other, to make long runs. Elements are array elements.
    ///
    /// @param nanoseconds that one element takes, roughly
    <A, C> Kernel fastKernel(Preparation p, double nanoseconds, BinaryRun<A, C> run) {
        boolean repeatsElement = outerSizes.length == 0 && runStep0 != runStep1
                && TensorChecks.isEightBit(p.inputTensor(0).type());
        boolean repeatsRow = outerSizes.length == 1 && runStep0 == 1 && runStep1 == 1;
        int rowLength = repeatsElement ? 1 : runLength;
        boolean isEmpty = output.elementCount() == 0;
        Kernel map = repeatsElement && !isEmpty ? map(p, run) : null;
        if (map != null) {
            return map;
        }
        if (isEmpty || !repeatsElement && !repeatsRow || rowLength > TILE / 2) {
            return kernel(p, nanoseconds, run);
        }
        Slot input0 = p.input(0);
        Slot input1 = p.input(1);
        Slot output = p.output(0);
        boolean repeats0 = (repeatsElement ? runStep0 : outerSteps0[0]) == 0;
        p.mayOverwrite(repeats0 ? 1 : 0);
        int rows = repeatsElement ? runLength : outerSizes[0];
        int tileRows = Math.min(rows, TILE / rowLength);
        int tileLength = tileRows * rowLength;
        WorkerScratch tile = WorkerScratch.of(p, input0.type(), tileLength);
        return DivisibleKernel.of(Math.ceilDiv(rows, tileRows), (long) (output.elementCount() * nanoseconds),
                (memory, first, end, worker) -> {
                    A a = array(memory, input0);
                    A b = array(memory, input1);
                    A tiles = array(memory, tile.slot());
                    C c = array(memory, output);
                    int tileStart = tile.offset(memory, worker);
                    System.arraycopy(repeats0 ? a : b, memory.offset(repeats0 ? input0 : input1), tiles, tileStart,
                            rowLength);
                    int filled = rowLength;
                    while (filled < tileLength) {
                        int length = Math.min(filled, tileLength - filled);
                        System.arraycopy(tiles, tileStart, tiles, tileStart + filled, length);
                        filled += length;
                    }
                    int last = (int) Math.min(rows, (long) end * tileRows) * rowLength;
                    for (int start = first * tileLength; start < last; start += tileLength) {
                        int length = Math.min(tileLength, last - start);
                        int to = memory.offset(output) + start;
                        if (repeats0) {
                            run.apply(tiles, tileStart, 1, b, memory.offset(input1) + start, 1, c, to, length);
                        } else {
                            run.apply(a, memory.offset(input0) + start, 1, tiles, tileStart, 1, c, to, length);
                        }
                    }
                });
    }

    /// @param nanoseconds that one element takes, roughly
    private <A, C> Kernel kernel(Preparation p, double nanoseconds, BinaryRun<A, C> run) {
        Slot input0 = p.input(0);
        Slot input1 = p.input(1);
        Slot output = p.output(0);
        for (int i = 0; i < 2; i++) {
            if (p.inputTensor(i).shape().elementCount() == output.elementCount()) {
                p.mayOverwrite(i);
            }
        }
        int width = StorageType.width(input0.type());
        int units = outerSizes.length == 0 ? Math.ceilDiv(runLength, UnaryRun.PIECE) : outerSizes[0];
        return DivisibleKernel.of(units, (long) (output.elementCount() * nanoseconds),
                (memory, first, end, worker) -> units(first, end, width, run, array(memory, input0),
                        memory.offset(input0), array(memory, input1), memory.offset(input1), array(memory, output),
                        memory.offset(output)));
    }

    /// The indices from `first` up to `end` along the outermost merged dimension, or so many pieces of the only run.
    private <A, C> void units(int first, int end, int width, BinaryRun<A, C> run, A a, int from0, A b, int from1, C c,
            int to) {
        if (outerSizes.length == 0) {
            int start = first * UnaryRun.PIECE;
            int length = (int) Math.min(runLength, (long) end * UnaryRun.PIECE) - start;
            run.apply(a, from0 + start * runStep0 * width, runStep0, b, from1 + start * runStep1 * width, runStep1, c,
                    to + start * width, length);
            return;
        }
        int next = to + first * elementsOfUnit() * width;
        for (int i = first; i < end; i++) {
            next = walk(1, width, run, a, from0 + i * outerSteps0[0] * width, b, from1 + i * outerSteps1[0] * width, c,
                    next);
        }
    }

    private int elementsOfUnit() {
        int elements = runLength;
        for (int axis = 1; axis < outerSizes.length; axis++) {
            elements *= outerSizes[axis];
        }
        return elements;
    }

    /// The runs of one index along each merged dimension before `axis`.
    ///
    /// @return where the next run is written to
    private <A, C> int walk(int axis, int width, BinaryRun<A, C> run, A a, int from0, A b, int from1, C c, int to) {
        if (axis == outerSizes.length) {
            run.apply(a, from0, runStep0, b, from1, runStep1, c, to, runLength);
            return to + runLength * width;
        }
        int next = to;
        for (int i = 0; i < outerSizes[axis]; i++) {
            next = walk(axis + 1, width, run, a, from0 + i * outerSteps0[axis] * width, b,
                    from1 + i * outerSteps1[axis] * width, c, next);
        }
        return next;
    }

    /// The kernel's types and its run were chosen together.
    @SuppressWarnings("unchecked")
    private static <T> T array(Memory memory, Slot slot) {
        return (T) memory.array(slot);
    }

    /// The step of a tensor along each dimension of the shape that it is broadcast to, 0 where it is repeated.
    static int[] steps(Shape shape, Shape output) {
        int rank = output.rank();
        int[] steps = new int[rank];
        int elements = 1;
        for (int axis = rank - 1; axis >= 0; axis--) {
            int size = aligned(shape, axis, rank);
            steps[axis] = size == 1 ? 0 : elements;
            elements *= size;
        }
        return steps;
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

    /// Where the run with the given number starts, counted in elements, for the sizes of the dimensions outside a run and
    /// the steps along them.
    static int start(int run, int[] sizes, int[] steps) {
        int start = 0;
        int rest = run;
        for (int axis = sizes.length - 1; axis >= 0; axis--) {
            start += rest % sizes[axis] * steps[axis];
            rest /= sizes[axis];
        }
        return start;
    }
}
