package dev.whittle.quantizer.calibrate;

import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.Resizing;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/// Images as representative samples: evenly spread over a source, which lists its images class by class, resized to the
/// model's input and scaled to the range that the input takes. Images are loaded when they are asked for.
///
/// @param source usually the training images
/// @param count how many at most
/// @param inputShape of the model, `[1, height, width, 3]`
/// @param inputRange what black and white are at the input
public record RepresentativeImages(ImageSource source, int count, Shape inputShape, Range inputRange)
        implements
        Iterable<List<float[]>> {
    private static final float WHITE = 255;

    public RepresentativeImages {
        if (inputShape.rank() != 4 || inputShape.dimension(3) != PixelImage.CHANNELS) {
            throw new IllegalArgumentException("the model takes " + inputShape
                    + ", images are [1, height, width, " + PixelImage.CHANNELS + "]");
        }
        if (count < 1) {
            throw new IllegalArgumentException(count + " representative images, must be 1 or more");
        }
    }

    @Override
    public Iterator<List<float[]>> iterator() {
        int samples = Math.min(count, source.size());
        return IntStream.range(0, samples).mapToObj(i -> sample(RepresentativeSet.spread(i, samples, source.size())))
                .iterator();
    }

    private List<float[]> sample(int index) {
        PixelImage image = source.image(index);
        int height = inputShape.dimension(1);
        int width = inputShape.dimension(2);
        float[] values = image.toFloats();
        if (image.height() != height || image.width() != width) {
            float[] resized = new float[height * width * PixelImage.CHANNELS];
            Resizing.resize(values, 0, image.height(), image.width(), PixelImage.CHANNELS, resized, 0, height, width);
            values = resized;
        }
        float scale = (inputRange.maximum() - inputRange.minimum()) / WHITE;
        for (int i = 0; i < values.length; i++) {
            values[i] = values[i] * scale + inputRange.minimum();
        }
        return List.of(values);
    }
}
