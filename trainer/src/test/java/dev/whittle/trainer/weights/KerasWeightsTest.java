package dev.whittle.trainer.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KerasWeightsTest {
    private static final Path KERAS =
            Path.of(System.getProperty("whittle.root", "..")).resolve("testdata").resolve("keras");

    @TempDir private Path folder;

    /// The network of `testdata/keras/make.py`.
    private static Network network(int filters) {
        return Network.create(NetworkSpec.chain(Shape.of(12, 10, 3),
                List.of(new Rescaling("rescaling", 1 / 255f, 0),
                        new Conv2D("conv_1", 4, 3, 2, 1, 1, Padding.VALID),
                        new ReLU("relu_1"), new MaxPool2D("pool", 2), new Conv2D("conv_2", filters, 3, Padding.VALID),
                        new ReLU("relu_2"), new Flatten("flatten"), new Dense("dense_1", 6), new ReLU("relu_3"),
                        new Dense("dense_2", 3), new Softmax("softmax")),
                List.of("a", "b", "c")), 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"small.npz", "small.weights.h5", "small.h5"})
    void networkWithKerasWeightsPredictsAsKeras(String file) throws IOException {
        Network network = network(5);
        KerasWeights.assign(WeightArrays.read(KERAS.resolve(file)), network);

        float[][] predicted = network.predict(floats("input.npy"));

        float[] expected = floats("output.npy");
        for (int i = 0; i < expected.length; i++) {
            assertThat(predicted[i / 3][i % 3]).isCloseTo(expected[i], within(1e-5f));
        }
        assertThat(predicted).hasDimensions(5, 3);
    }

    private static float[] floats(String file) throws IOException {
        NpyArray array = Npy.read(KERAS.resolve(file));
        float[] values = new float[array.shape().elementCount()];
        array.data().asFloatBuffer().get(values);
        return values;
    }

    @Test
    void everyFormNamesTheSameArrays() {
        List<WeightArray> npz = WeightArrays.read(KERAS.resolve("small.npz")).arrays();
        List<WeightArray> legacy = WeightArrays.read(KERAS.resolve("small.h5")).arrays();
        WeightArrays current = WeightArrays.read(KERAS.resolve("small.weights.h5"));

        assertThat(npz).hasSize(8).extracting(WeightArray::name).startsWith("arr_0", "arr_1");
        assertThat(legacy).extracting(WeightArray::name).containsExactly("conv2d/kernel", "conv2d/bias",
                "conv2d_1/kernel", "conv2d_1/bias", "dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias");
        for (int i = 0; i < npz.size(); i++) {
            assertThat(legacy.get(i).shape()).isEqualTo(npz.get(i).shape());
            assertThat(legacy.get(i).toFloats()).isEqualTo(npz.get(i).toFloats());
        }
        assertThat(current.find("layers/conv2d_1/vars/0").orElseThrow().toFloats()).isEqualTo(npz.get(2).toFloats());
        assertThat(current.find("layers/conv2d_2/vars/0")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"small.npz", "small.weights.h5"})
    void anotherShapeIsRefusedNamingTheLayer(String file) {
        Network network = network(7);
        float[] before = network.bias((Conv2D) network.layers().get(1));
        String array = file.endsWith(".npz") ? "arr_2" : "layers/conv2d_1/vars/0";

        assertThatThrownBy(() -> KerasWeights.assign(WeightArrays.read(KERAS.resolve(file)), network))
                .isInstanceOf(WeightsException.class)
                .hasMessage(
                        "[%s] layer \"conv_2\": kernel \"%s\" is [3, 3, 4, 5], expected [3, 3, 4, 7]".formatted(file,
                                array));
        assertThat(network.bias((Conv2D) network.layers().get(1))).isEqualTo(before);
    }

    @Test
    void tooFewAndTooManyArraysAreRefused() throws IOException {
        Network network = network(5);
        WeightArrays all = WeightArrays.read(KERAS.resolve("small.npz"));
        WeightArrays few = new WeightArrays("few.npz", all.arrays().subList(0, 6));
        assertThatThrownBy(() -> KerasWeights.assign(few, network))
                .hasMessage("[few.npz] layer \"dense_2\": no array left of 6");
        Path more = folder.resolve("more.npz");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(more))) {
            for (int i = 0; i < 9; i++) {
                WeightArray array = all.arrays().get(Math.min(i, 7));
                Path npy = folder.resolve("array.npy");
                Npy.write(npy, NpyArray.ofFloats(array.shape(), array.toFloats()));
                zip.putNextEntry(new ZipEntry("arr_" + i + ".npy"));
                zip.write(Files.readAllBytes(npy));
            }
        }
        assertThatThrownBy(() -> KerasWeights.assign(WeightArrays.read(more), network))
                .hasMessage("[more.npz] holds 9 arrays, the network takes 8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"small.npz", "small.weights.h5", "small.h5"})
    void damagedFilesGiveOneLine(String name) throws IOException {
        byte[] whole = Files.readAllBytes(KERAS.resolve(name));
        Path file = folder.resolve(name);
        for (int at = 0; at < whole.length; at += Math.max(1, whole.length / 150)) {
            byte[] flipped = whole.clone();
            flipped[at] ^= (byte) 0xff;
            assertReadOrRefused(file, flipped);
            assertReadOrRefused(file, Arrays.copyOf(whole, at));
        }
    }

    private static void assertReadOrRefused(Path file, byte[] content) throws IOException {
        Files.write(file, content);
        try {
            assertThat(WeightArrays.read(file).arrays()).isNotEmpty();
        } catch (WeightsException e) {
            assertThat(e.getMessage()).startsWith("[" + file.getFileName() + "] ").hasLineCount(1);
        }
    }

    @Test
    void missingAndForeignFilesAreNamed() {
        assertThatThrownBy(() -> WeightArrays.read(Path.of("missing.h5"))).hasMessage("[missing.h5] no such file");
        assertThatThrownBy(() -> WeightArrays.read(Path.of("missing.npz"))).hasMessage("[missing.npz] no such file");
        assertThatThrownBy(() -> WeightArrays.read(Path.of("model.txt")))
                .hasMessage("[model.txt] expected a .npz or .h5 file of weights");
    }
}
