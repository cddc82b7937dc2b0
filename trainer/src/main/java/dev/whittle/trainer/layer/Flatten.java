package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// `[height, width, channel]` read as `[feature]`.
public record Flatten(String name) implements Layer {

    @Override
    public Shape outputShape(Shape input) {
        return Shape.of(input.elementCount());
    }

    @Override
    public boolean isInPlace() {
        return true;
    }

    @Override
    public BoundLayer bind(Binding binding) {
        int elements = binding.input().elementCount();
        return images -> new View(elements);
    }
}
