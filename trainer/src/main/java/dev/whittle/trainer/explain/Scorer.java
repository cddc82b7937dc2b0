package dev.whittle.trainer.explain;

import dev.whittle.trainer.data.PixelImage;
import java.util.List;

/// The model to be explained, seen from outside: images in, class probabilities out.
public interface Scorer {
    /// The probabilities `[image][class]` of a batch of images, which all have the same size.
    float[][] probabilities(List<PixelImage> images);
}
