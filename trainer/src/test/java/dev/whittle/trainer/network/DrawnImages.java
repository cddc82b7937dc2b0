package dev.whittle.trainer.network;

import dev.whittle.trainer.data.ImageSource;
import dev.whittle.trainer.data.PixelImage;
import java.util.List;
import java.util.SplittableRandom;

/// Noise, brighter in the upper half for class 1 and in the lower half for class 0: easy, but not linear in one pixel.
record DrawnImages(int size, int side, long seed) implements ImageSource {
    @Override
    public List<String> classNames() {
        return List.of("lower", "upper");
    }

    @Override
    public int label(int i) {
        return i % 2;
    }

    @Override
    public String name(int i) {
        return "drawn " + seed + "/" + i;
    }

    @Override
    public PixelImage image(int i) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + i);
        byte[] rgb = new byte[side * side * 3];
        for (int at = 0; at < rgb.length; at++) {
            boolean upper = at < rgb.length / 2;
            rgb[at] = (byte) random.nextInt(upper == (label(i) == 1) ? 80 : 0, 256);
        }
        return PixelImage.of(side, side, rgb);
    }
}
