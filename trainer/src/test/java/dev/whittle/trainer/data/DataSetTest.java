package dev.whittle.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Images in forms other than folders of classes.
class DataSetTest {
    @TempDir private Path folder;

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static int[] labels(ImageSource source) {
        return IntStream.range(0, source.size()).map(source::label).toArray();
    }

    private void assertRefused(ThrowingCallable reading, String message) {
        assertThatThrownBy(reading).isInstanceOf(DataException.class).hasMessage(message);
    }

    // ---- CSV

    private void picture(String name, int grey) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        byte[] rgb = new byte[4 * 4 * PixelImage.CHANNELS];
        Arrays.fill(rgb, (byte) grey);
        ImageIO.write(PixelImage.of(4, 4, rgb).toBufferedImage(), "png", file.toFile());
    }

    @Test
    void aListNamesFilesBesideItAndTheirClasses() throws IOException {
        picture("a/one, two.png", 1);
        picture("b.png", 2);
        picture("\"c\".png", 3);
        Path list = Files.writeString(folder.resolve("list.csv"),
                "label,note,path\r\nworn,x,\"a/one, two.png\"\r\nnew,,b.png\r\nworn,\"two\r\nlines\",\"\"\"c\"\".png\"\r\nnew,,gone.png\r\n");

        DataSet data = DataSet.read(list, 2);

        assertThat(data.classNames()).containsExactly("new", "worn");
        assertThat(labels(data.train())).containsExactly(1, 0, 1);
        assertThat(data.train().name(0)).isEqualTo("a/one, two.png");
        assertThat(data.train().image(2).sample(0, 0, 0)).isEqualTo(3);
        assertThat(data.train().file(1)).isEqualTo(folder.resolve("b.png"));
        assertThat(data.broken()).containsExactly(new BrokenImage("gone.png", "no such file"));
        assertThat(data.test()).isNull();
    }

    @Test
    void aFolderOfListsIsDividedAsTheyAre() throws IOException {
        for (int i = 0; i < 6; i++) {
            picture(i + ".png", i);
        }
        Files.writeString(folder.resolve("train.csv"), "path,label\n0.png,a\n1.png,b\n2.png,a\n");
        Files.writeString(folder.resolve("validation.csv"), "path,label\n3.png,b\n");
        Files.writeString(folder.resolve("test.csv"), "path,label\n4.png,a\n5.png,b\n");

        DataSet data = DataSet.read(folder, 1);

        assertThat(labels(data.train())).containsExactly(0, 1, 0);
        assertThat(labels(Objects.requireNonNull(data.validation()))).containsExactly(1);
        assertThat(labels(Objects.requireNonNull(data.test()))).containsExactly(0, 1);
        Files.writeString(folder.resolve("test.csv"), "path,label\n4.png,c\n");
        assertRefused(() -> DataSet.read(folder, 1),
                "[" + folder.resolve("test.csv") + "] line 2 has the label \"c\", expected one of [a, b]");
    }

    @Test
    void listsThatAreNoneAreRefusedInOneLine() throws IOException {
        Path list = folder.resolve("list.csv");
        Map<String, String> wrong = new LinkedHashMap<>();
        wrong.put("", "begins with the columns [], expected path and label");
        wrong.put("file,label\n", "begins with the columns [file, label], expected path and label");
        wrong.put("path,path\n", "begins with the columns [path, path], expected path and label");
        wrong.put("path,label\n", "names no images");
        wrong.put("path,label\na.png\n", "line 2 lacks a path or a label");
        wrong.put("path,label\na.png,x\n", "only one class, \"x\", expected at least two");
        wrong.put("path,label\na\0b,x\nb,y\n", "line 2 has no path: Nul character not allowed: a\0b");
        for (Map.Entry<String, String> each : wrong.entrySet()) {
            Files.writeString(list, each.getKey());
            assertRefused(() -> DataSet.read(list, 1), "[" + list + "] " + each.getValue());
        }
        for (String text : List.of("path,label\n\"a,b", "path,label\n\"a\"b,c\n")) {
            Files.writeString(list, text);
            assertThatThrownBy(() -> DataSet.read(list, 1)).isInstanceOf(DataException.class)
                    .hasMessageStartingWith("[" + list + "] is not CSV: ");
        }
        Files.write(list, new byte[]{'p', (byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> DataSet.read(list, 1)).isInstanceOf(DataException.class);
    }

    // ---- NPZ

    private Path npz(Map<String, NpyArray> arrays) throws IOException {
        Path file = folder.resolve("data.npz");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, NpyArray> array : arrays.entrySet()) {
                Path npy = folder.resolve("array.npy");
                Npy.write(npy, array.getValue());
                zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
                zip.write(Files.readAllBytes(npy));
            }
        }
        return file;
    }

    private static NpyArray pixels(int... shape) {
        Shape whole = Shape.of(shape);
        byte[] values = new byte[whole.elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) (i * 7);
        }
        return new NpyArray(ElementType.UINT8, whole, ByteBuffer.wrap(values));
    }

    private static NpyArray longs(Shape shape, long... values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asLongBuffer().put(values);
        return new NpyArray(ElementType.INT64, shape, data);
    }

    @Test
    void arraysOfKerasDataSetsAreImages() throws IOException {
        Map<String, NpyArray> arrays = new LinkedHashMap<>();
        arrays.put("x_train", pixels(3, 2, 5, 3));
        arrays.put("y_train", longs(Shape.of(3, 1), 2, 0, 1));
        arrays.put("x_test", pixels(2, 2, 5, 3));
        arrays.put("y_test", new NpyArray(ElementType.UINT8, Shape.of(2), ByteBuffer.wrap(bytes(1, 2))));

        DataSet data = DataSet.read(npz(arrays), 1);

        assertThat(data.classNames()).containsExactly("0", "1", "2");
        assertThat(labels(data.train())).containsExactly(2, 0, 1);
        assertThat(labels(Objects.requireNonNull(data.test()))).containsExactly(1, 2);
        assertThat(data.train().name(1)).isEqualTo("x_train[1]");
        PixelImage image = data.train().image(1);
        assertThat(image.height()).isEqualTo(2);
        assertThat(image.width()).isEqualTo(5);
        assertThat(image.sample(1, 4, 2)).isEqualTo(59 * 7 % 256);
        assertThat(data.train().file(0)).isNull();
    }

    @Test
    void greyArraysNamedImagesAndLabelsAreImages() throws IOException {
        for (int[] shape : new int[][]{{2, 3, 4}, {2, 3, 4, 1}}) {
            DataSet data = DataSet.read(npz(Map.of("images", pixels(shape), "labels", longs(Shape.of(2), 0, 1))), 1);
            assertThat(data.train().image(1).isGrey()).isTrue();
            assertThat(data.train().image(1).sample(2, 3, 1)).isEqualTo(23 * 7);
        }
    }

    @Test
    void arraysThatDoNotFitAreRefusedInOneLine() throws IOException {
        Path file = npz(Map.of("x_train", pixels(2, 3, 4), "y_train", longs(Shape.of(3), 0, 1, 2)));
        assertRefused(() -> DataSet.read(file, 1),
                "[" + file + "] y_train has the shape [3], expected [2], a label for each image");
        npz(Map.of("x_train", NpyArray.ofFloats(Shape.of(1, 1, 1), 1), "y_train", longs(Shape.of(1), 0)));
        assertRefused(() -> DataSet.read(file, 1), "[" + file
                + "] x_train is FLOAT32 [1, 1, 1], expected UINT8 [images, height, width], with 1 or 3 channels behind or none");
        npz(Map.of("x_train", pixels(2, 3, 4), "y_train", longs(Shape.of(2), 0, 256)));
        assertRefused(() -> DataSet.read(file, 1), "[" + file + "] y_train[1] is 256, expected a class from 0 to 255");
        npz(Map.of("x_train", pixels(2, 3, 4), "y_train", longs(Shape.of(2), 0, 2)));
        assertRefused(() -> DataSet.read(file, 1),
                "[" + file + "] labels go up to 2, but x_train has no image of class 1");
        npz(Map.of("x_train", pixels(2, 3, 4)));
        assertRefused(() -> DataSet.read(file, 1), "[" + file + "] has no array y_train");
        npz(Map.of("other", pixels(2, 3, 4)));
        assertRefused(() -> DataSet.read(file, 1), "[" + file
                + "] holds [other.npy], expected x_train.npy and y_train.npy, or images.npy and labels.npy");
    }

    @Test
    void damagedArchivesAreReadOrRefusedInOneLine() throws IOException {
        Path file = npz(Map.of("x_train", pixels(4, 3, 4), "y_train", longs(Shape.of(4), 0, 1, 0, 1)));
        byte[] whole = Files.readAllBytes(file);
        for (int at = 0; at < whole.length; at += 3) {
            byte[] flipped = whole.clone();
            flipped[at] ^= (byte) 0xff;
            for (byte[] content : List.of(flipped, Arrays.copyOf(whole, at))) {
                Files.write(file, content);
                try {
                    assertThat(DataSet.read(file, 1).train().size()).isPositive();
                } catch (DataException e) {
                    assertThat(e.getMessage()).startsWith("[").hasLineCount(1);
                }
            }
        }
    }

    // ---- IDX

    private static byte[] idx(int[] shape, int... elements) {
        ByteBuffer file = ByteBuffer.allocate(4 + 4 * shape.length + elements.length);
        file.putInt(0x0800 + shape.length);
        Arrays.stream(shape).forEach(file::putInt);
        return file.put(bytes(elements)).array();
    }

    private static byte[] compressed(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    @Test
    void filesOfMnistAreImages() throws IOException {
        Files.write(folder.resolve("train-images-idx3-ubyte"),
                idx(new int[]{3, 1, 2}, 10, 20, 30, 40, 50, 60));
        Files.write(folder.resolve("train-labels-idx1-ubyte.gz"), compressed(idx(new int[]{3}, 1, 0, 1)));
        Files.write(folder.resolve("t10k-images.idx3-ubyte.gz"), compressed(idx(new int[]{1, 1, 2}, 250, 255)));
        Files.write(folder.resolve("t10k-labels.idx1-ubyte"), idx(new int[]{1}, 0));

        DataSet data = DataSet.read(folder, 1);

        assertThat(data.classNames()).containsExactly("0", "1");
        assertThat(labels(data.train())).containsExactly(1, 0, 1);
        assertThat(data.train().image(1).sample(0, 1, 2)).isEqualTo(40);
        assertThat(Objects.requireNonNull(data.test()).image(0).sample(0, 1, 0)).isEqualTo(255);
    }

    @Test
    void idxFilesThatDoNotFitAreRefusedInOneLine() throws IOException {
        Path images = Files.write(folder.resolve("train-images-idx3-ubyte"), idx(new int[]{2, 1, 1}, 1, 2));
        assertRefused(() -> DataSet.read(folder, 1),
                "[" + folder + "] has the images of the train set, expected its labels too");
        Path labels = Files.write(folder.resolve("train-labels-idx1-ubyte"), idx(new int[]{3}, 0, 1, 1));
        assertRefused(() -> DataSet.read(folder, 1),
                "[" + labels + "] has the shape [3], expected [2], a label for each image");
        Files.write(labels, idx(new int[]{2}, 0));
        assertRefused(() -> DataSet.read(folder, 1), "[" + labels + "] is cut off");
        Files.write(labels, idx(new int[]{2}, 0, 1, 1));
        assertRefused(() -> DataSet.read(folder, 1),
                "[" + labels + "] goes on after the 2 elements of its shape [2]");
        Files.write(labels, idx(new int[]{2}, 0, 0));
        assertRefused(() -> DataSet.read(folder, 1),
                "[" + folder + "] every label is 0, expected at least two classes");
        Files.write(images, "text, not images".getBytes(StandardCharsets.UTF_8));
        assertRefused(() -> DataSet.read(folder, 1), "[" + images
                + "] begins with 74657874, expected 0000080n, unsigned bytes of 1 to 4 dimensions");
        Files.write(images, idx(new int[]{-1, 1, 1}));
        assertRefused(() -> DataSet.read(folder, 1),
                "[" + images + "] has the shape [-1, 1, 1], dimensions must be 1 or more");
        Files.write(images, idx(new int[]{60_000, 50_000, 50_000}));
        assertThatThrownBy(() -> DataSet.read(folder, 1)).isInstanceOf(DataException.class).hasMessageMatching(
                ".*train-images-idx3-ubyte] \\[60000, 50000, 50000] takes \\d+ bytes or more, at most \\d+ fit; a larger heap \\(-Xmx\\) may help");
    }

    @Test
    void whatIsNoDataIsRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "");
        assertRefused(() -> DataSet.read(text, 1),
                "[" + text + "] is a file, expected a folder, a .csv list or .npz arrays of images");
        Path missing = folder.resolve("missing");
        assertRefused(() -> DataSet.read(missing, 1), "[" + missing + "] no such file or folder");
    }

    // ---- what is made of them

    private static ImageSource drawn(List<PixelImage> images, int... labels) {
        int[] known = labels.clone();
        return new ImageSource() {
            @Override
            public List<String> classNames() {
                return List.of("a", "b");
            }

            @Override
            public int size() {
                return images.size();
            }

            @Override
            public int label(int i) {
                return known[i];
            }

            @Override
            public String name(int i) {
                return "image " + i;
            }

            @Override
            public PixelImage image(int i) {
                return images.get(i);
            }
        };
    }

    private static PixelImage spots(int height, int width, int seed) {
        byte[] grey = new byte[height * width];
        for (int spot = 0; spot < 15; spot++) {
            SplitMix64 random = new SplitMix64(seed, spot);
            int top = random.below(height - height / 4);
            int left = random.below(width - width / 4);
            for (int y = top; y < top + height / 4; y++) {
                Arrays.fill(grey, y * width + left, y * width + left + width / 4, (byte) random.below(256));
            }
        }
        return PixelImage.ofGrey(height, width, grey, 0);
    }

    private static PixelImage turned(PixelImage image) {
        byte[] grey = new byte[image.height() * image.width()];
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                grey[x * image.height() + image.height() - 1 - y] = (byte) image.sample(y, x, 0);
            }
        }
        return PixelImage.ofGrey(image.width(), image.height(), grey, 0);
    }

    @Test
    void digestsAreThoseOfTheSamePixelsHoweverTurned() {
        PixelImage image = spots(20, 30, 1);
        long digest = PixelDigest.of(image);
        assertThat(PixelDigest.of(turned(image))).isEqualTo(digest);
        assertThat(PixelDigest.of(turned(turned(image)))).isEqualTo(digest);
        byte[] rgb = image.toBytes();
        rgb[7]++;
        assertThat(PixelDigest.of(PixelImage.of(20, 30, rgb))).isNotEqualTo(digest);
        assertThat(PixelDigest.of(spots(30, 20, 1))).isNotEqualTo(digest);
    }

    /// More images than are compared at a time, so that blocks and chunks meet their ends.
    @Test
    void nearestNeighbourIsThePictureOfTheSameThingHoweverTurned() {
        List<PixelImage> known = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            known.add(spots(64, 64, i));
        }
        int[] expected = {299, 0, 17, 255, 256, 3, 120, 131, 7, 8, 42};
        for (int i : expected) {
            known.add(turned(known.get(i)));
        }
        int[] classes = IntStream.range(0, known.size()).map(i -> i < 300 ? i % 2 : 0).toArray();
        List<Double> shares = new ArrayList<>();
        NearestNeighbour neighbours = new NearestNeighbour(drawn(known, classes), 2, shares::add);
        assertThat(shares).hasSize(311).isSorted().endsWith(1.0);
        shares.clear();
        int[] asked = IntStream.range(300, known.size()).toArray();
        int[] others = IntStream.range(0, 300).toArray();

        assertThat(neighbours.nearest(asked, others, shares::add)).containsExactly(expected);
        assertThat(shares).containsExactly(256 / 300.0, 1.0);
        // 0, 256, 120, 8 and 42 are of class 0, as those that are asked for.
        assertThat(neighbours.correct(asked, others, share -> {
        })).isEqualTo(5);
    }

    @Test
    void joinedImagesAndSubsetsKnowTheirFiles() throws IOException {
        picture("a/1.png", 1);
        picture("b/2.png", 2);
        ImageSource images = DataSet.read(folder, 1).train();
        ImageSource joined = new JoinedImages(List.of(images, images.subset(new int[]{1})));
        assertThat(joined.size()).isEqualTo(3);
        assertThat(joined.file(2)).isEqualTo(folder.resolve("b/2.png"));
        assertThat(joined.image(2).sample(0, 0, 0)).isEqualTo(2);
    }

    /// Its thumbnail once took 32 lines of floats as long as the image.
    @Test
    void aVeryWideImageHasAThumbnail() {
        PixelImage line = PixelImage.ofGrey(1, 8 << 20, new byte[8 << 20], 0);
        assertThat(Thumbnail.of(line).scale()).isZero();
    }

    @Test
    void greyImagesTakeOneByteAPixel() {
        PixelImage grey = PixelImage.of(1, 2, bytes(5, 5, 5, 9, 9, 9));
        PixelImage colour = PixelImage.of(1, 2, bytes(5, 5, 5, 9, 9, 8));
        assertThat(grey.byteCount()).isEqualTo(2);
        assertThat(grey.toBytes()).isEqualTo(bytes(5, 5, 5, 9, 9, 9));
        assertThat(grey.toFloats()).containsExactly(5, 5, 5, 9, 9, 9);
        assertThat(grey).isEqualTo(PixelImage.ofGrey(1, 2, bytes(5, 9), 0)).isNotEqualTo(colour);
        assertThat(colour.byteCount()).isEqualTo(6);
        assertThat(colour.sample(0, 1, 2)).isEqualTo(8);
    }
}
