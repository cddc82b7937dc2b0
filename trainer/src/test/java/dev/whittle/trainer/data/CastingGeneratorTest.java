package dev.whittle.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CastingGeneratorTest {
    private static final int SIDE = 75;
    private static final int TRAIN = 1000;
    private static final int TEST = 400;

    @Test
    void imageDependsOnSeedAndNumberAlone() {
        CastingGenerator all = new CastingGenerator(5, 0, 40, 64);
        CastingGenerator tail = new CastingGenerator(5, 30, 10, 64);
        List<PixelImage> onThreads = new ParallelLoader(3).load(all, image -> image);
        for (int i = 0; i < 10; i++) {
            assertThat(tail.image(i)).isEqualTo(onThreads.get(30 + i));
            assertThat(tail.name(i)).isEqualTo(all.name(30 + i));
        }
        assertThat(new CastingGenerator(6, 0, 1, 64).image(0)).isNotEqualTo(all.image(0));
    }

    @Test
    void halfAreDefectiveWithOneOrTwoDefectsOfEveryKind() {
        CastingGenerator castings = new CastingGenerator(1, 0, 400, 64);
        assertThat(castings.classNames()).containsExactly("def_front", "ok_front");
        assertThat(castings.classCounts()).containsExactly(200, 200);
        Set<Defect> kinds = new HashSet<>();
        for (int i = 0; i < castings.size(); i++) {
            List<Defect> defects = castings.defects(i);
            if (castings.label(i) == 1) {
                assertThat(defects).isEmpty();
            } else {
                assertThat(defects).hasSizeBetween(1, 2).doesNotHaveDuplicates();
            }
            kinds.addAll(defects);
        }
        assertThat(kinds).containsExactlyInAnyOrder(Defect.values());
    }

    /// Logistic regression on 75 × 75 standardised grey pixels, by 2,000 steps of gradient descent. The weights
    /// are a sum of training images, so the descent runs on their inner products.
    @Test
    void linearModelOnThePixelsStaysBelowFourFifths() {
        CastingGenerator castings = new CastingGenerator(7, 0, TRAIN + TEST, CastingGenerator.DEFAULT_SIZE);
        List<float[]> pixels = new ParallelLoader(2).load(castings, CastingGeneratorTest::grey);
        standardise(pixels);
        List<float[]> products = new ArrayList<>();
        new ParallelLoader(2).run(TRAIN + TEST, i -> products(pixels, i), (i, row) -> products.add(row));

        double[] sum = new double[TRAIN];
        double[] momentum = new double[TRAIN];
        double bias = 0;
        for (int step = 0; step < 2000; step++) {
            double biasGradient = 0;
            double[] error = new double[TRAIN];
            for (int i = 0; i < TRAIN; i++) {
                error[i] = 1 / (1 + Math.exp(-score(products.get(i), sum, bias))) - castings.label(i);
                biasGradient += error[i] / TRAIN;
            }
            for (int i = 0; i < TRAIN; i++) {
                momentum[i] = 0.9 * momentum[i] - 1e-3 * error[i] / TRAIN;
                sum[i] += momentum[i];
            }
            bias -= 1e-2 * biasGradient;
        }
        int right = 0;
        for (int i = TRAIN; i < TRAIN + TEST; i++) {
            right += (score(products.get(i), sum, bias) > 0 ? 1 : 0) == castings.label(i) ? 1 : 0;
        }
        assertThat((double) right / TEST).isLessThan(0.8);
    }

    @Test
    void contactSheetHasARowPerClassAndLeavesNoTemporaryFile(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("sheet.png");
        ContactSheet.write(new CastingGenerator(2, 0, 12, 64), 4, 96, file);
        assertThat(ImageIO.read(file.toFile()).getWidth()).isEqualTo(8 + 4 * (96 + 8));
        assertThat(ImageIO.read(file.toFile()).getHeight()).isEqualTo(8 + 2 * (30 + 96 + 8));
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    /// Bilinear samples at the centres of 75 × 75 cells.
    private static float[] grey(PixelImage image) {
        float[] grey = new float[SIDE * SIDE];
        double step = (double) image.height() / SIDE;
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                double sourceY = (y + 0.5) * step - 0.5;
                double sourceX = (x + 0.5) * step - 0.5;
                int top = (int) sourceY;
                int left = (int) sourceX;
                double down = sourceY - top;
                double right = sourceX - left;
                grey[y * SIDE + x] = (float) ((1 - down)
                        * ((1 - right) * image.sample(top, left, 0) + right * image.sample(top, left + 1, 0))
                        + down * ((1 - right) * image.sample(top + 1, left, 0)
                                + right * image.sample(top + 1, left + 1, 0)));
            }
        }
        return grey;
    }

    private static void standardise(List<float[]> pixels) {
        for (int p = 0; p < SIDE * SIDE; p++) {
            double mean = 0;
            double square = 0;
            for (int i = 0; i < TRAIN; i++) {
                mean += pixels.get(i)[p] / TRAIN;
            }
            for (int i = 0; i < TRAIN; i++) {
                double difference = pixels.get(i)[p] - mean;
                square += difference * difference / TRAIN;
            }
            for (float[] image : pixels) {
                image[p] = (float) ((image[p] - mean) / Math.sqrt(square));
            }
        }
    }

    private static float[] products(List<float[]> pixels, int i) {
        float[] row = new float[TRAIN];
        float[] image = pixels.get(i);
        for (int j = 0; j < TRAIN; j++) {
            float[] other = pixels.get(j);
            float even = 0;
            float odd = 0;
            for (int p = 0; p + 1 < image.length; p += 2) {
                even += image[p] * other[p];
                odd += image[p + 1] * other[p + 1];
            }
            row[j] = even + odd;
        }
        return row;
    }

    private static double score(float[] products, double[] sum, double bias) {
        double score = bias;
        for (int j = 0; j < TRAIN; j++) {
            score += products[j] * sum[j];
        }
        return score;
    }
}
