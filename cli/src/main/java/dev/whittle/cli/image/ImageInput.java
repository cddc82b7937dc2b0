package dev.whittle.cli.image;

import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.Resizing;
import org.jspecify.annotations.Nullable;

/// Turns photographs into the numbers that one image input of a model takes: resized bilinearly as RESIZE_BILINEAR does,
/// made grey where the input has one channel, and scaled.
public final class ImageInput {
    private static final int GREY = 1;

    private final int height;
    private final int width;
    private final int channels;
    private final PixelRange range;

    private ImageInput(Shape shape, PixelRange range) {
        this.height = shape.dimension(1);
        this.width = shape.dimension(2);
        this.channels = shape.dimension(3);
        this.range = range;
    }

    /// @param range for black and white; null for what the input's type and quantization ask
    /// @throws IllegalArgumentException if the input is not `[batch, height, width, 1 or 3]`
    public static ImageInput of(String source, TensorView input, @Nullable PixelRange range) {
        Shape shape = input.shape();
        if (shape.rank() != 4 || (shape.dimension(3) != GREY && shape.dimension(3) != PixelImage.CHANNELS)) {
            throw new IllegalArgumentException(
                    "input \"%s\" of %s has the shape %s, an image needs [batch, height, width, 1 or 3]"
                            .formatted(input.name(), source, shape));
        }
        return new ImageInput(shape, range == null ? PixelRange.of(input.type(), input.quantization()) : range);
    }

    /// Numbers of one image, `height · width · channels`.
    public int elementCount() {
        return height * width * channels;
    }

    /// Writes the real numbers for `image` to `destination` from `offset` on.
    public void read(PixelImage image, float[] destination, int offset) {
        float[] rgb = image.height() == height && image.width() == width ? image.toFloats() : resized(image);
        if (channels == GREY) {
            for (int i = 0; i < height * width; i++) {
                // Luma of ITU-R BT.601.
                destination[offset + i] =
                        range.of(0.299f * rgb[3 * i] + 0.587f * rgb[3 * i + 1] + 0.114f * rgb[3 * i + 2]);
            }
        } else {
            for (int i = 0; i < rgb.length; i++) {
                destination[offset + i] = range.of(rgb[i]);
            }
        }
    }

    private float[] resized(PixelImage image) {
        float[] rgb = new float[height * width * PixelImage.CHANNELS];
        Resizing.resize(image.toFloats(), 0, image.height(), image.width(), PixelImage.CHANNELS, rgb, 0, height, width);
        return rgb;
    }
}
