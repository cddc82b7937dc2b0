package dev.whittle.cli.pipeline;

import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.RandomTransform;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.Step;
import dev.whittle.trainer.layer.Warp;
import java.util.List;

/// Images as a network's random layers turn and flip them while it trains.
///
/// @param size pixels on each side, resized before they are transformed as in the network
record AugmentedImages(ImageSource source, List<RandomTransform> transforms, int size) implements ImageSource {

    @Override
    public List<String> classNames() {
        return source.classNames();
    }

    @Override
    public int size() {
        return source.size();
    }

    @Override
    public int label(int i) {
        return source.label(i);
    }

    @Override
    public String name(int i) {
        return source.name(i);
    }

    @Override
    public PixelImage image(int i) {
        PixelImage image = source.image(i);
        float[] resized = new float[size * size * PixelImage.CHANNELS];
        Resizing.resize(image.toFloats(), 0, image.height(), image.width(), PixelImage.CHANNELS, resized, 0, size,
                size);
        float[] warped = new float[resized.length];
        Step step = new Step(1, true);
        step.begin(1, new float[0], new float[0]);
        step.setImageKey(0, i);
        new Warp(transforms, Shape.of(size, size, PixelImage.CHANNELS)).pass(1).forward(step, resized, warped);
        byte[] rgb = new byte[warped.length];
        for (int at = 0; at < rgb.length; at++) {
            rgb[at] = (byte) Math.round(Math.clamp(warped[at], 0, 255));
        }
        return PixelImage.of(size, size, rgb);
    }
}
