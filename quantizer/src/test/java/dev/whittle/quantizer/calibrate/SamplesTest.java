package dev.whittle.quantizer.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.trainer.data.CastingGenerator;
import dev.whittle.trainer.data.ImageSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SamplesTest {
    private static Model model(int inputs) {
        SubgraphBuilder builder = new SubgraphBuilder();
        Shape shape = Shape.of(-1, 3);
        int sum = builder.input("input_0", shape);
        for (int input = 1; input < inputs; input++) {
            sum = builder.operator(new Options.Add(Activation.NONE), "sum_" + input, shape, sum,
                    builder.input("input_" + input, shape));
        }
        return new Model("m.tflite", Model.SCHEMA_VERSION, "", List.of(builder.build("main", sum)), List.of(),
                List.of());
    }

    private static List<List<float[]>> list(RepresentativeSet set) {
        List<List<float[]>> list = new ArrayList<>();
        set.samples().forEach(list::add);
        return list;
    }

    private static void write(Path file, Shape shape, float... values) throws IOException {
        Npy.write(file, NpyArray.ofFloats(shape, values));
    }

    @Test
    void anArrayHoldsSamplesAlongItsFirstDimension(@TempDir Path folder) throws IOException {
        write(folder.resolve("a.npy"), Shape.of(2, 3), 1, 2, 3, 4, 5, 6);

        RepresentativeSet set = ArraySamples.read(folder.resolve("a.npy"), model(1));

        assertThat(set.size()).isEqualTo(2);
        assertThat(set.source()).isEqualTo("2 samples of a.npy");
        assertThat(list(set)).usingRecursiveComparison().isEqualTo(
                List.of(List.of(new float[]{1, 2, 3}), List.of(new float[]{4, 5, 6})));
        assertThat(set.hashes()).hasSize(1).first().asString().hasSize(64);
    }

    @Test
    void aFolderHoldsSamplesInTheOrderOfItsNames(@TempDir Path folder) throws IOException {
        write(folder.resolve("b.npy"), Shape.of(3), 7, 8, 9);
        write(folder.resolve("a.npy"), Shape.of(2, 3), 1, 2, 3, 4, 5, 6);

        RepresentativeSet set = ArraySamples.read(folder, model(1));

        assertThat(list(set)).extracting(sample -> sample.getFirst()[0]).containsExactly(1f, 4f, 7f);
        assertThat(set.hashes()).hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    void filesOfSeveralInputsEndInTheInputsNumber(@TempDir Path folder) throws IOException {
        for (int sample = 0; sample < 2; sample++) {
            write(folder.resolve("in_" + sample + "_0.npy"), Shape.of(1, 3), sample, 0, 0);
            write(folder.resolve("in_" + sample + "_1.npy"), Shape.of(1, 3), 10 + sample, 0, 0);
        }

        assertThat(list(ArraySamples.read(folder, model(2)))).usingRecursiveComparison().isEqualTo(List.of(
                List.of(new float[]{0, 0, 0}, new float[]{10, 0, 0}),
                List.of(new float[]{1, 0, 0}, new float[]{11, 0, 0})));
    }

    @Test
    void arraysThatDoNotFitFailNamingTheFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a_0.npy");
        write(file, Shape.of(2, 4), new float[8]);
        assertThatThrownBy(() -> ArraySamples.read(file, model(1))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("[a_0.npy] holds FLOAT32 [2, 4], expected FLOAT32, FLOAT64 or UINT8 [1, 3] or more along "
                        + "the first dimension");

        write(file, Shape.of(2, 3), new float[6]);
        assertThatThrownBy(() -> ArraySamples.read(folder, model(2))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("[" + folder + "] holds [2, 0] samples for the inputs, expected as many for each "
                        + "(a file's name ends in its input's number, as in in_0_1.npy)");
    }

    @Test
    void randomSamplesAreAFunctionOfTheSeed() {
        RandomSamples.Distribution normal = RandomSamples.Distribution.of("normal:5:2");

        RepresentativeSet set = RandomSamples.of(model(2), normal, 2000, 3);

        assertThat(RandomSamples.of(model(2), normal, 2000, 3).hashes()).isEqualTo(set.hashes());
        assertThat(RandomSamples.of(model(2), normal, 2000, 4).hashes()).isNotEqualTo(set.hashes());
        assertThat(set.hashes()).doesNotHaveDuplicates();
        double sum = 0;
        double squares = 0;
        for (List<float[]> sample : set.samples()) {
            assertThat(sample).hasSize(2);
            sum += sample.get(1)[2];
            squares += sample.get(1)[2] * sample.get(1)[2];
        }
        assertThat(sum / 2000).isCloseTo(5, within(0.2));
        assertThat(Math.sqrt(squares / 2000 - 25)).isCloseTo(2, within(0.6));
    }

    @Test
    void uniformSamplesFillTheirRange() {
        Range range = new Range(Float.MAX_VALUE, Float.MAX_VALUE);
        for (List<float[]> sample : RandomSamples.of(model(1), RandomSamples.Distribution.of("uniform:-1:3"), 500, 1)
                .samples()) {
            Range seen = Range.of(sample.getFirst());
            range = range.minimum() == Float.MAX_VALUE ? seen : range.union(seen);
        }

        assertThat(range.minimum()).isBetween(-1f, -0.9f);
        assertThat(range.maximum()).isBetween(2.9f, 3f);
    }

    @Test
    void whatIsNoDistributionFails() {
        assertThatThrownBy(() -> RandomSamples.Distribution.of("gamma:1:2"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("distribution \"gamma:1:2\", expected uniform:LOW:HIGH or normal:MEAN:DEVIATION");
    }

    @Test
    void imagesAreKnownByWhatTheyHold() {
        ImageSource images = new CastingGenerator(1, 0, 10, 24);

        RepresentativeSet set = RepresentativeSet.ofImages("castings", images, 5, List.of());

        assertThat(set.source()).isEqualTo("5 of 10 images of castings");
        assertThat(set.hashes()).hasSize(5).doesNotHaveDuplicates();
        assertThat(set.hashes().get(1)).isEqualTo(RepresentativeSet.hash(images.image(2).toFloats()));
    }
}
