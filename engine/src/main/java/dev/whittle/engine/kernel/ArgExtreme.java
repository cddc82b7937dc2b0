package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// ARG_MAX and ARG_MIN: the index of the largest or smallest element along the axis in input 1, the first of equals
/// (LiteRT `arg_min_max.cc`). Codes are compared as they are. A NaN is never greater nor smaller, so it wins only in first
/// place.
final class ArgExtreme implements OperatorKernel {
    private final boolean isMax;

    ArgExtreme(OperatorCode code) {
        this.isMax = code == OperatorCode.ARG_MAX;
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.UINT8, ElementType.INT8, ElementType.INT32, ElementType.BOOL);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        Shape input = p.inputTensor(0).shape();
        int axis = axis(p);
        int[] dimensions = new int[input.rank() - 1];
        for (int i = 0; i < dimensions.length; i++) {
            dimensions[i] = input.dimension(i < axis ? i : i + 1);
        }
        return List.of(Shape.of(dimensions));
    }

    private static int axis(Preparation p) {
        ElementType type = p.inputTensor(1).type();
        if (type != ElementType.INT32 && type != ElementType.INT64) {
            throw p.unsupported("axis is " + type + ", supported are INT32 and INT64");
        }
        int axis = Axis.only(p, 1, p.inputTensor(0).shape());
        if (p.inputTensor(0).shape().dimension(axis) == 0) {
            throw p.malformed(
                    "input has shape " + p.inputTensor(0).shape() + ", must have elements along axis " + axis);
        }
        return axis;
    }

    @Override
    public Kernel prepare(Preparation p) {
        ElementType outputType = ((Options.ArgExtreme) p.options()).outputType();
        if (outputType != ElementType.INT32 && outputType != ElementType.INT64) {
            throw p.unsupported("output type is " + outputType + ", supported are INT32 and INT64");
        }
        TensorChecks.sameType(p, "output", p.outputTensor(0), outputType);
        boolean[] reduced = new boolean[p.inputTensor(0).shape().rank()];
        reduced[axis(p)] = true;
        Reduction reduction = Reduction.of(p.inputTensor(0).shape(), reduced);
        Slot input = p.input(0);
        Slot output = p.output(0);
        if (input.type() == ElementType.FLOAT32) {
            return memory -> {
                float[] from = memory.floats(input);
                for (int i = 0; i < output.elementCount(); i++) {
                    int start = memory.offset(input) + reduction.outputStart(i);
                    int best = floats(from, start, reduction.runStep(), reduction.runLength());
                    Integers.write(outputType, best, memory.array(output), memory.offset(output) + i);
                }
            };
        }
        Slot line = p.scratch(ElementType.INT64, reduction.runLength());
        return memory -> {
            long[] values = memory.longs(line);
            int first = memory.offset(line);
            for (int i = 0; i < output.elementCount(); i++) {
                Integers.read(input.type(), memory.array(input), memory.offset(input) + reduction.outputStart(i),
                        reduction.runStep(), values, first, reduction.runLength());
                int best = 0;
                for (int k = 1; k < reduction.runLength(); k++) {
                    long x = values[first + k];
                    long extreme = values[first + best];
                    best = (isMax ? x > extreme : x < extreme) ? k : best;
                }
                Integers.write(outputType, best, memory.array(output), memory.offset(output) + i);
            }
        };
    }

    private int floats(float[] from, int start, int step, int count) {
        int best = 0;
        float extreme = from[start];
        for (int k = 1; k < count; k++) {
            float x = from[start + k * step];
            if (isMax ? x > extreme : x < extreme) {
                extreme = x;
                best = k;
            }
        }
        return best;
    }
}
