package dev.whittle.engine.model;

import org.jspecify.annotations.Nullable;

/// One tensor of a subgraph: a description, and the data where it is constant.
///
/// @param name for people; need not be unique
/// @param shape as the file gives it; an unknown dimension stands as 1 there and as −1 in `shapeSignature`
/// @param shapeSignature equal to `shape` where nothing is unknown
/// @param quantization null for a tensor that holds plain numbers
/// @param buffer the elements of a constant, row-major and little-endian; null for an activation
/// @param isVariable keeps its contents from one invocation to the next (recurrent state)
public record Tensor(String name, ElementType type, Shape shape, Shape shapeSignature,
        @Nullable QuantizationParameters quantization, @Nullable Buffer buffer, boolean isVariable) {

    /// An activation: no data, nothing unknown.
    public static Tensor activation(String name, ElementType type, Shape shape,
            @Nullable QuantizationParameters quantization) {
        return new Tensor(name, type, shape, shape, quantization, null, false);
    }

    /// A constant with its data.
    public static Tensor constant(String name, ElementType type, Shape shape,
            @Nullable QuantizationParameters quantization, Buffer buffer) {
        return new Tensor(name, type, shape, shape, quantization, buffer, false);
    }

    public boolean isConstant() {
        return buffer != null;
    }

    /// This tensor with another shape, and that shape as its signature.
    public Tensor withShape(Shape newShape) {
        return new Tensor(name, type, newShape, newShape, quantization, buffer, isVariable);
    }

    /// This tensor as a constant holding `data`, or as an activation where `data` is null.
    public Tensor withBuffer(@Nullable Buffer data) {
        return new Tensor(name, type, shape, shapeSignature, quantization, data, isVariable);
    }
}
