package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// CUMSUM: running sums along the axis in input 1, from its end where `reverse`, each without its own element where
/// `exclusive` (LiteRT `cumsum.cc`). Integers wrap.
final class Cumsum implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT32, ElementType.INT64);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Options.Cumsum options = (Options.Cumsum) p.options();
        ElementType type = p.inputTensor(0).type();
        TensorChecks.sameType(p, "axis", p.inputTensor(1), ElementType.INT32);
        TensorChecks.sameType(p, "output", p.outputTensor(0), type);
        Shape shape = p.inputTensor(0).shape();
        int axis = Axis.only(p, 1, shape);
        boolean[] reduced = new boolean[shape.rank()];
        reduced[axis] = true;
        Reduction lines = Reduction.of(shape, reduced);
        int length = shape.dimension(axis);
        int step = options.reverse() ? -lines.runStep() : lines.runStep();
        int first = options.reverse() ? (length - 1) * lines.runStep() : 0;
        int count = length == 0 ? 0 : lines.outputCount();
        boolean exclusive = options.exclusive();
        Slot input = p.input(0);
        Slot output = p.output(0);
        return switch (type) {
            case FLOAT32 -> memory -> {
                float[] from = memory.floats(input);
                float[] to = memory.floats(output);
                for (int line = 0; line < count; line++) {
                    int start = first + lines.outputStart(line);
                    int in = memory.offset(input) + start;
                    int out = memory.offset(output) + start;
                    float sum = exclusive ? 0 : from[in];
                    to[out] = sum;
                    for (int i = 1; i < length; i++) {
                        sum += from[in + (exclusive ? i - 1 : i) * step];
                        to[out + i * step] = sum;
                    }
                }
            };
            case INT32 -> memory -> {
                int[] from = memory.ints(input);
                int[] to = memory.ints(output);
                for (int line = 0; line < count; line++) {
                    int start = first + lines.outputStart(line);
                    int in = memory.offset(input) + start;
                    int out = memory.offset(output) + start;
                    int sum = 0;
                    for (int i = 0; i < length; i++) {
                        int x = from[in + i * step];
                        to[out + i * step] = exclusive ? sum : sum + x;
                        sum += x;
                    }
                }
            };
            case INT64 -> memory -> {
                long[] from = memory.longs(input);
                long[] to = memory.longs(output);
                for (int line = 0; line < count; line++) {
                    int start = first + lines.outputStart(line);
                    int in = memory.offset(input) + start;
                    int out = memory.offset(output) + start;
                    long sum = 0;
                    for (int i = 0; i < length; i++) {
                        long x = from[in + i * step];
                        to[out + i * step] = exclusive ? sum : sum + x;
                        sum += x;
                    }
                }
            };
            default -> throw new AssertionError(type);
        };
    }
}
