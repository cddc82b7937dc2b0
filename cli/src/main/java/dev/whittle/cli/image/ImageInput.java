package dev.whittle.cli.image;

import dev.whittle.engine.TensorView;
import dev.whittle.engine.model.Model;
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

    /// The pixels of a network's input, 0 to 255.
    ///
    /// @param image `[height, width, channel]`
    public static ImageInput of(Shape image) {
        return new ImageInput(Shape.of(1, image.dimension(0), image.dimension(1), image.dimension(2)),
                PixelRange.BYTES);
    }

    /// What the input of a model asks for.
    ///
    /// @param range for black and white; null for what the model's metadata or else the input's quantization says
    /// @throws IllegalArgumentException if the input is not `[batch, height, width, 1 or 3]`
    public static ImageInput of(Model model, TensorView input, @Nullable PixelRange range) {
        Shape shape = input.shape();
        if (shape.rank() != 4 || (shape.dimension(3) != GREY && shape.dimension(3) != PixelImage.CHANNELS)) {
            throw new IllegalArgumentException(
                    "input \"%s\" of %s has the shape %s, an image needs [batch, height, width, 1 or 3]"
                            .formatted(input.name(), model.source(), shape));
        }
        return new ImageInput(shape, range == null ? PixelRange.of(model, input) : range);
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
