package dev.whittle.trainer.data;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/// Reads images and labels from the arrays of a `.npz` file: `x_train` and `y_train`, as Keras's data sets have them, with
/// `x_test`, `y_test`, `x_val` and `y_val` where they are; `train_images`, `train_labels` and so on; or `images` and
/// `labels` alone.
///
/// Images are UINT8, `[image, height, width]` or with 1 or 3 channels behind these; labels are integers from 0 on,
/// `[image]` or `[image, 1]`.
final class NpzImages {
    private static final String ENDING = ".npy";

    /// Names that go together: those of training, validation and test images, and of their labels.
    private record Names(String train, String trainLabels, String validation, String validationLabels, String test,
            String testLabels) {
    }

    private static final List<Names> KNOWN = List.of(
            new Names("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"),
            new Names("train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels"),
            new Names("images", "labels", "val_images", "val_labels", "test_images", "test_labels"));

    private NpzImages() {}

    /// @throws DataException if arrays are missing, do not fit each other, do not fit into the heap, or are damaged
    static DataSet read(Path file) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (Names names : KNOWN) {
                if (zip.getEntry(names.train + ENDING) != null) {
                    LabelledArrays train = part(file, zip, names.train, names.trainLabels);
                    return LabelledArrays.dataSet(file.toString(), train,
                            optional(file, zip, names.validation, names.validationLabels),
                            optional(file, zip, names.test, names.testLabels));
                }
            }
            TreeSet<String> found = new TreeSet<>();
            zip.stream().limit(20).forEach(entry -> found.add(entry.getName()));
            throw new DataException("[%s] holds %s, expected x_train.npy and y_train.npy, or images.npy and labels.npy"
                    .formatted(file, found));
        } catch (IOException e) {
            throw new DataException("[%s] cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static @Nullable LabelledArrays optional(Path file, ZipFile zip, String images, String labels)
            throws IOException {
        return zip.getEntry(images + ENDING) == null ? null : part(file, zip, images, labels);
    }

    private static LabelledArrays part(Path file, ZipFile zip, String images, String labels) throws IOException {
        NpyArray pixels = array(file, zip, images);
        Shape shape = pixels.shape();
        int depth = shape.rank() == 4 ? shape.dimension(3) : 1;
        if (pixels.type() != ElementType.UINT8 || shape.rank() < 3 || shape.rank() > 4
                || (depth != 1 && depth != PixelImage.CHANNELS) || shape.elementCount() == 0) {
            throw new DataException(
                    "[%s] %s is %s %s, expected UINT8 [images, height, width], with 1 or 3 channels behind or none"
                            .formatted(file, images, pixels.type(), shape));
        }
        NpyArray classes = array(file, zip, labels);
        int count = shape.dimension(0);
        if (!(classes.shape().equals(Shape.of(count)) || classes.shape().equals(Shape.of(count, 1)))) {
            throw new DataException("[%s] %s has the shape %s, expected [%d], a label for each image".formatted(file,
                    labels, classes.shape(), count));
        }
        ByteBuffer data = pixels.data();
        byte[] samples = new byte[data.remaining()];
        data.get(samples);
        return new LabelledArrays(images, shape.dimension(1), shape.dimension(2), depth, samples,
                labels(file, labels, classes));
    }

    private static byte[] labels(Path file, String name, NpyArray array) {
        ByteBuffer data = array.data();
        byte[] labels = new byte[array.shape().elementCount()];
        for (int i = 0; i < labels.length; i++) {
            long label = switch (array.type()) {
                case INT8 -> data.get();
                case UINT8 -> Byte.toUnsignedInt(data.get());
                case INT16 -> data.getShort();
                case UINT16 -> Short.toUnsignedInt(data.getShort());
                case INT32 -> data.getInt();
                case UINT32 -> Integer.toUnsignedLong(data.getInt());
                case INT64, UINT64 -> data.getLong();
                default -> throw new DataException("[%s] %s is %s, expected integers".formatted(file, name,
                        array.type()));
            };
            if (label < 0 || label > 255) {
                throw new DataException("[%s] %s[%d] is %d, expected a class from 0 to 255".formatted(file, name, i,
                        label));
            }
            labels[i] = (byte) label;
        }
        return labels;
    }

    private static NpyArray array(Path file, ZipFile zip, String name) throws IOException {
        ZipEntry entry = zip.getEntry(name + ENDING);
        if (entry == null) {
            throw new DataException("[%s] has no array %s".formatted(file, name));
        }
        HeapBound.bytes(file.toString(), entry.getSize(), name);
        try (var channel = Channels.newChannel(zip.getInputStream(entry))) {
            return Npy.read(file.getFileName() + " " + name, channel, entry.getSize());
        }
    }
}
