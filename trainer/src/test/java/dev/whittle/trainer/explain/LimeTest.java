package dev.whittle.trainer.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.trainer.data.CastingGenerator;
import dev.whittle.trainer.data.PixelImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class LimeTest {
    private static final int SIZE = 64;
    private static final int PLANTED_Y = 40;
    private static final int PLANTED_X = 12;
    private static final int PLANTED_SIZE = 12;

    // Class 1 is as likely as the planted square is bright; a second square below speaks for class 0.
    private static final Scorer PLANTED = images -> {
        float[][] probabilities = new float[images.size()][];
        for (int i = 0; i < probabilities.length; i++) {
            float one = 0.3f + 0.6f * brightness(images.get(i), PLANTED_Y, PLANTED_X)
                    - 0.3f * brightness(images.get(i), PLANTED_X, PLANTED_Y);
            probabilities[i] = new float[]{1 - one, one};
        }
        return probabilities;
    };

    private final Lime lime = new Lime(30, 10, 400, 32, Lime.Hidden.GREY, 0.25, 1, 11);

    @Test
    void plantedRegionsAreFoundWithTheirSigns() {
        Explanation explanation = lime.explain(planted(), PLANTED, 1);
        Superpixels regions = explanation.superpixels();
        int bright = regions.label(PLANTED_Y + PLANTED_SIZE / 2, PLANTED_X + PLANTED_SIZE / 2);
        int opposing = regions.label(PLANTED_X + PLANTED_SIZE / 2, PLANTED_Y + PLANTED_SIZE / 2);
        assertThat(explanation.strongest().subList(0, 2)).containsExactly(bright, opposing);
        assertThat(explanation.weights().get(bright)).isPositive();
        assertThat(explanation.weights().get(opposing)).isNegative();
        assertThat(explanation.probability()).isEqualTo(PLANTED.probabilities(List.of(planted()))[0][1]);
    }

    @Test
    void linearModelIsFittedAlmostExactly() {
        assertThat(lime.explain(planted(), PLANTED, 1).rSquared()).isBetween(0.98, 1.0);
    }

    @Test
    void modelThatNeverChangesGetsZeroWeights() {
        Explanation explanation = lime.explain(
                planted(), images -> images.stream().map(image -> new float[]{0.25f, 0.75f}).toArray(float[][]::new),
                0);
        assertThat(explanation.weights()).allMatch(weight -> weight == 0);
        assertThat(explanation.intercept()).isEqualTo(0.25);
        assertThat(explanation.rSquared()).isZero();
    }

    @Test
    void sameSeedGivesTheSameWeightsAndTheSamePng() throws IOException {
        Explanation once = lime.explain(planted(), PLANTED, 1);
        Explanation again = lime.explain(planted(), PLANTED, 1);
        assertThat(again.weights()).isEqualTo(once.weights());
        assertThat(png(Overlay.draw(planted(), again, 300))).isEqualTo(png(Overlay.draw(planted(), once, 300)));
    }

    @Test
    void copiesComeInBatchesAndTheFirstIsTheImage() {
        lime.explain(
                planted(),
                images -> {
                    assertThat(images).hasSizeLessThanOrEqualTo(32);
                    return PLANTED.probabilities(images);
                },
                1);
        int[] calls = {0};
        lime.explain(
                planted(),
                images -> {
                    if (calls[0]++ == 0) {
                        assertThat(images.getFirst()).isEqualTo(planted());
                    }
                    return PLANTED.probabilities(images);
                },
                1);
        assertThat(calls[0]).isEqualTo((400 + 31) / 32);
    }

    @Test
    void overlayIsGreenForAndRedAgainst() {
        Explanation explanation = lime.explain(planted(), PLANTED, 1);
        BufferedImage overlay = Overlay.draw(planted(), explanation, 256);
        assertThat(overlay.getWidth()).isEqualTo(256);
        int scale = 256 / SIZE;
        int positive = overlay.getRGB((PLANTED_X + 6) * scale, (PLANTED_Y + 6) * scale);
        int negative = overlay.getRGB((PLANTED_Y + 6) * scale, (PLANTED_X + 6) * scale);
        assertThat(positive >> 8 & 0xFF).as(hex(positive)).isGreaterThan(positive >> 16 & 0xFF);
        assertThat(negative >> 16 & 0xFF).as(hex(negative)).isGreaterThan(negative >> 8 & 0xFF);
    }

    @Test
    void superpixelsAreConnectedAndCoverTheImage() {
        PixelImage image = new CastingGenerator(3, 0, 1, 150).image(0);
        Superpixels regions = Superpixels.of(image, 60, 10);
        assertThat(regions.count()).isBetween(30, 120);
        boolean[] seen = new boolean[regions.count()];
        for (int y = 0; y < 150; y++) {
            for (int x = 0; x < 150; x++) {
                seen[regions.label(y, x)] = true;
            }
        }
        assertThat(seen).doesNotContain(false);
    }

    @Test
    void tinyImageIsOneOrFewSuperpixels() {
        PixelImage image = PixelImage.of(1, 2, new byte[6]);
        assertThat(Superpixels.of(image, 100, 10).count()).isBetween(1, 2);
    }

    @Test
    void selectionPutsSureMistakesFirstThenTheLeastCertain() {
        float[][] probabilities = {{0.9f, 0.1f}, {0.55f, 0.45f}, {0.2f, 0.8f}, {0.4f, 0.6f}, {0.05f, 0.95f}};
        int[] actual = {0, 0, 0, 0, 1};
        assertThat(Selection.of(actual, probabilities, 4)).containsExactly(2, 3, 1, 0);
        assertThat(Selection.of(actual, probabilities, 9)).containsExactly(2, 3, 1, 0, 4);
    }

    private static PixelImage planted() {
        byte[] rgb = new byte[SIZE * SIZE * PixelImage.CHANNELS];
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                boolean bright = inside(y, x, PLANTED_Y, PLANTED_X) || inside(y, x, PLANTED_X, PLANTED_Y);
                for (int c = 0; c < PixelImage.CHANNELS; c++) {
                    rgb[(y * SIZE + x) * PixelImage.CHANNELS + c] = (byte) (bright ? 250 : 60 + (x + y) % 5);
                }
            }
        }
        return PixelImage.of(SIZE, SIZE, rgb);
    }

    private static boolean inside(int y, int x, int top, int left) {
        return y >= top && y < top + PLANTED_SIZE && x >= left && x < left + PLANTED_SIZE;
    }

    private static float brightness(PixelImage image, int top, int left) {
        int sum = 0;
        for (int y = top; y < top + PLANTED_SIZE; y++) {
            for (int x = left; x < left + PLANTED_SIZE; x++) {
                sum += image.sample(y, x, 0);
            }
        }
        return sum / (255f * PLANTED_SIZE * PLANTED_SIZE);
    }

    private static String hex(int rgb) {
        return String.format(Locale.ROOT, "colour %06x", rgb & 0xFFFFFF);
    }

    private static byte[] png(BufferedImage image) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }
}
