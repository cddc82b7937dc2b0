package dev.whittle.cli.pipeline;

import dev.whittle.cli.image.ImageInput;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.ParallelLoader;
import dev.whittle.trainer.data.PixelImage;
import java.util.ArrayList;
import java.util.List;

/// Representative images for calibration, spread evenly over a source so that every class has its share.
public final class Samples {
    private Samples() {}

    /// At most `count` images as inputs of a model, one array of pixel values 0 to 255 each. Arrays are made one at a time.
    ///
    /// @param input the shape of one image, `[height, width, 3]`
    public static Iterable<List<float[]>> of(ImageSource source, int count, Shape input, int threads) {
        int taken = Math.min(count, source.size());
        List<PixelImage> images = new ArrayList<>();
        new ParallelLoader(threads).run(taken, i -> source.image((int) ((long) i * source.size() / taken)),
                (i, image) -> images.add(image));
        ImageInput reader = ImageInput.of(input);
        return () -> images.stream().map(image -> {
            float[] pixels = new float[reader.elementCount()];
            reader.read(image, pixels, 0);
            return List.of(pixels);
        }).iterator();
    }
}
