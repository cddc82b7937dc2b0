package dev.whittle.trainer.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Images to train and to test with, of the same classes.
///
/// @param name what a person calls it: the folder, or "castings (generated, seed 7)"
/// @param train images for training and validation
/// @param validation images kept apart for validation by whoever made the data set, or null where they have yet to be split
///            off
/// @param test images kept apart by whoever made the data set, or null where a test set has yet to be split off
/// @param broken image files that were left out, in the order of their names
public record DataSet(String name, ImageSource train, @Nullable ImageSource validation,
        @Nullable ImageSource test, List<BrokenImage> broken) {
    public DataSet {
        requireClasses("test", test, train);
        requireClasses("validation", validation, train);
        broken = List.copyOf(broken);
    }

    private static void requireClasses(String part, @Nullable ImageSource source, ImageSource train) {
        if (source != null && !source.classNames().equals(train.classNames())) {
            throw new IllegalArgumentException("%s classes %s differ from training classes %s".formatted(part,
                    source.classNames(), train.classNames()));
        }
    }

    /// Reads the images at `path`, whatever form they have there: a folder ([ImageFolder]), a folder of IDX files
    /// ([IdxFiles]), a `.csv` list or a folder of lists ([CsvLists]), or `.npz` arrays ([NpzImages]).
    ///
    /// @param threads to decode with
    /// @throws DataException if there is nothing of the kind, or what is there cannot be used
    public static DataSet read(Path path, int threads) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        if (Files.isDirectory(path)) {
            if (IdxFiles.areIn(path)) {
                return IdxFiles.read(path);
            }
            return CsvLists.areIn(path) ? CsvLists.readFolder(path, threads) : ImageFolder.read(path, threads);
        }
        if (!Files.exists(path)) {
            throw new DataException("[%s] no such file or folder".formatted(path));
        }
        if (name.endsWith(".csv")) {
            return CsvLists.read(path, threads);
        }
        if (name.endsWith(".npz")) {
            return NpzImages.read(path);
        }
        throw new DataException(
                "[%s] is a file, expected a folder, a .csv list or .npz arrays of images".formatted(path));
    }

    /// The names of the classes, in the order of their labels.
    public List<String> classNames() {
        return train.classNames();
    }
}
