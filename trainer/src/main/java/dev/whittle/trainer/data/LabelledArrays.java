package dev.whittle.trainer.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Arrays of images and labels as a file holds them, before it is known how many classes there are.
final class LabelledArrays {
    private final String name;
    private final int height;
    private final int width;
    private final int depth;
    private final byte[] samples;
    private final byte[] labels;

    /// @param name of the images, for people
    /// @param samples `[image, height, width, depth]`, 0 to 255; not copied
    /// @param labels of each image, 0 to 255; not copied
    LabelledArrays(String name, int height, int width, int depth, byte[] samples, byte[] labels) {
        this.name = name;
        this.height = height;
        this.width = width;
        this.depth = depth;
        this.samples = samples;
        this.labels = labels;
    }

    int classes() {
        int largest = 0;
        for (byte label : labels) {
            largest = Math.max(largest, label & 0xFF);
        }
        return largest + 1;
    }

    private ImageSource images(List<String> classNames) {
        return new ArrayImages(name, classNames, height, width, depth, samples, labels);
    }

    /// A data set of classes that are numbered from 0 to the largest label in any part.
    ///
    /// @param where what an error names
    static DataSet dataSet(String where, LabelledArrays train, @Nullable LabelledArrays validation,
            @Nullable LabelledArrays test) {
        int classes = train.classes();
        classes = Math.max(classes, validation == null ? 0 : validation.classes());
        classes = Math.max(classes, test == null ? 0 : test.classes());
        if (classes < 2) {
            throw new DataException("[%s] every label is 0, expected at least two classes".formatted(where));
        }
        List<String> names = ArrayImages.numbered(classes);
        ImageSource images = train.images(names);
        int[] counts = images.classCounts();
        for (int label = 0; label < classes; label++) {
            if (counts[label] == 0) {
                throw new DataException("[%s] labels go up to %d, but %s has no image of class %d".formatted(where,
                        classes - 1, train.name, label));
            }
        }
        return new DataSet(where, images, validation == null ? null : validation.images(names),
                test == null ? null : test.images(names), List.of());
    }
}
