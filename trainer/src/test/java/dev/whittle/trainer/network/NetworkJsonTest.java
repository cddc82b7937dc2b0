package dev.whittle.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Concat;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Initializer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Reshape;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.SeparableConv2D;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Tanh;
import dev.whittle.trainer.layer.ZeroPadding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkJsonTest {

    /// Every kind of layer, with no hyperparameter at its default.
    static NetworkSpec everyLayer() {
        NetworkBuilder network = new NetworkBuilder(Shape.of(20, 24, 3));
        network.add(new Resizing("resizing", 16, 18)).add(new Rescaling("rescaling", 1 / 127.5f, -1))
                .add(new RandomFlip("flip", false, true)).add(new RandomRotation("rotation", 0.1f))
                .add(new ZeroPadding("padding", 1, 2, 3, 4))
                .add(new Conv2D("conv", 4, 3, 2, 2, 1, 1, 2, Padding.SAME, false, Initializer.HE_NORMAL, 8))
                .add(new BatchNorm("norm", 0.9f, 0.01f)).add(new ReLU6("relu6"));
        network.add(new DepthwiseConv2D("depthwise", 2, 3, 1, 1, 2, 1, 2, Padding.SAME, false, Initializer.HE_UNIFORM,
                8)).add(new HardSwish("swish"));
        network.add(new SeparableConv2D("separable", 8, 3, 1, Padding.SAME), "relu6").add(new LeakyReLU("leaky", 0.2f))
                .add(new Tanh("tanh"));
        network.add(new Add("add"), "swish", "tanh").add(new FakeQuantize("quantize", 0.9f, true));
        network.add(new MaxPool2D("max", 3, 2, 1, 2, Padding.SAME), "quantize").add(new ReLU("relu"))
                .add(new GlobalAveragePool("mean"));
        network.add(new AveragePool2D("average", 2, 3, 2, 1, Padding.SAME), "quantize").add(new Flatten("flatten"))
                .add(new Dropout("dropout", 0.25f))
                .add(new Dense("dense_1", 8, false, Initializer.GLOROT_NORMAL, 4)).add(new Sigmoid("sigmoid"));
        return network.add(new Concat("concat"), "mean", "sigmoid").add(new Reshape("reshape", Shape.of(4, 4, 1)))
                .add(new Flatten("flatten_2")).add(new Dense("dense_2", 2)).add(new Softmax("softmax"))
                .build(List.of("größer", "kleiner"));
    }

    @Test
    void aNetworkReadIsTheNetworkWritten(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("network.json");
        NetworkJson.write(everyLayer(), file);
        assertThat(NetworkJson.read(file)).isEqualTo(everyLayer());
        assertThat(NetworkJson.write(NetworkJson.read(file))).isEqualTo(Files.readString(file));
    }

    @Test
    void everyLayerSurvivesANetworkFile(@TempDir Path folder) throws IOException {
        Network network = Network.create(everyLayer(), 3);
        network.write(folder.resolve("network.whittle"));
        Network read = Network.read(folder.resolve("network.whittle"));
        assertThat(read.spec()).isEqualTo(network.spec());
        assertThat(read.parameters()).isEqualTo(network.parameters());
        assertThat(read.state()).isEqualTo(network.state());
    }

    @Test
    void whatHasADefaultMayBeLeftOut() {
        NetworkSpec read = NetworkJson.parse("""
                {"input": [8, 8, 3], "layers": [
                  {"type": "Conv2D", "name": "conv", "filters": 4, "kernel": 3},
                  {"type": "SeparableConv2D", "name": "sep", "filters": 4, "kernel": 3, "padding": "same"},
                  {"type": "Add", "name": "add", "inputs": ["sep", "conv"]},
                  {"type": "MaxPool2D", "name": "pool", "pool": [2, 3]},
                  {"type": "BatchNorm", "name": "norm"},
                  {"type": "LeakyReLU", "name": "leaky"}]}
                """);
        NetworkBuilder expected = new NetworkBuilder(Shape.of(8, 8, 3));
        expected.add(new Conv2D("conv", 4, 3, Padding.VALID)).add(new SeparableConv2D("sep", 4, 3, 1, Padding.SAME))
                .add(new Add("add"), "sep", "conv").add(new MaxPool2D("pool", 2, 3, 2, 3, Padding.VALID))
                .add(new BatchNorm("norm")).add(new LeakyReLU("leaky"));
        assertThat(read).isEqualTo(expected.build(List.of()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"type": "Conv2D", "name": "c", "kernel": 3}                   | layer "c": filters is missing
            {"type": "Conv2D", "name": "c", "filters": "4", "kernel": 3}   | layer "c": filters is "4", must be an integer
            {"type": "Conv2D", "name": "c", "filters": 4, "kernel": [3]}   | layer "c": kernel is [3], must be a number or two
            {"type": "Conv2D", "name": "c", "filters": 4, "kernel": 9}     | layer "c": input [4, 4, 1] is smaller than the window, must be at least 9 x 9
            {"type": "Dense", "name": "d", "units": 2, "unit": 3}          | layer "d": unknown field "unit", must be one of [type, name, inputs, units, useBias, initializer, fakeQuantizeKernel, kernelBits]
            {"type": "Dense", "name": "d", "units": 2}                     | layer "d": input [4, 4, 1], must be [feature]
            {"type": "Dens", "name": "d", "units": 2}                      | layer "d": type is "Dens", must be the name of a layer such as Conv2D
            {"type": "Flatten"}                                            | layer 1: name is missing
            {"type": "Flatten", "name": "f", "inputs": ["g"]}              | layer "f": takes "g", must be the name of a layer before it
            {"type": "Dropout", "name": "d", "rate": 1.5}                  | layer "d": rate 1.5, must be at least 0 and below 1
            {"type": "AveragePool2D", "name": "p", "pool": 2, "padding": 1} | layer "p": padding is 1, must be "same" or "valid"
            7                                                              | layer 1: found 7, must be an object
            """)
    void errorsNameLayerAndField(String layer, String message) {
        assertThatThrownBy(() -> NetworkJson.parse("{\"input\": [4, 4, 1], \"layers\": [" + layer + "]}"))
                .isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void aFileThatIsNoNetworkIsNamed(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("net.json"), "{\"layers\": []}");
        assertThatThrownBy(() -> NetworkJson.read(file)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("[net.json] network: input is missing");
        Files.writeString(file, "{");
        assertThatThrownBy(() -> NetworkJson.read(file)).hasMessageStartingWith("[net.json] not JSON: ");
    }
}
