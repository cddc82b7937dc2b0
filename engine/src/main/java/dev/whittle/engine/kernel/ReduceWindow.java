package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/// STABLEHLO_REDUCE_WINDOW and REDUCE_WINDOW: from the initial value on (input 1), the elements of a window are combined
/// in order. The window goes over the input with `baseDilation − 1` places between its elements and padding around it (or,
/// where negative, less of it); places without an element hold the initial value, and count. REDUCE_WINDOW has neither,
/// and reads window sizes, strides and dilations from inputs (LiteRT `stablehlo_reduce_window.cc`).
final class ReduceWindow implements OperatorKernel {
    private static final Combiner[] BY_NUMBER = {Combiner.ADD, Combiner.MULTIPLY, Combiner.MINIMUM, Combiner.MAXIMUM,
        Combiner.ALL, Combiner.ANY};
    private static final int MOST_DIMENSIONS = 6;

    private final OperatorCode code;

    ReduceWindow(OperatorCode code) {
        this.code = code;
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.BOOL, ElementType.INT8, ElementType.INT16, ElementType.INT32, ElementType.INT64,
                ElementType.UINT8, ElementType.FLOAT32, ElementType.FLOAT64);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, code == OperatorCode.REDUCE_WINDOW ? 5 : 2, code == OperatorCode.REDUCE_WINDOW ? 5 : 2);
        return List.of(Windows.of(p, code).output());
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "initial value", p.inputTensor(1), type);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        if (p.inputTensor(1).shape().elementCount() != 1) {
            throw p.malformed("initial value has shape " + p.inputTensor(1).shape() + ", must be one element");
        }
        Windows windows = Windows.of(p, code);
        Combiner combiner = combiner(p);
        p.requireWork(windows.work());
        Slot input = p.input(0);
        Slot initial = p.input(1);
        Slot output = p.output(0);
        int count = windows.windowElements();
        return switch (type) {
            case FLOAT32 -> memory -> {
                float[] from = memory.floats(input);
                float start = memory.floats(initial)[memory.offset(initial)];
                for (int i = 0; i < output.elementCount(); i++) {
                    float folded = start;
                    for (int k = 0; k < count; k++) {
                        int at = windows.element(i, k);
                        folded = (float) combiner.apply(folded, at < 0 ? start : from[memory.offset(input) + at]);
                    }
                    memory.floats(output)[memory.offset(output) + i] = folded;
                }
            };
            case FLOAT64 -> memory -> {
                double[] from = memory.doubles(input);
                double start = memory.doubles(initial)[memory.offset(initial)];
                for (int i = 0; i < output.elementCount(); i++) {
                    double folded = start;
                    for (int k = 0; k < count; k++) {
                        int at = windows.element(i, k);
                        folded = combiner.apply(folded, at < 0 ? start : from[memory.offset(input) + at]);
                    }
                    memory.doubles(output)[memory.offset(output) + i] = folded;
                }
            };
            default -> memory -> {
                long start = Integers.get(type, memory.array(initial), memory.offset(initial));
                for (int i = 0; i < output.elementCount(); i++) {
                    long folded = start;
                    for (int k = 0; k < count; k++) {
                        int at = windows.element(i, k);
                        folded = combiner.apply(type, folded,
                                at < 0 ? start : Integers.get(type, memory.array(input), memory.offset(input) + at));
                    }
                    Integers.write(type, folded, memory.array(output), memory.offset(output) + i);
                }
            };
        };
    }

    private Combiner combiner(Preparation p) {
        if (p.options() instanceof Options.StablehloReduceWindow options) {
            Combiner combiner = Combiner.of(p, options.bodySubgraph());
            if (combiner == Combiner.REPLACE) {
                throw p.unsupported("subgraph " + options.bodySubgraph() + " has no operators, supported is one");
            }
            return combiner;
        }
        int number = ((Options.ReduceWindow) p.options()).function();
        if (number < 1 || number > BY_NUMBER.length) {
            throw p.malformed("reduce function is " + number + ", must be 1 to " + BY_NUMBER.length);
        }
        return BY_NUMBER[number - 1];
    }

    /// Where windows lie, by dimension.
    private record Windows(long[] input, long[] steps, long[] window, long[] strides, long[] baseDilations,
            long[] windowDilations, long[] before, long[] sizes) {

        static Windows of(Preparation p, OperatorCode code) {
            Shape shape = p.inputTensor(0).shape();
            int rank = shape.rank();
            if (rank == 0 || rank > MOST_DIMENSIONS) {
                throw p.malformed("input has shape " + shape + ", must have 1 to " + MOST_DIMENSIONS + " dimensions");
            }
            long[] window;
            long[] strides;
            long[] windowDilations;
            long[] baseDilations = list(p, "base dilations", List.of(), rank);
            List<Long> padding = Collections.nCopies(2 * rank, 0L);
            if (code == OperatorCode.REDUCE_WINDOW) {
                window = values(p, "window sizes", 2, rank);
                strides = values(p, "window strides", 3, rank);
                windowDilations = values(p, "window dilations", 4, rank);
            } else {
                Options.StablehloReduceWindow options = (Options.StablehloReduceWindow) p.options();
                window = list(p, "window sizes", options.windowDimensions(), rank);
                strides = list(p, "window strides", options.windowStrides(), rank);
                baseDilations = list(p, "base dilations", options.baseDilations(), rank);
                windowDilations = list(p, "window dilations", options.windowDilations(), rank);
                padding = options.padding().isEmpty() ? padding : options.padding();
                if (padding.size() != 2 * rank) {
                    throw p.malformed(padding.size() + " paddings, must have " + 2 * rank);
                }
            }
            long[] input = new long[rank];
            long[] before = new long[rank];
            long[] sizes = new long[rank];
            long[] steps = new long[rank];
            int[] dense = Movement.denseSteps(shape);
            for (int axis = 0; axis < rank; axis++) {
                input[axis] = shape.dimension(axis);
                steps[axis] = dense[axis];
                before[axis] = inRange(p, "padding", padding.get(2 * axis), Integer.MIN_VALUE);
                long after = inRange(p, "padding", padding.get(2 * axis + 1), Integer.MIN_VALUE);
                // All factors are below 2^31, so that no product passes the range of long.
                long dilated = input[axis] == 0 ? 0 : (input[axis] - 1) * baseDilations[axis] + 1;
                long padded = dilated + before[axis] + after;
                long spanned = (window[axis] - 1) * windowDilations[axis] + 1;
                sizes[axis] = padded < spanned ? 0 : (padded - spanned) / strides[axis] + 1;
                inRange(p, "output dimension", sizes[axis], 0);
            }
            double windowElements = 1;
            for (long size : window) {
                windowElements *= size;
            }
            if (windowElements > Integer.MAX_VALUE) {
                throw p.unsupported("windows of " + windowElements + " elements, supported are 2^31-1 at most");
            }
            return new Windows(input, steps, window, strides, baseDilations, windowDilations, before, sizes);
        }

        private static long[] values(Preparation p, String role, int input, int rank) {
            TensorChecks.sameType(p, role, p.inputTensor(input), ElementType.INT64);
            Buffer values = p.values(input);
            return checked(p, role, values.toLongs(), rank);
        }

        private static long[] list(Preparation p, String role, List<Long> values, int rank) {
            List<Long> given = values.isEmpty() ? Collections.nCopies(rank, 1L) : values;
            return checked(p, role, given.stream().mapToLong(Long::longValue).toArray(), rank);
        }

        private static long[] checked(Preparation p, String role, long[] values, int rank) {
            if (values.length != rank) {
                throw p.malformed(values.length + " " + role + ", must have " + rank);
            }
            for (long value : values) {
                inRange(p, role, value, 1);
            }
            return values;
        }

        private static long inRange(Preparation p, String role, long value, long least) {
            if (value < least || value > Integer.MAX_VALUE) {
                throw p.malformed(role + ": " + value + ", must be within " + least + " to " + Integer.MAX_VALUE);
            }
            return value;
        }

        Shape output() {
            int[] dimensions = new int[sizes.length];
            for (int axis = 0; axis < sizes.length; axis++) {
                dimensions[axis] = (int) sizes[axis];
            }
            return Shape.of(dimensions);
        }

        /// Elements that all windows hold together; as much as can be said where they are more.
        long work() {
            double work = 1;
            for (int axis = 0; axis < sizes.length; axis++) {
                work *= (double) sizes[axis] * window[axis];
            }
            return (long) work;
        }

        int windowElements() {
            int count = 1;
            for (long size : window) {
                count *= (int) size;
            }
            return count;
        }

        /// The input element at a place of a window, or −1 where there is none.
        int element(int output, int place) {
            int element = 0;
            int restOutput = output;
            int restPlace = place;
            for (int axis = sizes.length - 1; axis >= 0; axis--) {
                long position = restOutput % (int) sizes[axis] * strides[axis]
                        + restPlace % (int) window[axis] * windowDilations[axis] - before[axis];
                restOutput /= (int) sizes[axis];
                restPlace /= (int) window[axis];
                if (position < 0 || position % baseDilations[axis] != 0
                        || position / baseDilations[axis] >= input[axis]) {
                    return -1;
                }
                element += (int) (position / baseDilations[axis] * steps[axis]);
            }
            return element;
        }
    }
}
