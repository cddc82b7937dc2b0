package dev.whittle.quantizer.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.trainer.data.CastingGenerator;
import dev.whittle.trainer.data.ImageSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepresentativeImagesTest {
    private static final ImageSource IMAGES = new CastingGenerator(1, 0, 10, 24);
    private static final Range SAMPLES = new Range(0, 255);

    private static List<List<float[]>> list(RepresentativeImages images) {
        List<List<float[]>> list = new ArrayList<>();
        images.forEach(list::add);
        return list;
    }

    @Test
    void imagesAreSpreadEvenlyOverTheSource() {
        List<List<float[]>> samples = list(new RepresentativeImages(IMAGES, 3, Shape.of(1, 24, 24, 3), SAMPLES));

        assertThat(samples).hasSize(3);
        assertThat(samples.get(0).getFirst()).isEqualTo(IMAGES.image(0).toFloats());
        assertThat(samples.get(1).getFirst()).isEqualTo(IMAGES.image(3).toFloats());
        assertThat(samples.get(2).getFirst()).isEqualTo(IMAGES.image(6).toFloats());
    }

    @Test
    void fewerImagesThanAskedForAreAllTaken() {
        assertThat(list(new RepresentativeImages(IMAGES, 99, Shape.of(1, 24, 24, 3), SAMPLES))).hasSize(10);
    }

    @Test
    void imagesAreResizedAndScaledToTheModelsInput() {
        float[] sample = list(new RepresentativeImages(IMAGES, 1, Shape.of(1, 12, 8, 3), new Range(-1, 1))).getFirst()
                .getFirst();

        assertThat(sample).hasSize(12 * 8 * 3);
        assertThat(Range.of(sample).minimum()).isGreaterThanOrEqualTo(-1);
        assertThat(Range.of(sample).maximum()).isCloseTo(0, within(1f));
    }

    @Test
    void aModelThatTakesNoImageFails() {
        assertThatThrownBy(() -> new RepresentativeImages(IMAGES, 1, Shape.of(1, 24, 24, 1), SAMPLES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the model takes [1, 24, 24, 1], images are [1, height, width, 3]");
    }
}
