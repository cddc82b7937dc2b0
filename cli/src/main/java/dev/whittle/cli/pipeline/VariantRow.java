package dev.whittle.cli.pipeline;

import dev.whittle.trainer.metrics.Evaluation;
import java.util.List;

/// One `.tflite` file on the test images.
///
/// @param name such as `int8, uint8 in and out`
/// @param file its name in the output folder
/// @param bytes of the file
/// @param millisecondsPerImage from pixels in to scores out, one image at a time
/// @param wrongImages what the misclassified images are called, and what they were taken for
public record VariantRow(String name, String file, long bytes, Evaluation evaluation, double millisecondsPerImage,
        List<String> wrongImages) {

    public VariantRow {
        wrongImages = List.copyOf(wrongImages);
    }
}
