package dev.whittle.trainer.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.DepthwiseConv2D;
import dev.whittle.trainer.layer.Flatten;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.HardSwish;
import dev.whittle.trainer.layer.Initializer;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.LeakyReLU;
import dev.whittle.trainer.layer.MaxPool2D;
import dev.whittle.trainer.layer.ReLU;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.SeparableConv2D;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.loss.Loss;
import dev.whittle.trainer.network.Examples;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkBuilder;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import dev.whittle.trainer.optimizer.Adam;
import dev.whittle.trainer.optimizer.AdamW;
import dev.whittle.trainer.optimizer.LearningRate;
import dev.whittle.trainer.optimizer.Optimizer;
import dev.whittle.trainer.optimizer.RMSprop;
import dev.whittle.trainer.optimizer.SGD;
import dev.whittle.trainer.weights.KerasLayers.KerasLayer;
import dev.whittle.trainer.weights.KerasLayers.KerasVariable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Training steps beside those of Keras, from the same weights and batch. `testdata/keras/steps.py` made the files.
class KerasStepsTest {
    private static final Path KERAS =
            Path.of(System.getProperty("whittle.root", "..")).resolve("testdata").resolve("keras");

    /// With it a step of plain gradient descent leaves the gradient, scaled: the weight before is lost in the rounding.
    private static final float LARGE_RATE = 1 << 20;

    /// The networks of the script, layer for layer.
    enum Case {
        CNN(new Loss.SparseCategoricalCrossEntropy(0)), RESIDUAL(
                new Loss.CategoricalCrossEntropy(0.1f)),
        AUTOENCODER(new Loss.MeanSquaredError());

        private final Loss loss;

        Case(Loss loss) {
            this.loss = loss;
        }

        private NetworkSpec spec() {
            return switch (this) {
                case CNN -> NetworkSpec.chain(Shape.of(8, 8, 2),
                        List.of(new Conv2D("conv_1", 4, 3, Padding.SAME), new ReLU("relu_1"), new MaxPool2D("pool", 2),
                                new Conv2D("conv_2", 6, 3, Padding.VALID), new ReLU("relu_2"), new Flatten("flatten"),
                                new Dense("dense_1", 8), new ReLU("relu_3"), new Dense("dense_2", 3),
                                new Softmax("softmax")),
                        List.of("a", "b", "c"));
                case RESIDUAL -> residual();
                case AUTOENCODER -> NetworkSpec.chain(Shape.of(20),
                        List.of(new Dense("dense_1", 12).withoutBias(), new BatchNorm("norm_1"), new ReLU("relu_1"),
                                new Dense("dense_2", 4).withoutBias(), new BatchNorm("norm_2"), new ReLU("relu_2"),
                                new Dense("dense_3", 12), new ReLU("relu_3"), new Dense("dense_4", 20)),
                        List.of());
            };
        }

        private WeightArrays file() {
            return WeightArrays.read(KERAS.resolve(name().toLowerCase(Locale.ROOT) + ".npz"));
        }

        private Network network() {
            WeightArrays file = file();
            Network network = Network.create(spec(), 1);
            KerasWeights.assign(new WeightArrays(file.source(),
                    file.arrays().stream().filter(array -> array.name().startsWith("weights/")).toList()), network);
            return network;
        }

        private Examples examples(WeightArrays file) {
            List<float[]> inputs = rows(file, "input");
            List<float[]> targets = rows(file, "target");
            return switch (this) {
                case CNN -> Examples.ofClasses(inputs,
                        targets.stream().mapToInt(target -> Math.round(target[0])).toArray());
                case RESIDUAL -> Examples.ofTargets(inputs, targets);
                case AUTOENCODER -> Examples.ofInputs(inputs);
            };
        }
    }

    private static NetworkSpec residual() {
        NetworkBuilder network = new NetworkBuilder(Shape.of(8, 8, 3));
        network.add(new Conv2D("conv_1", 6, 3, Padding.SAME).withoutBias()).add(new BatchNorm("norm_1"))
                .add(new ReLU6("relu_1"))
                .add(new DepthwiseConv2D("depthwise_1", 3, 3, 2, 2, 1, 1, 2, Padding.SAME, false,
                        Initializer.GLOROT_UNIFORM, 0))
                .add(new BatchNorm("norm_2", 0.9f, 1e-2f)).add(new LeakyReLU("relu_2", 0.2f))
                .add(new Conv2D("conv_2", 8, 1, Padding.VALID).withoutBias()).add(new BatchNorm("norm_3"));
        network.add(new Conv2D("shortcut", 8, 1, Padding.VALID).withStride(2), "relu_1");
        return network.add(new Add("add"), "shortcut", "norm_3").add(new HardSwish("swish"))
                .add(new DepthwiseConv2D("depthwise_2", 3, 1, Padding.SAME))
                .add(new SeparableConv2D("separable", 5, 3, 1, Padding.SAME)).add(new GlobalAveragePool("pool"))
                .add(new Dense("dense", 4)).add(new Softmax("softmax")).build(List.of("a", "b", "c", "d"));
    }

    private static float[] values(WeightArrays file, String name) {
        return file.find(name).orElseThrow().toFloats();
    }

    private static List<float[]> rows(WeightArrays file, String name) {
        float[] values = values(file, name);
        int count = file.find(name).orElseThrow().shape().dimension(0);
        int elements = values.length / count;
        return IntStream.range(0, count)
                .mapToObj(row -> Arrays.copyOfRange(values, row * elements, (row + 1) * elements)).toList();
    }

    private static float[] predict(Network network, WeightArrays file) {
        float[] outputs = new float[values(file, "prediction").length];
        int at = 0;
        for (float[] row : network.predict(values(file, "input"))) {
            System.arraycopy(row, 0, outputs, at, row.length);
            at += row.length;
        }
        return outputs;
    }

    /// A variable laid out as Keras stores it.
    private record Tensor(String layer, String variable, float[] values) {
        boolean isTrained() {
            return !variable.startsWith("moving");
        }
    }

    private static List<Tensor> tensors(Network network) {
        List<Tensor> tensors = new ArrayList<>();
        for (KerasLayer layer : KerasLayers.of(network, true, false)) {
            for (KerasVariable variable : layer.variables()) {
                tensors.add(new Tensor(layer.name(), variable.name(), switch (variable.name()) {
                    case "depthwise_kernel" -> network.values(layer.name() + "/depthwise", "kernel");
                    case "kernel", "pointwise_kernel" -> kernel(network, layer.name());
                    default -> network.values(layer.name(), variable.name());
                }));
            }
        }
        return tensors;
    }

    private static float[] kernel(Network network, String name) {
        Layer layer = network.layers().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
        return switch (layer) {
            case Conv2D conv -> firstAxisLast(network.filterOhwi(conv), conv.filters());
            case Dense dense -> firstAxisLast(network.weights(dense), dense.units());
            default -> network.values(name, "kernel");
        };
    }

    private static float[] firstAxisLast(float[] values, int outputs) {
        int rest = values.length / outputs;
        float[] moved = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            moved[i % rest * outputs + i / rest] = values[i];
        }
        return moved;
    }

    private static History train(Case which, Network network, int steps, Optimizer optimizer, float learningRate)
            throws IOException {
        Examples examples = which.examples(which.file());
        return Trainer.fit(network, examples, Examples.none(),
                TrainingSettings.ofEpochs(steps).withBatchSize(examples.size()).withThreads(2).withLoss(which.loss)
                        .withOptimizer(optimizer).withLearningRate(new LearningRate.Constant(learningRate)));
    }

    @ParameterizedTest
    @EnumSource
    void predictionsAreKeras(Case which) {
        WeightArrays file = which.file();
        assertThat(predict(which.network(), file)).containsExactly(values(file, "prediction"), within(1e-5f));
    }

    @ParameterizedTest
    @EnumSource
    void gradientsAreKeras(Case which) throws IOException {
        Network network = which.network();
        List<Tensor> before = tensors(network);
        train(which, network, 1, new SGD(0), LARGE_RATE);
        List<Tensor> after = tensors(network);

        float[] expected = values(which.file(), "gradient");
        int at = 0;
        for (int i = 0; i < before.size(); i++) {
            if (before.get(i).isTrained()) {
                float[] from = before.get(i).values();
                float[] gradient = new float[from.length];
                for (int j = 0; j < gradient.length; j++) {
                    gradient[j] = (from[j] - after.get(i).values()[j]) / LARGE_RATE;
                }
                float[] keras = Arrays.copyOfRange(expected, at, at + gradient.length);
                assertClose(before.get(i), gradient, keras, 1e-5f * largest(keras));
                at += gradient.length;
            }
        }
        assertThat(at).isEqualTo(expected.length);
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    /// How far weights may be from Keras's. A step of SGD is proportional to the gradient. The others divide it by its own size:
    /// where it is no more than rounding, Adam's first step is anything up to `α · |g| / (|g| + ε / √0.001)`, which for an error of
    /// 10⁻⁸ in `g` is 3 · 10⁻⁶ with these numbers.
    enum Method {
        SGD(new SGD(0.9f), 0.05f, 1e-6f), ADAM(Adam.defaults(), 1e-3f, 1e-5f), ADAMW(AdamW.defaults(), 1e-3f,
                1e-5f),
        RMSPROP(RMSprop.defaults(), 1e-3f, 1e-5f);

        private final Optimizer optimizer;
        private final float learningRate;
        private final float tolerance;

        Method(Optimizer optimizer, float learningRate, float tolerance) {
            this.optimizer = optimizer;
            this.learningRate = learningRate;
            this.tolerance = tolerance;
        }
    }

    private static Stream<Arguments> trainings() {
        return Stream.of(Case.values()).flatMap(which -> Stream.of(Method.values())
                .flatMap(method -> Stream.of(Arguments.of(which, method, 1), Arguments.of(which, method, 3))));
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void weightsAndMovingStatisticsAfterStepsAreKeras(Case which, Method method, int steps) throws IOException {
        WeightArrays file = which.file();
        Network network = which.network();
        History history = train(which, network, steps, method.optimizer, method.learningRate);

        float[] expected = values(file, method.name().toLowerCase(Locale.ROOT) + "_" + steps);
        int at = 0;
        for (Tensor tensor : tensors(network)) {
            float[] keras = Arrays.copyOfRange(expected, at, at + tensor.values().length);
            assertClose(tensor, tensor.values(), keras, method.tolerance);
            at += keras.length;
        }
        assertThat(at).isEqualTo(expected.length);
        if (method == Method.SGD) {
            for (int step = 0; step < steps; step++) {
                assertThat(history.epochs().get(step).loss()).isCloseTo(values(file, "loss")[step], within(1e-6));
            }
        }
    }

    private static void assertClose(Tensor tensor, float[] actual, float[] keras, float tolerance) {
        assertThat(actual).as(tensor.layer() + " " + tensor.variable()).containsExactly(keras, within(tolerance));
    }

    @ParameterizedTest
    @ValueSource(strings = {"residual.h5", "residual.weights.h5"})
    void branchesTakeTheirWeightsFromEveryForm(String name) {
        Network network = Network.create(Case.RESIDUAL.spec(), 1);
        KerasWeights.assign(WeightArrays.read(KERAS.resolve(name)), network);

        Network expected = Case.RESIDUAL.network();
        assertThat(tensors(network)).usingRecursiveComparison().isEqualTo(tensors(expected));
    }

    /// One branch has an activation, so that its convolution is the deeper one only where that is a layer of its own.
    private static Network branches() {
        NetworkBuilder branches = new NetworkBuilder(Shape.of(4, 4, 2)).add(new Conv2D("left", 2, 1, Padding.SAME));
        branches.add(new Conv2D("right", 2, 1, Padding.SAME), NetworkSpec.INPUT).add(new ReLU("relu"));
        return Network.create(branches.add(new Add("add"), "left", "relu").build(List.of()), 1);
    }

    private static WeightArrays arrays(String... names) {
        List<WeightArray> arrays = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            Shape shape = i % 2 == 0 ? Shape.of(1, 1, 2, 2) : Shape.of(2);
            float[] values = new float[shape.elementCount()];
            Arrays.fill(values, i);
            arrays.add(new WeightArray(names[i], shape, values));
        }
        return new WeightArrays("branches.npz", arrays);
    }

    @Test
    void branchesThatFitInTwoOrdersAreRefused() {
        assertThatThrownBy(() -> KerasWeights.assign(arrays("arr_0", "arr_1", "arr_2", "arr_3"), branches()))
                .isInstanceOf(WeightsException.class)
                .hasMessage(
                        "[branches.npz] fits the branches of the network in two orders, expected an .h5 file of model.save with layers named as here");
    }

    @Test
    void namesOfLayersDecideWhereThereAreSome() {
        Network network = branches();
        KerasWeights.assign(arrays("right/kernel", "right/bias", "left/kernel", "left/bias"), network);
        assertThat(network.values("right", "bias")).containsOnly(1);
        assertThat(network.values("left", "kernel")).containsOnly(2);
    }
}
