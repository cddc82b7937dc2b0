package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;

/// Weights of a recurrent layer, `[row, column]`, or `[row]` for the diagonal of a square matrix. FLOAT32 ones multiply
/// floats; INT8 codes multiply codes, and the sum of each row is brought to floats by both scales. UINT8 stands for INT8,
/// as old files have it.
record StepWeights(Slot slot, int rows, int columns, boolean isDiagonal, float scale) {

    /// Weights of this shape.
    static StepWeights of(Preparation p, int input, String role, ElementType type, int rows, int columns) {
        Tensor tensor = p.inputTensor(input);
        TensorChecks.sameType(p, role, tensor, type);
        requireShape(p, role, tensor, Shape.of(rows, columns));
        float scale = type == ElementType.FLOAT32 ? 1 : TensorChecks.quantizedPerTensor(p, role, tensor).scale(0);
        return new StepWeights(p.input(input), rows, columns, false, scale);
    }

    /// As [#of], or floats `[rows]` where the file gives a diagonal.
    static StepWeights maybeDiagonal(Preparation p, int input, String role, ElementType type, int rows, int columns) {
        Tensor tensor = p.inputTensor(input);
        if (tensor.shape().rank() != 1) {
            return of(p, input, role, type, rows, columns);
        }
        TensorChecks.sameType(p, role, tensor, ElementType.FLOAT32);
        requireShape(p, role, tensor, Shape.of(rows));
        if (rows != columns) {
            throw p.malformed(role + " are a diagonal of " + rows + " for " + columns + " columns");
        }
        return new StepWeights(p.input(input), rows, columns, true, 1);
    }

    static void requireShape(Preparation p, String role, Tensor tensor, Shape shape) {
        if (!tensor.shape().equals(shape)) {
            throw p.malformed(role + " have shape " + tensor.shape() + ", must have " + shape);
        }
    }

    /// The type of a layer's weights: that of its activations, or of 8 bits.
    static ElementType type(Preparation p, String role, Tensor weights) {
        ElementType type = weights.type();
        if (type != ElementType.FLOAT32 && !TensorChecks.isEightBit(type)) {
            throw p.unsupported(role + " are " + type + ", supported are FLOAT32, INT8 and UINT8");
        }
        return type;
    }

    /// Multiplications of one step.
    long work(int batches) {
        return (long) batches * rows * (isDiagonal ? 1 : columns);
    }

    /// Adds the products to sums `[batch, row]`.
    void addProduct(Memory memory, StepVector vector, Slot sums) {
        float[] to = memory.floats(sums);
        int first = memory.offset(sums);
        for (int batch = 0; batch < vector.batches(); batch++) {
            int target = first + batch * rows;
            if (isDiagonal) {
                addDiagonal(memory, vector, batch, to, target);
            } else if (vector.codes() == null) {
                addFloats(memory, vector, batch, to, target);
            } else {
                addCodes(memory, vector.codes(), batch, to, target);
            }
        }
    }

    private void addDiagonal(Memory memory, StepVector vector, int batch, float[] to, int target) {
        float[] weights = memory.floats(slot);
        float[] x = memory.floats(vector.values());
        int from = memory.offset(vector.values()) + batch * rows;
        for (int row = 0; row < rows; row++) {
            to[target + row] += weights[memory.offset(slot) + row] * x[from + row];
        }
    }

    private void addFloats(Memory memory, StepVector vector, int batch, float[] to, int target) {
        float[] weights = memory.floats(slot);
        float[] x = memory.floats(vector.values());
        int from = memory.offset(vector.values()) + batch * columns;
        int weight = memory.offset(slot);
        for (int row = 0; row < rows; row++) {
            float sum = 0;
            for (int column = 0; column < columns; column++) {
                sum += weights[weight + column] * x[from + column];
            }
            to[target + row] += sum;
            weight += columns;
        }
    }

    private void addCodes(Memory memory, HybridInput vector, int batch, float[] to, int target) {
        byte[] weights = memory.bytes(slot);
        float[] codes = memory.floats(vector.codes());
        int from = memory.offset(vector.codes()) + batch * columns;
        int zeroPoint = vector.zeroPoint(memory, batch);
        float factor = scale * vector.scale(memory, batch);
        int weight = memory.offset(slot);
        for (int row = 0; row < rows; row++) {
            int sum = 0;
            for (int column = 0; column < columns; column++) {
                sum += weights[weight + column] * ((int) codes[from + column] - zeroPoint);
            }
            to[target + row] += sum * factor;
            weight += columns;
        }
    }
}
