package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// BUCKETIZE: for each element the number of boundaries that are not above it (LiteRT `bucketize.cc`). Integers are
/// compared as floats; NaN is above all.
final class Bucketize implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.FLOAT64, ElementType.INT32, ElementType.INT64);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        return List.of(p.inputTensor(0).shape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.INT32);
        List<Float> options = ((Options.Bucketize) p.options()).boundaries();
        double[] boundaries = new double[options.size()];
        for (int i = 0; i < boundaries.length; i++) {
            boundaries[i] = options.get(i);
            if (i > 0 && !(boundaries[i - 1] <= boundaries[i])) {
                throw p.malformed("boundary " + options.get(i) + " after " + options.get(i - 1) + ", must not fall");
            }
        }
        Slot input = p.input(0);
        Slot output = p.output(0);
        int count = input.elementCount();
        return switch (input.type()) {
            case FLOAT32 -> memory -> {
                for (int i = 0; i < count; i++) {
                    memory.ints(output)[memory.offset(output) + i] = bucket(boundaries,
                            memory.floats(input)[memory.offset(input) + i]);
                }
            };
            case FLOAT64 -> memory -> {
                for (int i = 0; i < count; i++) {
                    memory.ints(output)[memory.offset(output) + i] = bucket(boundaries,
                            memory.doubles(input)[memory.offset(input) + i]);
                }
            };
            case INT32 -> memory -> {
                for (int i = 0; i < count; i++) {
                    memory.ints(output)[memory.offset(output) + i] = bucket(boundaries,
                            (float) memory.ints(input)[memory.offset(input) + i]);
                }
            };
            case INT64 -> memory -> {
                for (int i = 0; i < count; i++) {
                    memory.ints(output)[memory.offset(output) + i] = bucket(boundaries,
                            (float) memory.longs(input)[memory.offset(input) + i]);
                }
            };
            default -> throw new AssertionError(input.type());
        };
    }

    private static int bucket(double[] boundaries, double x) {
        int low = 0;
        int high = boundaries.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (x < boundaries[middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
