package dev.whittle.trainer.weights;

import dev.whittle.engine.model.Shape;

/// One array of weights as a file holds it: row-major, in the axes of the program that wrote it.
public final class WeightArray {
    private final String name;
    private final Shape shape;
    private final float[] values;

    /// @param values not copied
    WeightArray(String name, Shape shape, float[] values) {
        if (values.length != shape.elementCount()) {
            throw new IllegalArgumentException(
                    "array \"%s\": %d values for %s".formatted(name, values.length, shape));
        }
        this.name = name;
        this.shape = shape;
        this.values = values;
    }

    public String name() {
        return name;
    }

    public Shape shape() {
        return shape;
    }

    /// Element `i` in row-major order.
    public float value(int i) {
        return values[i];
    }

    /// A copy of all elements, row-major.
    public float[] toFloats() {
        return values.clone();
    }

    @Override
    public String toString() {
        return "\"" + name + "\" " + shape;
    }
}
