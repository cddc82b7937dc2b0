package dev.whittle.trainer.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Images to train and to test with, of the same classes.
///
/// @param name what a person calls it: the folder, or "castings (generated, seed 7)"
/// @param train images for training and validation
/// @param test images kept apart by whoever made the data set, or null where a test set has yet to be split off
/// @param broken image files that were left out, in the order of their names
public record DataSet(String name, ImageSource train, @Nullable ImageSource test, List<BrokenImage> broken) {
    public DataSet {
        if (test != null && !test.classNames().equals(train.classNames())) {
            throw new IllegalArgumentException(
                    "test classes %s differ from training classes %s".formatted(test.classNames(), train.classNames()));
        }
        broken = List.copyOf(broken);
    }

    /// The names of the classes, sorted.
    public List<String> classNames() {
        return train.classNames();
    }
}
