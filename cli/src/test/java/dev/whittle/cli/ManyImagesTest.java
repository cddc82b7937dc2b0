package dev.whittle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Training on folders of many small images, one in fifty of them broken, in a JVM with a small heap.
class ManyImagesTest {
    private static final int SIDE = 24;
    private static final int BROKEN = 50;

    @TempDir private Path folder;

    @Test
    void aFolderWithBrokenImagesTrainsOnTheRestAndListsThemOnce() throws Exception {
        trainOn(2_000, 64);
    }

    @Test
    @Tag("long")
    void aHundredThousandImagesTrainInHalfAGigabyte() throws Exception {
        trainOn(100_000, 512);
    }

    private void trainOn(int images, int heapMegabytes) throws IOException, InterruptedException {
        Path photos = folder.resolve("photos");
        Files.createDirectories(photos.resolve("bright"));
        Files.createDirectories(photos.resolve("dark"));
        IntStream.range(0, images).parallel().forEach(i -> write(photos, i));
        Path err = folder.resolve("err.txt");

        int code = WhittleProcess.start(err, "-Xmx" + heapMegabytes + "m -Dwhittle.kernels=vector", "train", "--data",
                photos, "--size", SIDE, "--epochs", 1, "--threads", 2, "--out", folder.resolve("trained")).waitFor();

        List<String> lines = Files.readAllLines(err);
        assertThat(code).as(String.join("\n", lines)).isZero();
        assertThat(folder.resolve("trained/best.whittle")).isNotEmptyFile();
        List<String> listed = lines.stream().filter(line -> line.startsWith("left out: ")).toList();
        assertThat(listed).hasSize(images / BROKEN).doesNotHaveDuplicates()
                .contains("left out: dark/000049.png (not a JPEG, PNG or BMP image)");
        assertThat(lines).anyMatch(line -> line.startsWith("epoch 1/1 "));
    }

    /// Noise about a level that tells the classes apart.
    private static void write(Path photos, int i) {
        Path file = photos.resolve(i % 2 == 0 ? "bright" : "dark").resolve("%06d.png".formatted(i));
        try {
            if (i % BROKEN == BROKEN - 1) {
                Files.writeString(file, "cut off");
                return;
            }
            BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
            byte[] grey = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
            new Random(i).nextBytes(grey);
            for (int at = 0; at < grey.length; at++) {
                grey[at] = (byte) ((grey[at] & 0x7F) + (i % 2 == 0 ? 100 : 0));
            }
            ImageIO.write(image, "png", file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
