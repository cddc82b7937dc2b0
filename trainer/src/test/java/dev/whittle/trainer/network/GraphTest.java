package dev.whittle.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Concat;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Dropout;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.SeparableConv2D;
import dev.whittle.trainer.layer.Sigmoid;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.layer.Tanh;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GraphTest {
    private static final List<String> LABELS = List.of("a", "b", "c");
    private static final int IMAGES = 19;

    /// Two branches that are added, one value that three layers take, with normalization in between.
    private static NetworkSpec residual() {
        NetworkBuilder network = new NetworkBuilder(Shape.of(6, 5, 2));
        network.add(new Rescaling("rescaling", 0.5f, -0.1f)).add(new Conv2D("conv_1", 4, 3, Padding.SAME).withoutBias())
                .add(new BatchNorm("norm_1")).add(new Tanh("tanh_1"));
        network.add(new Conv2D("conv_2", 4, 3, Padding.SAME), "tanh_1").add(new BatchNorm("norm_2"));
        network.add(new DepthwiseConv2D("conv_3", 3, 1, Padding.SAME), "tanh_1").add(new Sigmoid("sigmoid"));
        network.add(new Add("add"), "tanh_1", "norm_2", "sigmoid");
        return network.add(new BatchNorm("norm_3")).add(new GlobalAveragePool("pool")).add(new Dense("logits", 3))
                .add(new Softmax("softmax")).build(LABELS);
    }

    /// Layers in place where others look on: a dropout on a value that is taken twice, and on one whose layer needs it.
    private static NetworkSpec branches() {
        NetworkBuilder network = new NetworkBuilder(Shape.of(6, 5, 2));
        network.add(new SeparableConv2D("conv_1", 5, 3, 1, Padding.SAME)).add(new Sigmoid("sigmoid"))
                .add(new Dropout("dropout_1", 0.3f));
        network.add(new Tanh("tanh_1"), "conv_1");
        network.add(new Concat("concat"), "dropout_1", "tanh_1", "conv_1");
        network.add(new Dropout("dropout_2", 0.3f), "concat").add(new Flatten("flatten_1"))
                .add(new Dense("dense_1", 4));
        network.add(new Flatten("flatten_2"), "concat").add(new Tanh("tanh")).add(new Dense("dense_2", 4));
        return network.add(new Add("add"), "dense_1", "dense_2").add(new Dense("logits", 3))
                .add(new Softmax("softmax")).build(LABELS);
    }

    /// A chain that ends in no softmax.
    private static NetworkSpec regression() {
        return NetworkSpec.chain(Shape.of(6, 5, 2), List.of(new Flatten("flatten"), new BatchNorm("norm_1"),
                new Dense("dense_1", 6), new BatchNorm("norm_2"), new Tanh("tanh"), new Dense("dense_2", 60)),
                List.of());
    }

    static Stream<NetworkSpec> specs() {
        return Stream.of(residual(), branches(), regression());
    }

    private static Examples examples(NetworkSpec spec) {
        SplittableRandom random = new SplittableRandom(3);
        List<float[]> inputs = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            float[] input = new float[spec.inputShape().elementCount()];
            for (int at = 0; at < input.length; at++) {
                input[at] = (float) random.nextDouble(-2, 2);
            }
            inputs.add(input);
        }
        return spec.labels().isEmpty()
                ? Examples.ofInputs(inputs)
                : Examples.ofClasses(inputs, IntStream.range(0, IMAGES).map(i -> i % 3).toArray());
    }

    private static BatchGradient compute(Network network, TrainingSettings settings, Workers workers) {
        BatchGradient gradient =
                new BatchGradient(network, Objective.of(network, settings), settings, IMAGES, workers);
        gradient.refresh();
        gradient.compute(examples(network.spec()).of(network), IntStream.range(0, IMAGES).toArray(), 0, IMAGES, 5);
        return gradient;
    }

    /// Batches of 19 in eight chunks: statistics and gradients are those of the whole batch.
    @ParameterizedTest
    @MethodSource("specs")
    void gradientOfAWholeBatchMatchesFiniteDifferences(NetworkSpec spec) {
        Network network = Network.create(spec, 2);
        TrainingSettings settings = TrainingSettings.ofEpochs(1);
        float[] gradient = new float[network.parameterCount()];
        float distance = 0x1p-7f;
        try (Workers workers = new Workers(2)) {
            compute(network, settings, workers).add(0, gradient.length, gradient);
            for (int i = 0; i < gradient.length; i += 1 + i / 40) {
                float value = network.parameters()[i];
                network.parameters()[i] = value + distance;
                double above = compute(network, settings, workers).loss() / IMAGES;
                network.parameters()[i] = value - distance;
                double below = compute(network, settings, workers).loss() / IMAGES;
                network.parameters()[i] = value;
                assertThat((double) gradient[i]).as("parameter %d", i).isCloseTo((above - below) / (2 * distance),
                        within(1e-4));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void gradientsAndStatisticsDoNotDependOnTheThreads(NetworkSpec spec) {
        float[] expected = null;
        float[] expectedState = null;
        for (int threads : new int[]{1, 2, 5}) {
            Network network = Network.create(spec, 2);
            float[] gradient = new float[network.parameterCount()];
            try (Workers workers = new Workers(threads)) {
                compute(network, TrainingSettings.ofEpochs(1).withMixup(0.4f), workers).add(0, gradient.length,
                        gradient);
            }
            if (expected != null) {
                assertThat(gradient).isEqualTo(expected);
                assertThat(network.state()).isEqualTo(expectedState);
            }
            expected = gradient;
            expectedState = network.state();
        }
        assertThat(expected).isNotNull();
    }

    /// By hand: the momentum is 0.5, the batch's mean and variance over all images those of 0, 1, …, 18.
    @Test
    void movingAveragesFollowTheWholeBatch() {
        Network network = Network.create(NetworkSpec.chain(Shape.of(1),
                List.of(new BatchNorm("norm", 0.5f, 1e-3f), new Dense("dense", 1)), List.of()), 1);
        TrainingSettings settings = TrainingSettings.ofEpochs(1);
        List<float[]> inputs = IntStream.range(0, IMAGES).mapToObj(i -> new float[]{i}).toList();
        try (Workers workers = new Workers(2)) {
            BatchGradient gradient =
                    new BatchGradient(network, Objective.of(network, settings), settings, IMAGES, workers);
            gradient.refresh();
            gradient.compute(Examples.ofInputs(inputs).of(network), IntStream.range(0, IMAGES).toArray(), 0, IMAGES,
                    5);
        }
        assertThat(network.values("norm", "moving_mean")).containsExactly(4.5f);
        assertThat(network.values("norm", "moving_variance")).containsExactly(0.5f + 15);
    }

    /// Without training layers the value that they looked on is the same.
    @Test
    void predictionsOfBranchesAreThoseOfTheirLayersOneByOne() {
        Network network = Network.create(branches(), 4);
        float[] image = new float[60];
        for (int i = 0; i < image.length; i++) {
            image[i] = i % 7 - 3;
        }
        NetworkBuilder plain = new NetworkBuilder(Shape.of(6, 5, 2));
        plain.add(new SeparableConv2D("conv_1", 5, 3, 1, Padding.SAME)).add(new Sigmoid("sigmoid"));
        plain.add(new Tanh("tanh_1"), "conv_1");
        plain.add(new Concat("concat"), "sigmoid", "tanh_1", "conv_1").add(new Flatten("flatten_1"))
                .add(new Dense("dense_1", 4));
        plain.add(new Flatten("flatten_2"), "concat").add(new Tanh("tanh")).add(new Dense("dense_2", 4));
        NetworkSpec spec = plain.add(new Add("add"), "dense_1", "dense_2").add(new Dense("logits", 3))
                .add(new Softmax("softmax")).build(LABELS);
        assertThat(network.predict(image)).isDeepEqualTo(network.withSpec(spec).predict(image));
    }

    /// A ReLU is fused with its neighbours only where nobody else takes what lies between them. A ReLU6 never is, and below 6
    /// it is the same function.
    @Test
    void fusedLayersHaveTheGradientsOfLayersOneByOne() {
        for (boolean hasOtherTakers : new boolean[]{false, true}) {
            float[] fused = gradient(pooled(new ReLU("relu"), hasOtherTakers));
            assertThat(fused).containsExactly(gradient(pooled(new ReLU6("relu"), hasOtherTakers)), within(1e-6f));
            assertThat(fused[0]).isNotZero();
        }
    }

    private static NetworkSpec pooled(Layer activation, boolean hasOtherTakers) {
        NetworkBuilder network = new NetworkBuilder(Shape.of(6, 5, 2));
        network.add(new Rescaling("rescaling", 0.2f, 0)).add(new Conv2D("conv", 3, 3, Padding.SAME)).add(activation)
                .add(new MaxPool2D("pool", 2)).add(new GlobalAveragePool("mean_1"));
        if (hasOtherTakers) {
            network.add(new GlobalAveragePool("mean_2"), "relu");
            network.add(new GlobalAveragePool("mean_3"), "conv");
            network.add(new Concat("concat"), "mean_1", "mean_2", "mean_3");
        }
        return network.add(new Dense("logits", 3)).add(new Softmax("softmax")).build(LABELS);
    }

    private static float[] gradient(NetworkSpec spec) {
        Network network = Network.create(spec, 6);
        float[] gradient = new float[network.parameterCount()];
        try (Workers workers = new Workers(1)) {
            compute(network, TrainingSettings.ofEpochs(1), workers).add(0, gradient.length, gradient);
        }
        return gradient;
    }

    @Test
    void graphsThatDoNotHoldTogetherAreRefused() {
        NetworkBuilder unknown = new NetworkBuilder(Shape.of(4)).add(new Dense("a", 2), "b");
        assertThatThrownBy(() -> unknown.build(List.of())).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("layer \"a\": takes \"b\", must be the name of a layer before it");
        NetworkBuilder unused = new NetworkBuilder(Shape.of(4)).add(new Dense("a", 2)).add(new Dense("b", 2), "input");
        assertThatThrownBy(() -> unused.build(List.of()))
                .hasMessage("layer \"a\": is taken by no other, only the last layer may be");
        NetworkBuilder uneven = new NetworkBuilder(Shape.of(4)).add(new Dense("a", 2)).add(new Add("sum"), "a",
                "input");
        assertThatThrownBy(() -> uneven.build(List.of()))
                .hasMessage("layer \"sum\": inputs [[2], [4]], must be two or more of one shape");
        NetworkBuilder taken = new NetworkBuilder(Shape.of(4)).add(new Dense("a", 2), "input", "input");
        assertThatThrownBy(() -> taken.build(List.of())).hasMessage("layer \"a\": 2 inputs, must be 1");
    }
}
