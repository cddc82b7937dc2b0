package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import org.jspecify.annotations.Nullable;

/// One tensor as a bound kernel sees it. Where its elements lie is asked of [Memory], so that one plan serves many
/// interpreters.
///
/// @param index which storage of the memory; tensors of the subgraph first, scratch after them
/// @param name of the tensor, for messages
/// @param shape as planned, nothing unknown
public record Slot(int index, String name, ElementType type, Shape shape,
        @Nullable QuantizationParameters quantization) {

    public int elementCount() {
        return shape.elementCount();
    }
}
