package dev.whittle.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PixelImageTest {
    @Test
    void greySamplesAreKeptAsTheyAreStored() {
        BufferedImage grey = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
        BufferedImage deep = new BufferedImage(256, 1, BufferedImage.TYPE_USHORT_GRAY);
        for (int i = 0; i < 256; i++) {
            grey.getRaster().setSample(i, 0, 0, i);
            deep.getRaster().setSample(i, 0, 0, i << 8 | 0x7F);
        }
        for (BufferedImage image : List.of(grey, deep)) {
            PixelImage pixels = PixelImage.of(image);
            for (int i = 0; i < 256; i++) {
                for (int c = 0; c < PixelImage.CHANNELS; c++) {
                    assertThat(pixels.sample(0, i, c)).isEqualTo(i);
                }
            }
        }
    }

    @Test
    void everyColourLayoutGivesTheSameSamples() {
        for (int type : new int[]{
            BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_INT_BGR,
            BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_4BYTE_ABGR}) {
            BufferedImage image = new BufferedImage(2, 2, type);
            image.setRGB(0, 0, 0xFF112233);
            image.setRGB(1, 0, 0xFFFFFFFF);
            image.setRGB(0, 1, 0xFF80FF01);
            image.setRGB(1, 1, 0xFF000000);
            assertThat(PixelImage.of(image).toFloats())
                    .as("type %d", type)
                    .containsExactly(0x11, 0x22, 0x33, 255, 255, 255, 0x80, 255, 1, 0, 0, 0);
        }
    }

    @Test
    void javaImageAndBackIsTheSame() {
        PixelImage image = new CastingGenerator(1, 0, 1, 33).image(0);
        assertThat(PixelImage.of(image.toBufferedImage())).isEqualTo(image);
    }

    @Test
    void bytesThatDoNotFitTheSizeAreRefused() {
        assertThatThrownBy(() -> PixelImage.of(2, 3, new byte[17]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an image of 2 x 3 pixels cannot hold 17 bytes, expected height * width * 3");
    }

    @Test
    void resultsArriveInOrderWhateverThreadWasFaster() {
        List<Integer> arrived = new ArrayList<>();
        new ParallelLoader(3).run(200, i -> i * i, (i, square) -> {
            assertThat(square).isEqualTo(i * i);
            arrived.add(i);
        });
        assertThat(arrived).isEqualTo(IntStream.range(0, 200).boxed().toList());
    }

    @Test
    void exceptionOfTheWorkReachesTheCaller() {
        assertThatThrownBy(() -> new ParallelLoader(2).run(
                9,
                i -> {
                    if (i == 5) {
                        throw new DataException("image 5");
                    }
                    return i;
                },
                (i, result) -> assertThat(i).isLessThan(5)))
                .isInstanceOf(DataException.class)
                .hasMessage("image 5");
    }
}
