package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;

/// Positions along the first axes of a tensor, as GATHER_ND and its kin have them: indices whose last dimension is one
/// position.
///
/// @param count of positions
/// @param sizes the axes that a position speaks of
/// @param sliceElements elements of the tensor that share a position
record Positions(Indices indices, int count, int[] sizes, int sliceElements) {

    /// @param i the input that holds the positions, each as long as its last dimension
    /// @param shape the tensor that they speak of; has at least as many axes
    static Positions of(Preparation p, int i, Shape shape) {
        Shape own = p.inputTensor(i).shape();
        int count = 1;
        for (int axis = 0; axis < own.rank() - 1; axis++) {
            count *= own.dimension(axis);
        }
        return of(p, i, shape, own.dimension(own.rank() - 1), count);
    }

    /// As [#of(Preparation, int, Shape)], for `count` positions of `length` entries each.
    static Positions of(Preparation p, int i, Shape shape, int length, int count) {
        int slice = 1;
        for (int axis = length; axis < shape.rank(); axis++) {
            slice *= shape.dimension(axis);
        }
        // Positions without entries all speak of the whole; where that is empty, none need be looked at.
        boolean isEmpty = length == 0 && slice == 0;
        return new Positions(Indices.of(p, "index", i), isEmpty ? 0 : count, Arrays.copyOf(shape.toArray(), length),
                slice);
    }

    void load(Memory memory) {
        indices.load(memory);
    }

    /// Which slice of the tensor a position names.
    ///
    /// @throws dev.whittle.engine.model.MalformedModelException when it lies outside
    int slice(Memory memory, int position) {
        int slice = 0;
        for (int axis = 0; axis < sizes.length; axis++) {
            slice = slice * sizes[axis] + indices.within(memory, position * sizes.length + axis, sizes[axis]);
        }
        return slice;
    }
}
