package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// The same values, in the same order, under another shape.
///
/// @param shape of one image
public record Reshape(String name, Shape shape) implements Layer {

    public Reshape {
        if (shape.toList().stream().anyMatch(dimension -> dimension < 1)) {
            throw new IllegalArgumentException(
                    "layer \"%s\": shape %s, must have positive dimensions".formatted(name, shape));
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        if (input.elementCount() != shape.elementCount()) {
            throw refused("input %s has %d elements, must be %d for %s".formatted(input, input.elementCount(),
                    shape.elementCount(), shape));
        }
        return shape;
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
