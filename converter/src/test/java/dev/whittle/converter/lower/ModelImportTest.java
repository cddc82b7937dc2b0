package dev.whittle.converter.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.layer.Add;
import dev.whittle.trainer.layer.BatchNorm;
import dev.whittle.trainer.layer.Concat;
import dev.whittle.trainer.layer.Conv2D;
import dev.whittle.trainer.layer.Dense;
import dev.whittle.trainer.layer.GlobalAveragePool;
import dev.whittle.trainer.layer.Layer;
import dev.whittle.trainer.layer.ReLU6;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.layer.Resizing;
import dev.whittle.trainer.layer.SeparableConv2D;
import dev.whittle.trainer.layer.Softmax;
import dev.whittle.trainer.network.Examples;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkBuilder;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.NetworkZoo;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import dev.whittle.trainer.transfer.ClassifierHead;
import dev.whittle.trainer.transfer.ModelImport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Models as networks again: those that networks were lowered to, those that others wrote, and those that are refused.
class ModelImportTest {
    private static final Shape IMAGE = Shape.of(6, 5, 3);
    private static final Shape BATCH = Shape.of(-1, 6, 5, 3);

    private static float[] random(Shape image, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[image.elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-2, 2);
        }
        return values;
    }

    private static float largest(float[] values) {
        float largest = 1;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    private static Network assertComputesTheSame(Model model, float tolerance) {
        Network network = ModelImport.of(model);
        try (Interpreter interpreter = Interpreter.of(model)) {
            for (int run = 0; run < 3; run++) {
                float[] input = random(network.inputShape(), run);
                interpreter.input(0).putFloats(input);
                interpreter.invoke();
                float[] expected = interpreter.output(0).toFloats();
                assertThat(network.predict(input)[0]).containsExactly(expected,
                        within(tolerance * largest(expected)));
            }
        }
        return network;
    }

    static Stream<Network> networks() {
        NetworkBuilder graph = new NetworkBuilder(IMAGE).add(new Resizing("resizing", 9, 8))
                .add(new Rescaling("rescaling", 0.1f, -0.3f)).add(new Conv2D("conv", 4, 3, Padding.SAME))
                .add(new BatchNorm("norm_1")).add(new ReLU6("relu"));
        graph.add(new SeparableConv2D("separable", 4, 3, 1, Padding.SAME), "relu");
        graph.add(new Add("add"), "relu", "separable", "conv").add(new BatchNorm("norm_2"));
        graph.add(new Concat("concat"), "norm_2", "conv").add(new GlobalAveragePool("pool"))
                .add(new BatchNorm("norm_3")).add(new Dense("dense", 3)).add(new Softmax("softmax"));
        List<String> labels = List.of("a", "b", "c");
        return Stream.concat(
                Stream.of(graph.build(labels), NetworkZoo.resNet8(labels), NetworkZoo.dsCnn(labels),
                        NetworkZoo.mobileNet(labels), NetworkZoo.autoencoder()).map(LayerLoweringTest::random),
                LayerLoweringTest.layers().map(arguments -> LayerLoweringTest.chain((Layer) arguments.get()[1])));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void aLoweredNetworkComesBack(Network network) {
        Network imported = assertComputesTheSame(Lowering.lower(network, "test", "").model(), 1e-6f);
        float[] input = random(network.inputShape(), 9);
        float[] expected = network.predict(input)[0];
        assertThat(imported.predict(input)[0]).containsExactly(expected, within(1e-6f * largest(expected)));
    }

    @Test
    void layersHaveTheNamesOfTensorsAndTheirActivationsToo() {
        Network network = Network.create(new NetworkBuilder(IMAGE).add(new Conv2D("a;b", 2, 3, Padding.SAME))
                .add(new BatchNorm("c")).add(new ReLU6("d")).add(new Conv2D("a;e", 2, 1, Padding.SAME))
                .add(new Conv2D(" ", 2, 1, Padding.SAME)).build(List.of()), 1);
        assertThat(ModelImport.of(Lowering.lower(network, "test", "").model()).layers()).extracting(Layer::name)
                .containsExactly("a", "a/relu6", "a_2", "conv_2d");
    }

    /// A model of what `build` adds to the input.
    private static Model model(Shape input, BiFunction<SubgraphBuilder, Integer, Integer> build) {
        SubgraphBuilder builder = new SubgraphBuilder();
        int output = build.apply(builder, builder.input("image", input));
        return new Model("test.tflite", Model.SCHEMA_VERSION, "", List.of(builder.build("main", output)), List.of(),
                List.of());
    }

    @Test
    void constantsOfAllFormsAreOneLayerEach() {
        Network network = assertComputesTheSame(model(BATCH, (builder, image) -> {
            int minus = builder.operator(new Options.Sub(Activation.NONE, false), "minus", BATCH,
                    builder.constant("one", Shape.of(), 1), image);
            int less = builder.operator(new Options.Sub(Activation.RELU, false), "less", BATCH, minus,
                    builder.constant("each", Shape.of(1, 1, 1, 3), 0.5f, -1, 0.25f));
            int scaled = builder.operator(new Options.Mul(Activation.NONE), "scaled", BATCH,
                    builder.constant("factors", Shape.of(3), 2, -3, 4), less);
            int mean = builder.operator(new Options.Reduce(OperatorCode.MEAN, true), "mean", Shape.of(-1, 1, 1, 3),
                    scaled, builder.sizes("axes", 2, -3));
            int squeezed = builder.operator(new Options.Squeeze(List.of(1, 2)), "squeezed", Shape.of(-1, 3), mean);
            int added = builder.operator(new Options.Add(Activation.NONE), "added", Shape.of(-1, 3), squeezed,
                    builder.constant("terms", Shape.of(3), 1, 2, 3));
            return builder.operator(new Options.Softmax(1), "softmax", Shape.of(-1, 3), added);
        }), 1e-6f);
        assertThat(network.layers()).extracting(Layer::name).containsExactly("minus", "less", "less/relu", "scaled",
                "mean", "mean/reshape", "squeezed", "added/pixel", "added", "added/flatten", "softmax");
    }

    /// The model with every FLOAT32 constant as FLOAT16 behind a DEQUANTIZE.
    private static Model half(Model model) {
        List<Tensor> tensors = new ArrayList<>(model.primary().tensors());
        List<Operator> operators = new ArrayList<>();
        for (int i = 0; i < model.primary().tensors().size(); i++) {
            Tensor tensor = tensors.get(i);
            if (tensor.type() == ElementType.FLOAT32 && tensor.buffer() instanceof Buffer data) {
                float[] values = data.toFloats();
                short[] halves = new short[values.length];
                for (int j = 0; j < values.length; j++) {
                    halves[j] = Float.floatToFloat16(values[j]);
                }
                tensors.set(i, tensor.withBuffer(null));
                tensors.add(Tensor.constant(tensor.name() + "/half", ElementType.FLOAT16, tensor.shape(), null,
                        Buffer.ofShorts(halves)));
                operators.add(new Operator(Options.Plain.DEQUANTIZE, List.of(tensors.size() - 1), List.of(i), 1));
            }
        }
        operators.addAll(model.primary().operators());
        Subgraph subgraph = model.primary();
        return new Model("half.tflite", Model.SCHEMA_VERSION, "", List.of(new Subgraph(subgraph.name(), tensors,
                subgraph.inputs(), subgraph.outputs(), operators)), List.of(), List.of());
    }

    @Test
    void float16WeightsAreRead() {
        Model model = half(Lowering.lower(networks().findFirst().orElseThrow(), "test", "").model());
        assertThat(model.primary().operators()).extracting(Operator::code).contains(OperatorCode.DEQUANTIZE);
        assertComputesTheSame(model, 1e-6f);
    }

    private static void assertRefused(String message, Shape input,
            BiFunction<SubgraphBuilder, Integer, Integer> build) {
        assertThatThrownBy(() -> ModelImport.of(model(input, build))).isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[test.tflite] " + message);
    }

    @Test
    void whatHasNoLayerIsRefusedNamingTheOperator() {
        assertRefused("EXP #1 \"exp\" has no layer to train, known are ADD, AVERAGE_POOL_2D, CONCATENATION, CONV_2D,"
                + " DEPTHWISE_CONV_2D, DEQUANTIZE, FULLY_CONNECTED, LOGISTIC, MAX_POOL_2D, MUL, RELU, RELU6, RESHAPE,"
                + " RESIZE_BILINEAR, SOFTMAX, TANH, PAD, MEAN, SUB, SQUEEZE, LEAKY_RELU, HARD_SWISH", BATCH,
                (builder, image) -> builder.operator(Options.Plain.EXP, "exp", BATCH,
                        builder.operator(Options.Plain.RELU, "relu", BATCH, image)));
        assertRefused("MUL #0 \"mul\": both inputs are computed, expected one to be constant", BATCH,
                (builder, image) -> builder.operator(new Options.Mul(Activation.NONE), "mul", BATCH, image, image));
        assertRefused("MUL #0 \"mul\": a constant of [6, 5, 3] beside [6, 5, 3], expected one number or one for each"
                + " channel", BATCH,
                (builder, image) -> builder.operator(new Options.Mul(Activation.NONE), "mul", BATCH, image,
                        builder.constant("c", IMAGE, new float[90])));
        assertRefused("CONCATENATION #0 \"c\": axis 1 of 4, expected the last", BATCH,
                (builder, image) -> builder.operator(new Options.Concatenation(1, Activation.NONE), "c",
                        Shape.of(-1, 12, 5, 3), image, image));
        assertRefused("RESIZE_BILINEAR #0 \"r\": align_corners true and half_pixel_centers false, expected false and"
                + " true", BATCH,
                (builder, image) -> builder.operator(new Options.ResizeBilinear(true, false), "r",
                        Shape.of(-1, 3, 3, 3), image, builder.sizes("size", 3, 3)));
        assertRefused("ADD #0 \"sum\": activation RELU_N1_TO_1, expected NONE, RELU or RELU6", BATCH,
                (builder, image) -> builder.operator(new Options.Add(Activation.RELU_N1_TO_1), "sum", BATCH, image,
                        image));
        assertRefused("LEAKY_RELU #0 \"leaky\": layer \"leaky\": slope 2.0, must be 0 to 1", BATCH,
                (builder, image) -> builder.operator(new Options.LeakyRelu(2), "leaky", BATCH, image));
        assertRefused("CONV_2D #0 \"conv\": input 1 is computed, FLOAT32, expected a constant of FLOAT32, or of FLOAT16"
                + " behind a DEQUANTIZE", BATCH,
                (builder, image) -> builder.operator(new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, Activation.NONE),
                        "conv", BATCH, image, image));
        assertRefused("input \"image\" is [-1, -1, 5, 3], expected [batch, …] with a batch of 1 or open, and all else"
                + " known", Shape.of(-1, -1, 5, 3),
                (builder, image) -> builder.operator(Options.Plain.RELU, "relu", BATCH, image));
    }

    private static Model shared(String name) throws IOException {
        Path folder = Path.of(System.getProperty("whittle.shared", "../../shared")).resolve("models").resolve(name);
        assumeTrue(Files.isDirectory(folder), "../shared/models/" + name + " is missing");
        return ModelReader.read(folder.resolve("model.tflite"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mlperf_pretrainedResnet", "seed_cnn_model_vs", "tflm_hello_world_float"})
    void modelsOfOthersAreTrainedOnAndExported(String name) throws IOException {
        Network network = assertComputesTheSame(shared(name), 1e-5f);
        float[] input = random(network.inputShape(), 1);
        float[] before = network.predict(input)[0];
        boolean isClassifier = network.layers().getLast() instanceof Softmax;
        // The less likely class, so that there is something to learn.
        int wrong = before[0] < before[before.length - 1] ? 0 : before.length - 1;

        History history = Trainer.fit(network,
                isClassifier
                        ? Examples.ofClasses(List.of(input), wrong)
                        : Examples.ofTargets(List.of(input), List.of(new float[]{before[0] + 1})),
                Examples.none(), TrainingSettings.ofEpochs(2).withThreads(1));

        assertThat(history.epochs().get(1).loss()).isLessThan(history.epochs().get(0).loss());
        assertComputesTheSame(Lowering.lower(network, "test", "").model(), 1e-5f);
    }

    @Test
    void aModelOfOthersGetsAHeadForOtherClasses() throws IOException {
        Network network = ModelImport.of(shared("mlperf_pretrainedResnet"));
        Network other = ClassifierHead.replace(network, List.of("a", "b", "c"), 1);
        assertThat(other.labels()).containsExactly("a", "b", "c");
        assertThat(other.predict(random(network.inputShape(), 1))[0]).hasSize(3);

        Conv2D first = (Conv2D) other.layers().getFirst();
        float[] kernel = other.filterOhwi(first);
        assertThat(kernel).isEqualTo(network.filterOhwi(first));
        String head = other.layers().get(other.layers().size() - 2).name();
        float[] bias = other.values(head, "bias");
        List<String> frozen = other.layers().stream().map(Layer::name).filter(name -> !name.equals(head)).toList();
        float[] input = random(network.inputShape(), 1);
        Trainer.fit(other, Examples.ofClasses(List.of(input), 2), Examples.none(),
                TrainingSettings.ofEpochs(3).withThreads(1).withFrozen(frozen));
        assertThat(other.filterOhwi(first)).isEqualTo(kernel);
        assertThat(other.values(head, "bias")).isNotEqualTo(bias);
    }

    @Test
    void quantizedModelsAreRefused() throws IOException {
        Model model = shared("mlperf_pretrainedResnet_quant");
        assertThatThrownBy(() -> ModelImport.of(model)).isInstanceOf(UnsupportedModelException.class)
                .hasMessageMatching(
                        "\\[model.tflite] input \".*\" is INT8, expected FLOAT32: a quantized model cannot be trained on, its float original can");
    }

    /// Models of one operator each, in all their variants: what is not refused computes what the engine computes.
    @Test
    void everyModelOfTheCorpusIsTheSameAsANetworkOrIsRefused() throws IOException {
        Path corpus = Path.of(System.getProperty("whittle.root", ".."), "testdata", "conformance");
        Set<OperatorCode> imported = EnumSet.noneOf(OperatorCode.class);
        List<Path> files;
        try (Stream<Path> all = Files.walk(corpus)) {
            files = all.filter(file -> file.endsWith("model.tflite")).sorted().toList();
        }
        for (Path file : files) {
            Model model = ModelReader.read(file);
            try {
                ModelImport.of(model);
            } catch (UnsupportedModelException e) {
                assertThat(e.getMessage()).as(file.toString()).startsWith("[model.tflite] ").hasLineCount(1);
                continue;
            }
            assertComputesTheSame(model, 1e-5f);
            imported.add(model.primary().operators().getLast().code());
        }
        assertThat(imported).contains(OperatorCode.CONV_2D, OperatorCode.DEPTHWISE_CONV_2D,
                OperatorCode.FULLY_CONNECTED);
    }

    @Test
    void specsAreKept() {
        NetworkSpec spec = NetworkZoo.houseNumbers(List.of("a", "b"));
        assertThat(ModelImport.of(Lowering.lower(Network.create(spec, 1), "test", "").model()).spec().shapes())
                .containsExactlyElementsOf(spec.shapes());
    }
}
