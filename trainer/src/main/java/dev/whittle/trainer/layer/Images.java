package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Shape;

/// The check that all layers over images share.
final class Images {
    private Images() {}

    /// The shape `[height, width, channel]`.
    static Shape of(Layer layer, Shape input) {
        if (input.rank() != 3) {
            throw layer.refused("input " + input + ", must be [height, width, channel]");
        }
        return input;
    }
}
