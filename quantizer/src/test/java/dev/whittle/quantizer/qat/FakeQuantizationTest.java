package dev.whittle.quantizer.qat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.FakeQuantize;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.network.NetworkSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class FakeQuantizationTest {
    private static final NetworkSpec SPEC =
            NetworkSpec.imageClassifier(Shape.of(75, 75, 3), 75, true, 0.2f, List.of("a", "b"));

    @Test
    void rangesStandWhereTheInt8ModelHasRangesOfItsOwn() {
        assertThat(FakeQuantization.place(SPEC).layers()).extracting(Layer::name).containsExactly("resizing",
                "rescaling",
                "random_flip", "random_rotation", "random_rotation/range", "conv_1", "relu_1", "relu_1/range",
                "max_pool_1", "conv_2", "relu_2", "relu_2/range", "max_pool_2", "conv_3", "relu_3", "relu_3/range",
                "max_pool_3", "flatten", "dropout", "dense_1", "relu_4", "relu_4/range", "dense_2", "dense_2/range",
                "softmax");
    }

    @Test
    void everyKernelIsFakeQuantized() {
        List<Layer> placed = FakeQuantization.place(SPEC).layers();

        assertThat(placed).filteredOn(Conv2D.class::isInstance).hasSize(3)
                .allMatch(layer -> ((Conv2D) layer).fakeQuantizeKernel());
        assertThat(placed).filteredOn(Dense.class::isInstance).hasSize(2)
                .allMatch(layer -> ((Dense) layer).fakeQuantizeKernel());
    }

    @Test
    void freezingFreezesEveryRange() {
        assertThat(FakeQuantization.freeze(FakeQuantization.place(SPEC).layers()))
                .filteredOn(FakeQuantize.class::isInstance)
                .hasSize(6).allMatch(layer -> ((FakeQuantize) layer).frozen());
    }

    @Test
    void aNetworkWithFakeQuantizationFailsNamingTheLayer() {
        assertThatThrownBy(() -> FakeQuantization.place(FakeQuantization.place(SPEC)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("layer \"random_rotation/range\": the network has fake quantization already");
    }
}
