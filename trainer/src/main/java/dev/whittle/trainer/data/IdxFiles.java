package dev.whittle.trainer.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/// Reads images and labels in MNIST's IDX format (LeCun, Cortes and Burges, "The MNIST database of handwritten digits"):
/// two zero bytes, the element type (8, unsigned bytes), the number of dimensions, each dimension as four bytes with the
/// high one first, and the elements. Files may be compressed with gzip.
///
/// ```
/// DIR/train-images-idx3-ubyte.gz  DIR/train-labels-idx1-ubyte.gz
/// DIR/t10k-images-idx3-ubyte.gz   DIR/t10k-labels-idx1-ubyte.gz
/// ```
///
/// What stands before `train`, `t10k` or `test` does not matter; a folder without the last two has no test set. Images are
/// `[image, height, width]`, or with three channels behind these.
final class IdxFiles {
    private static final Pattern NAME = Pattern.compile(
            "(?:.*[-_])?(train|t10k|test)-(images|labels)[-.]idx\\d-ubyte(?:\\.gz)?");
    private static final int UNSIGNED_BYTES = 8;
    private static final int LARGEST_RANK = 4;

    private IdxFiles() {}

    /// Whether a folder holds a file that is named as one of these.
    static boolean areIn(Path folder) {
        return !files(folder).isEmpty();
    }

    /// @throws DataException if files are missing, do not fit each other or are damaged
    static DataSet read(Path folder) {
        Map<String, Path> files = files(folder);
        LabelledArrays train = read(folder, files, "train");
        if (train == null) {
            throw new DataException("[%s] holds %s, expected train-images-idx3-ubyte and train-labels-idx1-ubyte"
                    .formatted(folder, files.values().stream().map(Path::getFileName).toList()));
        }
        return LabelledArrays.dataSet(folder.toString(), train, null, read(folder, files, "test"));
    }

    private static @Nullable LabelledArrays read(Path folder, Map<String, Path> files, String part) {
        Path images = files.get(part + " images");
        Path labels = files.get(part + " labels");
        if (images == null && labels == null) {
            return null;
        }
        if (images == null || labels == null) {
            throw new DataException("[%s] has the %s of the %s set, expected its %s too".formatted(folder,
                    images == null ? "labels" : "images", part, images == null ? "images" : "labels"));
        }
        Elements pixels = elements(images);
        Elements classes = elements(labels);
        int[] shape = pixels.shape;
        boolean isColour = shape.length == 4 && shape[3] == PixelImage.CHANNELS;
        if (shape.length != 3 && !isColour) {
            throw new DataException("[%s] has the shape %s, expected [images, height, width]".formatted(images,
                    Arrays.toString(shape)));
        }
        if (classes.shape.length != 1 || classes.shape[0] != shape[0]) {
            throw new DataException("[%s] has the shape %s, expected [%d], a label for each image".formatted(labels,
                    Arrays.toString(classes.shape), shape[0]));
        }
        return new LabelledArrays(String.valueOf(images.getFileName()), shape[1], shape[2],
                isColour ? PixelImage.CHANNELS : 1, pixels.values, classes.values);
    }

    private static Map<String, Path> files(Path folder) {
        Map<String, Path> files = new TreeMap<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            for (Path path : stream) {
                Matcher name = NAME.matcher(path.getFileName().toString());
                if (name.matches() && Files.isRegularFile(path)) {
                    String part = name.group(1).equals("train") ? "train" : "test";
                    Path other = files.put(part + " " + name.group(2), path);
                    if (other != null) {
                        throw new DataException("[%s] holds both %s and %s, expected one of them".formatted(folder,
                                other.getFileName(), path.getFileName()));
                    }
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new DataException("[%s] cannot be listed: %s".formatted(folder, e.getMessage()), e);
        }
        return files;
    }

    /// What one file holds.
    private static final class Elements {
        private final int[] shape;
        private final byte[] values;

        Elements(int[] shape, byte[] values) {
            this.shape = shape;
            this.values = values;
        }
    }

    private static Elements elements(Path file) {
        boolean isCompressed = file.getFileName().toString().endsWith(".gz");
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
                InputStream in = isCompressed ? new GZIPInputStream(raw) : raw) {
            ByteBuffer magic = ByteBuffer.wrap(exactly(in, Integer.BYTES));
            int rank = magic.get(3);
            if (magic.getShort(0) != 0 || magic.get(2) != UNSIGNED_BYTES || rank < 1 || rank > LARGEST_RANK) {
                throw new DataException("[%s] begins with %08x, expected 0000080n, unsigned bytes of 1 to %d dimensions"
                        .formatted(file, magic.getInt(0), LARGEST_RANK));
            }
            int[] shape = new int[rank];
            ByteBuffer.wrap(exactly(in, rank * Integer.BYTES)).asIntBuffer().get(shape);
            int count = HeapBound.elements(file.toString(), shape);
            byte[] values = exactly(in, count);
            if (in.read() >= 0) {
                throw new DataException("[%s] goes on after the %d elements of its shape %s".formatted(file, count,
                        Arrays.toString(shape)));
            }
            return new Elements(shape, values);
        } catch (EOFException e) {
            throw new DataException("[%s] is cut off".formatted(file), e);
        } catch (ZipException e) {
            throw new DataException("[%s] is not compressed with gzip, or damaged: %s".formatted(file,
                    e.getMessage()), e);
        } catch (IOException e) {
            throw new DataException("[%s] cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static byte[] exactly(InputStream in, int count) throws IOException {
        // Grows with what is there: a header can ask for more than the file holds.
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException();
        }
        return bytes;
    }
}
