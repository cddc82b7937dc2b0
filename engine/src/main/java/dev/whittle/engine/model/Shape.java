package dev.whittle.engine.model;

import java.util.Arrays;
import java.util.List;

/// The dimensions of a tensor, outermost first, for images `[batch, height, width, channel]`. A dimension of −1 stands
/// for "not known before the input is given" and appears in shape signatures only. A shape of rank 0 is a scalar.
public final class Shape {
    /// Dimensions that tensors of a model may have at most.
    public static final int MAX_RANK = 8;

    private static final Shape SCALAR = new Shape(new int[0]);

    private final int[] dimensions;

    private Shape(int[] dimensions) {
        this.dimensions = dimensions;
    }

    /// @throws IllegalArgumentException when a dimension is below −1
    public static Shape of(int... dimensions) {
        for (int dimension : dimensions) {
            if (dimension < -1) {
                throw new IllegalArgumentException("dimension " + dimension + ", must be -1 or more");
            }
        }
        return dimensions.length == 0 ? SCALAR : new Shape(dimensions.clone());
    }

    /// As [#of(int...)], from a list.
    public static Shape of(List<Integer> dimensions) {
        return of(dimensions.stream().mapToInt(Integer::intValue).toArray());
    }

    public int rank() {
        return dimensions.length;
    }

    public int dimension(int axis) {
        return dimensions[axis];
    }

    /// The product of the dimensions, 1 for a scalar.
    ///
    /// @throws ArithmeticException when it passes the range of int
    /// @throws IllegalStateException when a dimension is unknown
    public int elementCount() {
        long count = 1;
        for (int dimension : dimensions) {
            if (dimension < 0) {
                throw new IllegalStateException("shape " + this + " has an unknown dimension");
            }
            // A zero dimension makes the product zero, whatever the others are.
            count = Math.multiplyExact(count, dimension);
        }
        return Math.toIntExact(count);
    }

    /// True when no dimension is −1.
    public boolean isKnown() {
        for (int dimension : dimensions) {
            if (dimension < 0) {
                return false;
            }
        }
        return true;
    }

    /// This shape with one dimension replaced.
    public Shape withDimension(int axis, int dimension) {
        int[] changed = dimensions.clone();
        changed[axis] = dimension;
        return of(changed);
    }

    public int[] toArray() {
        return dimensions.clone();
    }

    public List<Integer> toList() {
        return Arrays.stream(dimensions).boxed().toList();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape that && Arrays.equals(dimensions, that.dimensions);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dimensions);
    }

    /// For instance `[1, 75, 75, 3]`.
    @Override
    public String toString() {
        return Arrays.toString(dimensions);
    }
}
