package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// EMBEDDING_LOOKUP_SPARSE: weighted sums of the rows of a table (input 4). Inputs 0 to 3 are the rows to look up, the
/// position of each in a sparse tensor, the shape of that tensor, and the weights. All rows at positions that differ in
/// the last entry only go to one output row, which is their weighted sum, or that divided by the sum of the weights or by
/// the root of the sum of their squares. Positions that belong together must follow each other (LiteRT
/// `embedding_lookup_sparse.cc`).
final class EmbeddingLookupSparse implements OperatorKernel {

    /// What sums are divided by, in schema order.
    private enum Combiner {
        SUM, MEAN, SQRTN
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32);
    }

    @Override
    public int typedInput() {
        return 4;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 5, 5);
        Shape ids = p.inputTensor(0).shape();
        Shape indices = p.inputTensor(1).shape();
        TensorChecks.rank(p, "ids", p.inputTensor(0), 1);
        TensorChecks.rank(p, "indices", p.inputTensor(1), 2);
        TensorChecks.rank(p, "dense shape", p.inputTensor(2), 1);
        TensorChecks.sameShape(p, "weights", p.inputTensor(3), ids);
        Shape table = p.inputTensor(4).shape();
        if (table.rank() < 2) {
            throw p.malformed("table has shape " + table + ", must have 2 dimensions or more");
        }
        TensorChecks.sameType(p, "dense shape", p.inputTensor(2), ElementType.INT32);
        int[] dense = TensorChecks.shape(p, "dense shape", p.intValues(2)).toArray();
        if (dense.length == 0 || indices.dimension(0) != ids.dimension(0) || indices.dimension(1) != dense.length) {
            throw p.malformed("indices have shape " + indices + ", must be [" + ids.dimension(0) + ", " + dense.length
                    + "] with 1 or more positions");
        }
        int outer = dense.length - 1;
        int[] sizes = Arrays.copyOf(dense, outer + table.rank() - 1);
        for (int axis = 1; axis < table.rank(); axis++) {
            sizes[outer + axis - 1] = table.dimension(axis);
        }
        return List.of(Shape.of(sizes));
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "ids", p.inputTensor(0), ElementType.INT32);
        TensorChecks.sameType(p, "indices", p.inputTensor(1), ElementType.INT32);
        TensorChecks.sameType(p, "weights", p.inputTensor(3), ElementType.FLOAT32);
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.FLOAT32);
        int number = ((Options.EmbeddingLookupSparse) p.options()).combiner();
        if (number < 0 || number >= Combiner.values().length) {
            throw p.malformed("combiner is " + number + ", must be 0 to " + (Combiner.values().length - 1));
        }
        Combiner combiner = Combiner.values()[number];
        Indices ids = Indices.of(p, "id", 0);
        Indices indices = Indices.of(p, "index", 1);
        Slot weights = p.input(3);
        Slot table = p.input(4);
        Slot output = p.output(0);
        int[] dense = p.intValues(2);
        int count = ids.input().elementCount();
        int rows = table.shape().dimension(0);
        int row = Movement.denseSteps(table.shape())[0];
        // Rows may be looked up more often than there are any.
        p.requireWork((long) count * row);
        return memory -> {
            ids.load(memory);
            indices.load(memory);
            float[] weight = memory.floats(weights);
            float[] from = memory.floats(table);
            float[] to = memory.floats(output);
            int base = memory.offset(output);
            Arrays.fill(to, base, base + output.elementCount(), 0);
            int bucket = 0;
            int members = 0;
            float total = 0;
            float squares = 0;
            for (int i = 0; i < count; i++) {
                int source = memory.offset(table) + ids.within(memory, i, rows) * row;
                int own = 0;
                for (int axis = 0; axis < dense.length - 1; axis++) {
                    own = own * dense[axis] + indices.within(memory, i * dense.length + axis, dense[axis]);
                }
                if (own != bucket) {
                    if (members > 0) {
                        divide(combiner, total, squares, to, base + bucket * row, row);
                    }
                    bucket = own;
                    members = 0;
                    total = 0;
                    squares = 0;
                }
                members++;
                float w = weight[memory.offset(weights) + i];
                total += w;
                squares += w * w;
                for (int k = 0; k < row; k++) {
                    to[base + bucket * row + k] += from[source + k] * w;
                }
            }
            if (members > 0) {
                divide(combiner, total, squares, to, base + bucket * row, row);
            }
        };
    }

    private static void divide(Combiner combiner, float total, float squares, float[] to, int start, int count) {
        float divisor = switch (combiner) {
            case SUM -> 1;
            case MEAN -> total;
            case SQRTN -> (float) Math.sqrt(squares);
        };
        for (int k = 0; k < count; k++) {
            to[start + k] /= divisor;
        }
    }
}
