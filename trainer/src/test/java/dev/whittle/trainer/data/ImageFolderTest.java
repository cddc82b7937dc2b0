package dev.whittle.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
    @TempDir Path folder;

    @Test
    void classesAndImagesAreSortedAndOtherFilesLeftOut() throws IOException {
        write("worn/b.PNG", "png", 20);
        write("worn/a.jpg", "jpg", 30);
        write("new/x.bmp", "bmp", 40);
        Files.writeString(folder.resolve("worn/notes.txt"), "not an image");
        Files.createDirectories(folder.resolve(".cache"));
        DataSet data = ImageFolder.read(folder, 2);
        assertThat(data.classNames()).containsExactly("new", "worn");
        assertThat(data.test()).isNull();
        assertThat(data.broken()).isEmpty();
        assertThat(names(data.train())).containsExactly("new/x.bmp", "worn/a.jpg", "worn/b.PNG");
        assertThat(data.train().classCounts()).containsExactly(1, 2);
        assertThat(data.train().label(1)).isEqualTo(1);
        assertThat(data.train().image(0).sample(0, 0, 1)).isEqualTo(40);
        assertThat(data.train().image(1).sample(0, 0, 2)).isCloseTo(30, within(2));
    }

    @Test
    void trainAndTestAreReadApart() throws IOException {
        write("train/a/1.png", "png", 1);
        write("train/b/1.png", "png", 2);
        write("test/a/2.png", "png", 3);
        write("test/b/2.png", "png", 4);
        DataSet data = ImageFolder.read(folder, 1);
        assertThat(names(data.train())).containsExactly("train/a/1.png", "train/b/1.png");
        assertThat(names(Objects.requireNonNull(data.test()))).containsExactly("test/a/2.png", "test/b/2.png");
    }

    @Test
    void testClassesMustBeThoseOfTrain() throws IOException {
        write("train/a/1.png", "png", 1);
        write("train/b/1.png", "png", 2);
        write("test/a/2.png", "png", 3);
        write("test/c/2.png", "png", 4);
        assertFails("[" + folder + "] test/ has the classes [a, c], expected those of train/: [a, b]");
    }

    @Test
    void brokenImagesAreNamedWithTheirReasonAndLeftOut() throws IOException {
        write("a/good.png", "png", 1);
        write("b/good.png", "png", 2);
        Files.writeString(folder.resolve("a/text.jpg"), "hello");
        Files.write(folder.resolve("a/void.png"), new byte[0]);
        Files.write(folder.resolve("b/huge.png"), pngHeader(100_000, 100_000));
        Files.write(folder.resolve("b/wbmp.bmp"), new byte[]{0, 0, 8, 1, 0});
        byte[] jpeg = encoded("jpg", noise());
        Files.write(folder.resolve("b/cut.jpg"), Arrays.copyOf(jpeg, jpeg.length / 2));
        DataSet data = ImageFolder.read(folder, 2);
        assertThat(names(data.train())).containsExactly("a/good.png", "b/good.png");
        assertThat(data.broken())
                .containsExactly(
                        new BrokenImage("a/text.jpg", "not a JPEG, PNG or BMP image"),
                        new BrokenImage("a/void.png", "the file is empty"),
                        new BrokenImage("b/cut.jpg", "cut off: Truncated File - Missing EOI marker"),
                        new BrokenImage("b/huge.png", "100000 x 100000 pixels, at most 67108864 are read"),
                        new BrokenImage("b/wbmp.bmp", "not a JPEG, PNG or BMP image"));
    }

    @Test
    void everyCutAndFlippedByteOfAnImageIsReadOrAnIOException() throws IOException {
        Path file = folder.resolve("damaged");
        for (String format : List.of("png", "jpg", "bmp")) {
            byte[] whole = encoded(format, new BufferedImage(5, 4, BufferedImage.TYPE_3BYTE_BGR));
            for (int at = 0; at < whole.length; at++) {
                byte[] flipped = whole.clone();
                flipped[at] ^= (byte) 0xFF;
                for (byte[] bytes : List.of(Arrays.copyOf(whole, at), flipped)) {
                    Files.write(file, bytes);
                    try {
                        assertThat(ImageFile.read(file).height()).isPositive();
                    } catch (IOException e) {
                        assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
                    }
                }
            }
        }
    }

    @Test
    void everyImageOfAClassBrokenFailsNamingTheFirst() throws IOException {
        write("a/good.png", "png", 1);
        Files.createDirectories(folder.resolve("b"));
        Files.writeString(folder.resolve("b/1.png"), "x");
        Files.writeString(folder.resolve("b/2.png"), "x");
        assertFails("[" + folder
                + "] every image of class \"b\" is broken, the first: b/1.png (not a JPEG, PNG or BMP image)");
    }

    @Test
    void missingFolderFailsNamingIt() {
        Path missing = folder.resolve("nowhere");
        assertThatThrownBy(() -> ImageFolder.read(missing, 1))
                .isInstanceOf(DataException.class)
                .hasMessage("[" + missing + "] no such folder");
    }

    @Test
    void fileInsteadOfFolderFails() throws IOException {
        Path file = Files.writeString(folder.resolve("photo.txt"), "x");
        assertThatThrownBy(() -> ImageFolder.read(file, 1))
                .isInstanceOf(DataException.class)
                .hasMessage("[" + file + "] is a file, expected a folder with one sub-folder per class");
    }

    @Test
    void emptyFolderFails() {
        assertFails("[" + folder + "] the folder is empty, expected one sub-folder per class");
    }

    @Test
    void imagesWithoutClassFoldersFail() throws IOException {
        write("1.png", "png", 1);
        assertFails("[" + folder + "] has no sub-folders, expected one sub-folder of images per class");
    }

    @Test
    void singleClassFailsNamingIt() throws IOException {
        write("ok/1.png", "png", 1);
        assertFails("[" + folder + "] only one class, \"ok\", expected at least two");
    }

    @Test
    void classFoldersWithoutImagesFail() throws IOException {
        Files.createDirectories(folder.resolve("a"));
        Files.createDirectories(folder.resolve("b"));
        assertFails("[" + folder + "] no JPEG, PNG or BMP image below \"a\", \"b\"");
    }

    @Test
    void oneClassFolderWithoutImagesFailsNamingIt() throws IOException {
        write("a/1.png", "png", 1);
        Files.createDirectories(folder.resolve("b"));
        assertFails("[" + folder + "] class \"b\" has no JPEG, PNG or BMP image");
    }

    @Test
    void fileThatVanishesAfterwardsFailsNamingIt() throws IOException {
        write("a/1.png", "png", 1);
        write("b/1.png", "png", 1);
        ImageSource images = ImageFolder.read(folder, 1).train();
        Path gone = folder.resolve("a/1.png");
        Files.delete(gone);
        assertThatThrownBy(() -> images.image(0))
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith("[" + gone + "] can no longer be read: ");
    }

    private void assertFails(String message) {
        assertThatThrownBy(() -> ImageFolder.read(folder, 2)).isInstanceOf(DataException.class).hasMessage(message);
    }

    private void write(String name, String format, int grey) throws IOException {
        BufferedImage image = new BufferedImage(8, 6, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 6; y++) {
            for (int x = 0; x < 8; x++) {
                image.setRGB(x, y, grey * 0x010101);
            }
        }
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, encoded(format, image));
    }

    private static BufferedImage noise() {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
        SplitMix64 random = new SplitMix64(1, 1);
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                image.setRGB(x, y, random.below(1 << 24));
            }
        }
        return image;
    }

    private static byte[] encoded(String format, BufferedImage image) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, bytes)).isTrue();
        return bytes.toByteArray();
    }

    /// A PNG that ends after its header chunk.
    private static byte[] pngHeader(int width, int height) {
        ByteBuffer png = ByteBuffer.allocate(33);
        png.putLong(0x89504E470D0A1A0AL).putInt(13);
        png.put("IHDR".getBytes(StandardCharsets.US_ASCII)).putInt(width).putInt(height);
        png.put(new byte[]{8, 2, 0, 0, 0});
        CRC32 crc = new CRC32();
        crc.update(png.array(), 12, 17);
        return png.putInt((int) crc.getValue()).array();
    }

    private static List<String> names(ImageSource source) {
        return IntStream.range(0, source.size()).mapToObj(source::name).toList();
    }
}
