package dev.whittle.trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AugmentationTest {
    private static final int IMAGES = 12;

    private static Fill fill(Fill.Mode mode) {
        return new Fill(mode, mode == Fill.Mode.CONSTANT ? 0.3f : 0);
    }

    private static List<RandomTransform> everyTransform(Fill fill) {
        return List.of(new RandomFlip("flip", true, true), new RandomRotation("rotation", 0.3f, fill),
                new RandomZoom("zoom", 0.6f, fill), new RandomTranslation("translation", 0.9f, 0.9f, fill));
    }

    private static Step step(int images) {
        Step step = new Step(images, true);
        step.begin(images);
        for (int image = 0; image < images; image++) {
            step.setImageKey(image, 1000L + image);
        }
        return step;
    }

    private static float[] noise(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = CounterRandom.uniform(3, i);
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource(Fill.Mode.class)
    void warpIsItsPlainDefinitionBitForBit(Fill.Mode mode) {
        for (Shape shape : List.of(Shape.of(19, 23, 3), Shape.of(23, 19, 1), Shape.of(9, 8, 2), Shape.of(1, 1, 3),
                Shape.of(2, 1, 4), Shape.of(1, 7, 3))) {
            for (boolean grey : new boolean[]{false, true}) {
                float[] x = noise(IMAGES * shape.elementCount());
                for (int i = 0; grey && i < x.length; i++) {
                    x[i] = x[i - i % shape.dimension(2)];
                }
                for (List<RandomTransform> transforms : List.of(everyTransform(fill(mode)),
                        everyTransform(fill(mode)).subList(0, 1), everyTransform(fill(mode)).subList(1, 2))) {
                    Warp.Resampling pass = (Warp.Resampling) new Warp(transforms, shape).pass(IMAGES);
                    float[] fast = new float[x.length];
                    float[] plain = new float[x.length];
                    pass.forward(step(IMAGES), x, fast);
                    pass.forwardPlainly(step(IMAGES), x, plain);
                    assertThat(fast).as("%s, grey %s", shape, grey).isEqualTo(plain);
                }
            }
        }
    }

    @Test
    void fillsAreKeras() {
        assertThat(line(Fill.REFLECT)).containsExactly(2, 3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0, 1);
        assertThat(line(Fill.constant(5)))
                .containsExactly(-1, -1, -1, -1, -1, -1, 0, 1, 2, 3, -1, -1, -1, -1, -1, -1);
        assertThat(line(Fill.NEAREST)).containsExactly(0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3, 3);
        assertThat(line(Fill.WRAP)).containsExactly(2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1);
    }

    private static int[] line(Fill fill) {
        return IntStream.range(-6, 10).map(i -> fill.source(i, 4)).toArray();
    }

    /// What each pixel of a row shows of a row whose values are its column numbers.
    private static float[] columns(RandomTransform transform, int width, int image) {
        float[] x = new float[width];
        for (int column = 0; column < width; column++) {
            x[column] = column;
        }
        float[] y = new float[width];
        Step step = new Step(1, true);
        step.begin(1);
        step.setImageKey(0, image);
        new Warp(List.of(transform), Shape.of(1, width, 1)).pass(1).forward(step, x, y);
        return y;
    }

    @Test
    void translationShiftsByAShareOfTheWidthToBothSides() {
        int toTheRight = 0;
        for (int image = 0; image < 50; image++) {
            float[] y = columns(new RandomTranslation("shift", 0, 0.25f, Fill.NEAREST), 40, image);
            float shift = 20 - y[20];
            assertThat(shift).isBetween(-10f, 10f);
            for (int column = 0; column < 40; column++) {
                assertThat(y[column]).isCloseTo(Math.clamp(column - shift, 0, 39), within(1e-4f));
            }
            toTheRight += shift > 0 ? 1 : 0;
        }
        assertThat(toTheRight).isBetween(15, 35);
    }

    @Test
    void zoomShowsASectionAboutTheCentre() {
        for (int image = 0; image < 50; image++) {
            float[] y = columns(new RandomZoom("zoom", 0.3f, Fill.NEAREST), 41, image);
            float zoom = y[21] - y[20];
            assertThat(zoom).isBetween(0.7f, 1.3f);
            for (int column = 0; column < 41; column++) {
                assertThat(y[column]).isCloseTo(Math.clamp(20 + zoom * (column - 20), 0, 40), within(1e-4f));
            }
        }
    }

    @Test
    void neighbouringTransformsAreOneWarpUnlessTheyFillDifferently() {
        RandomFlip flip = new RandomFlip("flip", true, false);
        RandomRotation rotation = new RandomRotation("rotation", 0.1f);
        RandomZoom zoom = new RandomZoom("zoom", 0.1f);
        RandomZoom other = new RandomZoom("other", 0.1f, Fill.WRAP);
        assertThat(Warp.canJoin(List.of(flip, rotation), zoom)).isTrue();
        assertThat(Warp.canJoin(List.of(other), flip)).isTrue();
        assertThat(Warp.canJoin(List.of(flip, other), zoom)).isFalse();
        assertThatThrownBy(() -> new Warp(List.of(zoom, other), Shape.of(2, 2, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("one warp cannot fill with all of");
    }

    @Test
    void anImageIsAugmentedAlikeInAnyBatch() {
        Shape shape = Shape.of(6, 7, 3);
        for (RandomAugmentation layer : List.of(new RandomRotation("rotation", 0.2f),
                new RandomContrast("contrast", 0.5f, 0, 1), new RandomBrightness("brightness", 0.5f, 0, 1),
                new GaussianNoise("noise", 0.1f), new Cutout("cutout", 0.5f, 0.5f))) {
            LayerRun many = new LayerRun(layer, shape, 3, 1);
            LayerRun one = new LayerRun(layer, shape, 1, 1);
            System.arraycopy(many.x, many.inputElements, one.x, 0, one.x.length);
            one.step.setImageKey(0, LayerRun.IMAGE_KEY + 1);
            assertThat(one.forward()).as(layer.name()).isEqualTo(
                    Arrays.copyOfRange(many.forward(), many.inputElements, 2 * many.inputElements));
            assertThat(one.forward()).as(layer.name()).isNotEqualTo(one.x);
        }
    }

    @Test
    void brightnessAddsOneNumberAndStaysInRange() {
        for (int image = 0; image < 20; image++) {
            LayerRun run = new LayerRun(new RandomBrightness("brightness", 0.3f, 0, 10), Shape.of(2, 2, 1), 1, 1);
            System.arraycopy(new float[]{5, 6, 0, 10}, 0, run.x, 0, 4);
            run.step.setImageKey(0, image);
            float[] y = run.forward();
            float shift = y[0] - 5;
            assertThat(shift).isBetween(-3f, 3f);
            assertThat(y).containsExactly(
                    new float[]{5 + shift, 6 + shift, Math.max(shift, 0), Math.min(10 + shift, 10)}, within(1e-5f));
        }
    }

    @Test
    void contrastStretchesEachChannelAboutItsMean() {
        LayerRun run = new LayerRun(new RandomContrast("contrast", 0.5f, -100, 8), Shape.of(1, 3, 2), 1, 1);
        System.arraycopy(new float[]{1, 20, 2, 5, 3, 5}, 0, run.x, 0, 6);
        float[] y = run.forward();
        float stretch = y[4] - 2;
        assertThat(stretch).isBetween(0.5f, 1.5f);
        assertThat(y).containsExactly(
                new float[]{2 - stretch, 8, 2, 10 - 5 * stretch, 2 + stretch, 10 - 5 * stretch}, within(1e-5f));
    }

    @Test
    void noiseHasTheMomentsOfANormalDistribution() {
        LayerRun run = new LayerRun(new GaussianNoise("noise", 2), Shape.of(500, 400, 1), 1, 1);
        Arrays.fill(run.x, 7);
        double sum = 0;
        double squares = 0;
        double fourth = 0;
        int beyondTwo = 0;
        for (float value : run.forward()) {
            double standard = (value - 7) / 2.0;
            sum += standard;
            squares += standard * standard;
            fourth += Math.pow(standard, 4);
            beyondTwo += Math.abs(standard) > 2 ? 1 : 0;
        }
        // Standard errors over 200 000 numbers: 0.0022, 0.0032, 0.022 and 0.00047.
        assertThat(sum / run.x.length).isCloseTo(0, within(0.009));
        assertThat(squares / run.x.length).isCloseTo(1, within(0.013));
        assertThat(fourth / run.x.length).isCloseTo(2.94, within(0.09));
        assertThat(beyondTwo / (double) run.x.length).isCloseTo(0.0455, within(0.003));
    }

    @Test
    void cutoutSetsASquareThatMayLiePartlyOutside() {
        boolean whole = false;
        boolean cut = false;
        for (int image = 0; image < 40; image++) {
            LayerRun run = new LayerRun(new Cutout("cutout", 0.5f, 9), Shape.of(8, 10, 2), 1, 1);
            run.step.setImageKey(0, image);
            float[] y = run.forward();
            int[] inside = IntStream.range(0, y.length).filter(i -> y[i] == 9).toArray();
            int rows = (int) Arrays.stream(inside).map(i -> i / 20).distinct().count();
            int columns = (int) Arrays.stream(inside).map(i -> i / 2 % 10).distinct().count();
            assertThat(inside).hasSize(rows * columns * 2);
            assertThat(rows).isBetween(2, 4);
            assertThat(columns).isBetween(2, 4);
            whole |= rows == 4 && columns == 4;
            cut |= rows < 4 || columns < 4;
        }
        assertThat(whole).isTrue();
        assertThat(cut).isTrue();
    }

    @Test
    void factorsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new RandomZoom("zoom", 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("layer \"zoom\": factor 1.0, must be at least 0 and below 1");
        assertThatThrownBy(() -> new RandomTranslation("shift", 0, -0.1f))
                .hasMessage("layer \"shift\": factors 0.0 and -0.1, must be 0 to 1");
        assertThatThrownBy(() -> new RandomContrast("contrast", 0.5f, 1, 1))
                .hasMessage(
                        "layer \"contrast\": factor 0.5 of values from 1.0 to 1.0, must be 0 to 1 of a finite range");
        assertThatThrownBy(() -> new GaussianNoise("noise", Float.NaN))
                .hasMessage("layer \"noise\": standard deviation NaN, must be 0 or more");
    }
}
