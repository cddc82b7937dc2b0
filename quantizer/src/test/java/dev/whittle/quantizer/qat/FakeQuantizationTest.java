package dev.whittle.quantizer.qat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.AveragePool2D;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.network.NetworkBuilder;
import dev.whittle.trainer.network.NetworkSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class FakeQuantizationTest {
    private static final NetworkSpec SPEC =
            NetworkSpec.imageClassifier(Shape.of(75, 75, 3), 75, true, 0.2f, List.of("a", "b"));

    @Test
    void rangesStandWhereTheInt8ModelHasRangesOfItsOwn() {
        assertThat(FakeQuantization.place(SPEC, 8).layers()).extracting(Layer::name).containsExactly("resizing",
                "rescaling",
                "random_flip", "random_rotation", "random_rotation/range", "conv_1", "relu_1", "relu_1/range",
                "max_pool_1", "conv_2", "relu_2", "relu_2/range", "max_pool_2", "conv_3", "relu_3", "relu_3/range",
                "max_pool_3", "flatten", "dropout", "dense_1", "relu_4", "relu_4/range", "dense_2", "dense_2/range",
                "softmax");
    }

    /// What an operator computes as well has no range of its own; what two layers take has one, which both take.
    @Test
    void rangesStandBehindNormalizationActivationAndAddition() {
        NetworkBuilder network = new NetworkBuilder(Shape.of(8, 8, 3)).add(new Rescaling("rescaling", 1 / 255f, 0))
                .add(new Conv2D("conv_1", 4, 3, Padding.SAME)).add(new BatchNorm("norm_1")).add(new ReLU("relu_1"));
        network.add(new DepthwiseConv2D("conv_2", 3, 1, Padding.SAME)).add(new BatchNorm("norm_2"));
        network.add(new Add("add"), "relu_1", "norm_2").add(new ReLU6("relu_2")).add(new AveragePool2D("pool", 8, 8))
                .add(new Flatten("flatten")).add(new Dense("logits", 2));

        NetworkSpec placed = FakeQuantization.place(network.build(List.of("a", "b")), 8);

        assertThat(placed.layers()).extracting(Layer::name).containsExactly("rescaling", "rescaling/range", "conv_1",
                "norm_1", "relu_1", "relu_1/range", "conv_2", "norm_2", "norm_2/range", "add", "relu_2",
                "relu_2/range", "pool", "flatten", "logits", "logits/range");
        assertThat(placed.nodes()).filteredOn(node -> node.name().equals("add"))
                .extracting(NetworkSpec.Node::inputs).containsExactly(List.of("relu_1/range", "norm_2/range"));
        assertThat(placed.nodes()).filteredOn(node -> node.layer() instanceof DepthwiseConv2D)
                .allMatch(node -> ((DepthwiseConv2D) node.layer()).kernelBits() == 8);
    }

    @Test
    void everyKernelIsFakeQuantized() {
        List<Layer> placed = FakeQuantization.place(SPEC, 8).layers();

        assertThat(placed).filteredOn(Conv2D.class::isInstance).hasSize(3)
                .allMatch(layer -> ((Conv2D) layer).kernelBits() == 8);
        assertThat(placed).filteredOn(Dense.class::isInstance).hasSize(2)
                .allMatch(layer -> ((Dense) layer).kernelBits() == 8);
    }

    @Test
    void freezingFreezesEveryRange() {
        assertThat(FakeQuantization.freeze(FakeQuantization.place(SPEC, 8).layers()))
                .filteredOn(FakeQuantize.class::isInstance)
                .hasSize(6).allMatch(layer -> ((FakeQuantize) layer).frozen());
    }

    @Test
    void aNetworkWithFakeQuantizationFailsNamingTheLayer() {
        assertThatThrownBy(() -> FakeQuantization.place(FakeQuantization.place(SPEC, 8), 8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("layer \"random_rotation/range\": the network has fake quantization already");
    }
}
