package dev.whittle.trainer.data;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;

/// Reads a folder with one sub-folder per class, or with such folders below `train/` and, where it exists, `test/`.
///
/// ```
/// DIR/ok/1.jpg  DIR/defective/2.png            one set, to be split
/// DIR/train/ok/1.jpg …  DIR/test/ok/9.jpg …    a set kept apart for testing
/// ```
///
/// Classes are the names of the sub-folders in the order of [String#compareTo]; images are the files that end in `.jpg`,
/// `.jpeg`, `.png` or `.bmp`, in the same order. Folders and files whose name begins with a dot are left out.
public final class ImageFolder {
    private ImageFolder() {}

    /// Lists the folder and decodes every image once on `threads` threads to find the broken ones.
    ///
    /// @throws DataException if the folder is missing, is no folder, is empty, holds no images or fewer than two classes,
    ///     if all images of a class are broken, or if `test/` has other classes than `train/`
    public static DataSet read(Path folder, int threads) {
        if (!Files.exists(folder)) {
            throw new DataException("[%s] no such folder".formatted(folder));
        }
        if (!Files.isDirectory(folder)) {
            throw new DataException(
                    "[%s] is a file, expected a folder with one sub-folder per class".formatted(folder));
        }
        if (list(folder, path -> true).isEmpty()) {
            throw new DataException("[%s] the folder is empty, expected one sub-folder per class".formatted(folder));
        }
        List<BrokenImage> broken = new ArrayList<>();
        Path train = folder.resolve("train");
        if (!Files.isDirectory(train)) {
            return new DataSet(folder.toString(), readClasses(folder, folder, threads, broken), null, null, broken);
        }
        ImageSource trainImages = readClasses(folder, train, threads, broken);
        Path test = folder.resolve("test");
        if (!Files.isDirectory(test)) {
            return new DataSet(folder.toString(), trainImages, null, null, broken);
        }
        ImageSource testImages = readClasses(folder, test, threads, broken);
        if (!testImages.classNames().equals(trainImages.classNames())) {
            throw new DataException("[%s] test/ has the classes %s, expected those of train/: %s"
                    .formatted(folder, testImages.classNames(), trainImages.classNames()));
        }
        return new DataSet(folder.toString(), trainImages, null, testImages, broken);
    }

    private static ImageSource readClasses(Path root, Path folder, int threads, List<BrokenImage> broken) {
        List<Path> classFolders = list(folder, Files::isDirectory);
        if (classFolders.isEmpty()) {
            throw new DataException(
                    "[%s] has no sub-folders, expected one sub-folder of images per class".formatted(folder));
        }
        List<String> classNames = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (Path classFolder : classFolders) {
            List<Path> images = list(
                    classFolder,
                    path -> ImageFile.isImageName(path.getFileName().toString()) && Files.isRegularFile(path));
            files.addAll(images);
            labels.addAll(Collections.nCopies(images.size(), classNames.size()));
            classNames.add(classFolder.getFileName().toString());
        }
        if (files.isEmpty()) {
            throw new DataException("[%s] no JPEG, PNG or BMP image below %s".formatted(folder, quoted(classNames)));
        }
        if (classNames.size() == 1) {
            throw new DataException(
                    "[%s] only one class, \"%s\", expected at least two".formatted(folder, classNames.getFirst()));
        }
        for (int label = 0; label < classNames.size(); label++) {
            if (!labels.contains(label)) {
                throw new DataException("[%s] class \"%s\" has no JPEG, PNG or BMP image"
                        .formatted(folder, classNames.get(label)));
            }
        }
        List<String> names = files.stream().map(file -> root.relativize(file).toString().replace('\\', '/')).toList();
        return FileImages.open(folder, root, classNames, names, labels, threads, broken);
    }

    private static String quoted(List<String> names) {
        return "\"" + String.join("\", \"", names) + "\"";
    }

    private static List<Path> list(Path folder, Predicate<Path> wanted) {
        List<Path> paths = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            for (Path path : stream) {
                if (!path.getFileName().toString().startsWith(".") && wanted.test(path)) {
                    paths.add(path);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new DataException("[%s] cannot be listed: %s".formatted(folder, e.getMessage()), e);
        }
        paths.sort((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString()));
        return paths;
    }
}
