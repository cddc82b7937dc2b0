package dev.whittle.cli.pipeline;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Which images a training has, and how they are divided.
///
/// @param path of the images; null for generated castings
/// @param validationShare of the training images, where the data has no validation set
public record DataChoice(@Nullable Path path, Photographs.Division division, double validationShare) {

    public DataChoice {
        if (!(validationShare > 0 && validationShare < 1)) {
            throw new IllegalArgumentException(
                    "a validation share of " + validationShare + ", must lie between 0 and 1");
        }
    }

    /// The images, read or generated.
    ///
    /// @throws dev.whittle.trainer.data.DataException if there are not two classes of images
    public Photographs photographs(long seed, int threads) {
        return path == null ? Photographs.generate(seed, validationShare)
                : Photographs.read(path, division, validationShare, seed, threads);
    }
}
