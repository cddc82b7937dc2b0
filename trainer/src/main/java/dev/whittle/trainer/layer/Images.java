package dev.whittle.trainer.layer;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;

/// The checks that all layers over images share.
final class Images {
    private Images() {}

    /// The shape `[height, width, channel]`.
    static Shape of(Layer layer, Shape input) {
        if (input.rank() != 3) {
            throw layer.refused("input " + input + ", must be [height, width, channel]");
        }
        return input;
    }

    /// The shape after windows that slide over an image.
    ///
    /// @param channels of the output
    static Shape windows(Layer layer, Shape input, int windowHeight, int windowWidth, int strideHeight, int strideWidth,
            int dilationHeight, int dilationWidth, Padding padding, int channels) {
        Images.of(layer, input);
        int height = padding.outputSize(input.dimension(0), windowHeight, strideHeight, dilationHeight);
        int width = padding.outputSize(input.dimension(1), windowWidth, strideWidth, dilationWidth);
        if (height < 1 || width < 1) {
            throw layer.refused("input %s is smaller than the window, must be at least %d x %d".formatted(input,
                    (windowHeight - 1) * dilationHeight + 1, (windowWidth - 1) * dilationWidth + 1));
        }
        return Shape.of(height, width, channels);
    }
}
