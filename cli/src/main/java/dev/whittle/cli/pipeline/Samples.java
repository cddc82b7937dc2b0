package dev.whittle.cli.pipeline;

import dev.whittle.cli.image.ImageInput;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.calibrate.RepresentativeSet;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.ParallelLoader;
import dev.whittle.trainer.data.PixelImage;
import java.util.ArrayList;
import java.util.List;

/// Representative images for calibration, spread evenly over a source so that every class has its share.
public final class Samples {
    /// Their activations are in memory, twice, while a layer is corrected.
    private static final int CORRECTED_WITH = 64;
    private static final int IMAGE_RANK = 4;

    private Samples() {}

    /// At most `count` training images as inputs of `model`.
    ///
    /// @throws IllegalArgumentException if the model has not one input `[batch, height, width, 3]`
    public static RepresentativeSet of(Model model, Photographs photographs, int count, int threads) {
        List<Integer> inputs = model.primary().inputs();
        List<Shape> shapes = inputs.stream().map(input -> model.primary().tensor(input).shape()).toList();
        if (shapes.size() != 1 || shapes.getFirst().rank() != IMAGE_RANK) {
            throw new IllegalArgumentException(
                    "[%s] has the inputs %s, calibration on images needs one [batch, height, width, 3]"
                            .formatted(model.source(), shapes));
        }
        Shape input = shapes.getFirst();
        Shape image = Shape.of(input.dimension(1), input.dimension(2), input.dimension(3));
        return RepresentativeSet.ofImages(photographs.name(), photographs.training(), count,
                of(photographs.training(), count, image, threads));
    }

    /// As many samples as corrections hold at a time, spread over all, which come class by class.
    public static List<List<float[]>> toCorrectWith(RepresentativeSet set) {
        int taken = Math.min(CORRECTED_WITH, set.size());
        List<List<float[]>> samples = new ArrayList<>();
        int number = 0;
        for (List<float[]> sample : set.samples()) {
            if ((long) samples.size() * set.size() / taken == number) {
                samples.add(sample);
            }
            number++;
        }
        return samples;
    }

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
