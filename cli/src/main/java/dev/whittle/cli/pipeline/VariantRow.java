package dev.whittle.cli.pipeline;

import java.util.List;

/// One `.tflite` file on the test images.
///
/// @param name such as `int8, uint8 in and out`
/// @param file its name in the output folder
/// @param bytes of the file
/// @param accuracy share of the test images with the right class
/// @param classes precision, recall and F1 of each class
/// @param confusion `confusion[expected][predicted]`, counts
/// @param millisecondsPerImage from image in to class out, one image at a time
/// @param wrongImages what the misclassified images are called
public record VariantRow(String name, String file, long bytes, double accuracy, List<ClassScore> classes,
        List<List<Integer>> confusion, double millisecondsPerImage, List<String> wrongImages) {

    public VariantRow {
        classes = List.copyOf(classes);
        confusion = confusion.stream().map(List::copyOf).toList();
        wrongImages = List.copyOf(wrongImages);
    }

    /// How one class was told from the others; 0 where a denominator is 0.
    public record ClassScore(String name, double precision, double recall, double f1) {
    }
}
