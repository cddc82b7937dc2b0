package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Moves elements without looking at them: the only place with a loop per storage type. Every operator that picks,
/// repeats, reorders or places elements is a [#strided] copy, or calls [#run] itself.
final class Movement {
    private Movement() {}

    /// The types of operators that only move elements: all that the engine keeps, but for resources.
    static Set<ElementType> types() {
        return EnumSet.complementOf(EnumSet.of(ElementType.VARIANT, ElementType.RESOURCE));
    }

    /// A kernel that runs others one after another.
    static Kernel sequence(List<Kernel> kernels) {
        Kernel[] steps = kernels.toArray(Kernel[]::new);
        return memory -> {
            for (Kernel step : steps) {
                step.invoke(memory);
            }
        };
    }

    /// One element of zero in an array of its own: the empty string for STRING.
    static Object zero(ElementType type) {
        StorageType storage = StorageType.of(type);
        if (storage == null) {
            throw new AssertionError(type);
        }
        return storage.allocate(StorageType.width(type));
    }

    /// One element of an integer type, in an array of its own.
    static Object code(ElementType type, int code) {
        Object array = zero(type);
        Integers.write(type, code, array, 0);
        return array;
    }

    /// A kernel that writes one element everywhere.
    static Kernel fill(Object element, Slot output) {
        int count = output.elementCount();
        int width = StorageType.width(output.type());
        return memory -> repeat(element, 0, memory.array(output), memory.offset(output), count, width);
    }

    /// A kernel that writes the first element of a slot everywhere in another.
    static Kernel fill(Slot value, Slot output) {
        int count = output.elementCount();
        int width = StorageType.width(output.type());
        return memory -> repeat(memory.array(value), memory.offset(value), memory.array(output), memory.offset(output),
                count, width);
    }

    /// Writes the element at `from[at]` to `count` elements from `to[start]` on: once, and then by copies of what stands
    /// there, twice as much each time.
    private static void repeat(Object from, int at, Object to, int start, int count, int width) {
        int length = count * width;
        if (length == 0) {
            return;
        }
        System.arraycopy(from, at, to, start, width);
        for (int done = width; done < length; done += Math.min(done, length - done)) {
            System.arraycopy(to, start, to, start + done, Math.min(done, length - done));
        }
    }

    /// A kernel that copies all elements of one slot to another of the same type and count.
    static Kernel copy(Slot input, Slot output) {
        return copy(input, output, 0);
    }

    /// A kernel for an operator whose only output is another view of its first input: copies what does not lie there.
    static Kernel view(Preparation p) {
        p.mayLieInOutput(0, 0);
        return copy(p.input(0), p.output(0));
    }

    /// A kernel that copies all elements of one slot to another of the same type, from the given element on, unless they lie
    /// there already.
    static Kernel copy(Slot input, Slot output, int firstElement) {
        int width = StorageType.width(input.type());
        int count = input.elementCount() * width;
        int first = firstElement * width;
        return memory -> {
            Object from = memory.array(input);
            Object to = memory.array(output);
            int start = memory.offset(input);
            int toStart = memory.offset(output) + first;
            if (from != to || start != toStart) {
                System.arraycopy(from, start, to, toStart, count);
            }
        };
    }

    /// A copy of a block of elements: element `[i0, i1, …]` of the block is read from `inputStart + Σ i · inputSteps` of
    /// the input and written to `outputStart + Σ i · outputSteps` of the output, all counted in tensor elements. Steps
    /// may be 0 (repeat) or negative (reverse).
    static Kernel strided(Slot input, int inputStart, int[] inputSteps, Slot output, int outputStart, int[] outputSteps,
            int[] sizes) {
        for (int size : sizes) {
            if (size == 0) {
                // However often the dimensions before it ask for it, and wherever it would start.
                return memory -> {
                };
            }
        }
        Block block = Block.of(sizes, inputSteps, outputSteps, StorageType.width(input.type()));
        int width = StorageType.width(input.type());
        return memory -> block.copy(memory.array(input), memory.offset(input) + inputStart * width,
                memory.array(output), memory.offset(output) + outputStart * width);
    }

    /// The step of each dimension in a dense tensor, in elements: the product of the dimensions after it.
    static int[] denseSteps(Shape shape) {
        int[] steps = new int[shape.rank()];
        int step = 1;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            steps[axis] = step;
            step *= shape.dimension(axis);
        }
        return steps;
    }

    /// Copies `count` array elements with steps between them, for arrays of one kind.
    static void run(Object from, int start, int step, Object to, int toStart, int toStep, int count) {
        if (step == 1 && toStep == 1) {
            System.arraycopy(from, start, to, toStart, count);
            return;
        }
        switch (from) {
            case float[] source -> {
                float[] target = (float[]) to;
                for (int i = 0; i < count; i++) {
                    target[toStart + i * toStep] = source[start + i * step];
                }
            }
            case byte[] source -> {
                byte[] target = (byte[]) to;
                for (int i = 0; i < count; i++) {
                    target[toStart + i * toStep] = source[start + i * step];
                }
            }
            case short[] source -> {
                short[] target = (short[]) to;
                for (int i = 0; i < count; i++) {
                    target[toStart + i * toStep] = source[start + i * step];
                }
            }
            case int[] source -> {
                int[] target = (int[]) to;
                for (int i = 0; i < count; i++) {
                    target[toStart + i * toStep] = source[start + i * step];
                }
            }
            case long[] source -> {
                long[] target = (long[]) to;
                for (int i = 0; i < count; i++) {
                    target[toStart + i * toStep] = source[start + i * step];
                }
            }
            case double[] source -> {
                double[] target = (double[]) to;
                for (int i = 0; i < count; i++) {
                    target[toStart + i * toStep] = source[start + i * step];
                }
            }
            case byte[][] source -> {
                byte[][] target = (byte[][]) to;
                for (int i = 0; i < count; i++) {
                    target[toStart + i * toStep] = source[start + i * step];
                }
            }
            default -> throw new AssertionError(from.getClass());
        }
    }

    /// A block of elements with neighbouring dimensions merged where both sides step through them alike.
    record Block(int[] sizes, int[] inputSteps, int[] outputSteps) {

        static Block of(int[] sizes, int[] inputSteps, int[] outputSteps, int width) {
            int most = sizes.length + 1;
            int[] mergedSizes = new int[most];
            int[] mergedInput = new int[most];
            int[] mergedOutput = new int[most];
            int count = 0;
            for (int axis = 0; axis < most; axis++) {
                boolean isWithin = axis == sizes.length;
                int size = isWithin ? width : sizes[axis];
                int inputStep = isWithin ? 1 : inputSteps[axis] * width;
                int outputStep = isWithin ? 1 : outputSteps[axis] * width;
                if (size == 1) {
                    continue;
                }
                int last = count - 1;
                if (count > 0 && mergedInput[last] == inputStep * size && mergedOutput[last] == outputStep * size) {
                    mergedSizes[last] *= size;
                    mergedInput[last] = inputStep;
                    mergedOutput[last] = outputStep;
                } else {
                    mergedSizes[count] = size;
                    mergedInput[count] = inputStep;
                    mergedOutput[count] = outputStep;
                    count++;
                }
            }
            if (count == 0) {
                mergedSizes[count] = 1;
                count++;
            }
            return new Block(Arrays.copyOf(mergedSizes, count), Arrays.copyOf(mergedInput, count),
                    Arrays.copyOf(mergedOutput, count));
        }

        void copy(Object from, int start, Object to, int toStart) {
            copy(0, from, start, to, toStart);
        }

        private void copy(int axis, Object from, int start, Object to, int toStart) {
            if (axis == sizes.length - 1) {
                run(from, start, inputSteps[axis], to, toStart, outputSteps[axis], sizes[axis]);
                return;
            }
            for (int i = 0; i < sizes[axis]; i++) {
                copy(axis + 1, from, start + i * inputSteps[axis], to, toStart + i * outputSteps[axis]);
            }
        }
    }
}
