package dev.whittle.trainer.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.Reshape;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassifierHeadTest {
    private static final List<String> THREE = List.of("a", "b", "c");

    private static Network network(List<String> labels, Layer... end) {
        List<Layer> layers = new ArrayList<>(List.of(new Flatten("flatten"), new Dense("dense_1", 5),
                new ReLU("relu")));
        layers.addAll(List.of(end));
        return Network.create(NetworkSpec.chain(Shape.of(2, 2, 3), layers, labels), 1);
    }

    @Test
    void onlyTheHeadIsFresh() {
        Network network = network(List.of(), new Dense("dense_2", 10), new Softmax("probabilities"));
        Network other = ClassifierHead.replace(network, THREE, 2);

        assertThat(other.labels()).isEqualTo(THREE);
        assertThat(other.layers()).extracting(Layer::name).containsExactly("flatten", "dense_1", "relu", "dense_2",
                "dense_2/softmax");
        assertThat(other.outputShape(4)).isEqualTo(Shape.of(3));
        assertThat(other.values("dense_1", "kernel")).isEqualTo(network.values("dense_1", "kernel"));
        assertThat(ClassifierHead.replace(network, THREE, 2).values("dense_2", "kernel"))
                .isEqualTo(other.values("dense_2", "kernel"));
        assertThat(ClassifierHead.replace(network, THREE, 3).values("dense_2", "kernel"))
                .isNotEqualTo(other.values("dense_2", "kernel"));
    }

    @Test
    void aHeadForAsManyClassesStaysUnlessTheyAreOthers() {
        Network unlabelled = network(List.of(), new Dense("dense_2", 3), new Softmax("softmax"));
        assertThat(ClassifierHead.replace(unlabelled, THREE, 2).values("dense_2", "kernel"))
                .isEqualTo(unlabelled.values("dense_2", "kernel"));
        Network labelled = network(List.of("b", "a", "c"), new Dense("dense_2", 3), new Softmax("softmax"));
        assertThat(ClassifierHead.replace(labelled, THREE, 2).values("dense_2", "kernel"))
                .isNotEqualTo(labelled.values("dense_2", "kernel"));
        Network single = network(List.of(), new Dense("dense_2", 1), new Sigmoid("sigmoid"));
        assertThat(ClassifierHead.replace(single, List.of("a", "b"), 2).layers()).isEqualTo(single.layers());
        assertThat(ClassifierHead.replace(single, THREE, 2).layers().getLast()).isInstanceOf(Softmax.class);
    }

    @Test
    void scoresWithoutASoftmaxGetOne() {
        Network network = network(List.of(), new Dense("dense_2", 3));
        assertThat(ClassifierHead.replace(network, THREE, 2).layers().getLast())
                .isEqualTo(new Softmax("dense_2/softmax"));
    }

    @Test
    void aConvolutionOfOnePixelIsAHead() {
        Network network = network(List.of(), new Reshape("pixel", Shape.of(1, 1, 5)),
                new Conv2D("conv", 10, 1, Padding.SAME), new Reshape("reshape", Shape.of(10)), new Softmax("softmax"));
        Network other = ClassifierHead.replace(network, THREE, 2);

        assertThat(other.layers()).extracting(Layer::name).endsWith("pixel", "conv", "conv/flatten", "conv/softmax");
        assertThat(other.predict(new float[12])[0]).hasSize(3);
    }

    @Test
    void anotherEndIsRefused() {
        Network network = network(List.of(), new Reshape("square", Shape.of(1, 5, 1)));
        assertThatThrownBy(() -> ClassifierHead.replace(network, THREE, 2)).hasMessage(
                "layer \"relu\": a ReLU gives the outputs, expected a Dense or a Conv2D of one pixel before a Softmax");
        assertThatThrownBy(() -> ClassifierHead.replace(network, List.of("a"), 2))
                .hasMessage("1 classes, expected 2 or more");
    }
}
