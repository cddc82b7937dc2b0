package dev.whittle.trainer.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/// Reads lists of image files as CSV (RFC 4180, in UTF-8): a header that names the columns `path` and `label`, others being
/// left out, and a line for each image. Paths are relative to the list's folder; labels are class names, sorted by
/// [String#compareTo].
///
/// A folder with `train.csv` holds up to three lists; `validation.csv` and `test.csv` are its other parts.
final class CsvLists {
    private static final String TRAIN = "train.csv";
    private static final long MAX_BYTES = 256L << 20;
    private static final CSVFormat FORMAT = CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true)
            .setIgnoreEmptyLines(true).setAllowMissingColumnNames(true).get();

    private CsvLists() {}

    /// Whether a folder holds lists.
    static boolean areIn(Path folder) {
        return Files.isRegularFile(folder.resolve(TRAIN));
    }

    /// The images of one list, to be divided.
    ///
    /// @throws DataException if it is no such list, or names one class only
    static DataSet read(Path list, int threads) {
        List<Line> lines = lines(list);
        List<BrokenImage> broken = new ArrayList<>();
        return new DataSet(list.toString(), open(list, lines, classes(list, lines), threads, broken), null, null,
                broken);
    }

    /// The images of the lists in a folder, divided as they are.
    ///
    /// @throws DataException if a list is none, or one of the others has a class that the training images have not
    static DataSet readFolder(Path folder, int threads) {
        Path train = folder.resolve(TRAIN);
        List<Line> lines = lines(train);
        List<String> classNames = classes(train, lines);
        List<BrokenImage> broken = new ArrayList<>();
        ImageSource training = open(train, lines, classNames, threads, broken);
        ImageSource validation = other(folder.resolve("validation.csv"), classNames, threads, broken);
        ImageSource test = other(folder.resolve("test.csv"), classNames, threads, broken);
        return new DataSet(folder.toString(), training, validation, test, broken);
    }

    private static @Nullable ImageSource other(Path list, List<String> classNames, int threads,
            List<BrokenImage> broken) {
        return Files.isRegularFile(list) ? open(list, lines(list), classNames, threads, broken) : null;
    }

    private record Line(String path, String label, long number) {
    }

    private static List<String> classes(Path list, List<Line> lines) {
        TreeSet<String> labels = new TreeSet<>();
        lines.forEach(line -> labels.add(line.label));
        if (labels.size() < 2) {
            throw new DataException("[%s] only one class, \"%s\", expected at least two".formatted(list,
                    labels.first()));
        }
        return List.copyOf(labels);
    }

    private static ImageSource open(Path list, List<Line> lines, List<String> classNames, int threads,
            List<BrokenImage> broken) {
        List<String> paths = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (Line line : lines) {
            int label = Collections.binarySearch(classNames, line.label);
            if (label < 0) {
                throw new DataException("[%s] line %d has the label \"%s\", expected one of %s".formatted(list,
                        line.number, line.label, classNames));
            }
            paths.add(line.path);
            labels.add(label);
        }
        Path folder = list.toAbsolutePath().getParent();
        return FileImages.open(list, folder == null ? Path.of("") : folder, classNames, paths, labels, threads, broken);
    }

    private static List<Line> lines(Path list) {
        try {
            long bytes = Files.size(list);
            if (bytes > MAX_BYTES) {
                throw new DataException("[%s] has %d bytes, at most %d are read".formatted(list, bytes, MAX_BYTES));
            }
            try (CSVParser parser = CSVParser.parse(list, StandardCharsets.UTF_8, FORMAT)) {
                List<String> header = parser.getHeaderNames();
                if (!header.contains("path") || !header.contains("label")) {
                    throw new DataException("[%s] begins with the columns %s, expected path and label".formatted(list,
                            shortened(header.toString())));
                }
                List<Line> lines = new ArrayList<>();
                for (CSVRecord row : parser) {
                    lines.add(line(list, row, parser.getCurrentLineNumber()));
                }
                if (lines.isEmpty()) {
                    throw new DataException("[%s] names no images".formatted(list));
                }
                return lines;
            }
        } catch (UncheckedIOException e) {
            throw new DataException("[%s] is not CSV: %s".formatted(list, shortened(e.getMessage())), e);
        } catch (CSVException | IllegalArgumentException e) {
            throw new DataException("[%s] is not CSV: %s".formatted(list, shortened(e.getMessage())), e);
        } catch (IOException e) {
            throw new DataException("[%s] cannot be read: %s".formatted(list, shortened(e.getMessage())), e);
        }
    }

    private static Line line(Path list, CSVRecord row, long number) {
        if (!row.isSet("path") || !row.isSet("label") || row.get("path").isBlank() || row.get("label").isBlank()) {
            throw new DataException("[%s] line %d lacks a path or a label".formatted(list, number));
        }
        String path = row.get("path");
        try {
            Path _ = Path.of(path);
        } catch (InvalidPathException e) {
            throw new DataException("[%s] line %d has no path: %s".formatted(list, number, shortened(e.getMessage())),
                    e);
        }
        return new Line(path, row.get("label"), number);
    }

    private static String shortened(@Nullable String text) {
        String known = String.valueOf(text);
        return known.length() <= 200 ? known : known.substring(0, 200) + "…";
    }
}
