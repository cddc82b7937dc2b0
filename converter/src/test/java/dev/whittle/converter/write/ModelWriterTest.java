package dev.whittle.converter.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.converter.reference.ReferenceInterpreter;
import dev.whittle.converter.reference.SampleModels;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelWriterTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void readIsTheInverseOfWriteForRandomModels(long seed) {
        Model model = randomModel(new Random(seed));

        assertThat(reread(model)).isEqualTo(model);
    }

    @Test
    void readIsTheInverseOfWriteForWholeNetworks() {
        assertThat(reread(SampleModels.cnn(1))).isEqualTo(SampleModels.cnn(1));
        assertThat(reread(SampleModels.residual(1))).isEqualTo(SampleModels.residual(1));
    }

    @Test
    void readIsTheInverseOfWriteForEveryModelOfTheCorpus() throws IOException {
        int count = 0;
        Path corpus = Path.of(System.getProperty("whittle.root"), "testdata", "conformance");
        try (Stream<Path> files = Files.walk(corpus)) {
            for (Path path : files.filter(file -> file.endsWith("model.tflite")).toList()) {
                Model model = ModelReader.read(path);
                assertThat(ModelReader.read(model.source(), ByteBuffer.wrap(ModelWriter.toBytes(model))))
                        .as(path.toString()).isEqualTo(model);
                count++;
            }
        }
        assertThat(count).isGreaterThan(200);
    }

    @Test
    void everyOptionsRecordIsReadAsItWasWritten() throws ReflectiveOperationException {
        for (Class<?> type : Options.class.getPermittedSubclasses()) {
            if (type == Options.Unsupported.class || type.isEnum()) {
                continue;
            }
            for (int trial = 0; trial < 4; trial++) {
                Options options = sample(type, trial);

                assertThat(reread(operatorOnly(options)).primary().operators().getFirst().options())
                        .isEqualTo(options);
            }
        }
        for (Options.Plain plain : Options.Plain.values()) {
            assertThat(reread(operatorOnly(plain)).primary().operators().getFirst().options()).isEqualTo(plain);
        }
    }

    /// A model of nine subgraphs, for options that name one; the first holds the operator.
    private static Model operatorOnly(Options options) {
        Tensor end = Tensor.activation("end", ElementType.FLOAT32, Shape.of(1), null);
        Subgraph first = new Subgraph("", List.of(end), List.of(), List.of(),
                List.of(new Operator(options, List.of(), List.of(0), List.of(0), 7)));
        List<Subgraph> subgraphs = new ArrayList<>(
                Collections.nCopies(9, new Subgraph("", List.of(end), List.of(0), List.of(0), List.of())));
        subgraphs.set(0, first);
        return new Model("m", Model.SCHEMA_VERSION, "", subgraphs, List.of(), List.of());
    }

    /// A record of the type, no two numbers in it alike.
    private static Options sample(Class<?> type, int trial) throws ReflectiveOperationException {
        if (type == Options.StablehloReduceWindow.class) {
            return new Options.StablehloReduceWindow(List.of(2L, 3L), List.of(4L, 5L), List.of(6L, 7L), List.of(8L, 9L),
                    List.of(10L, -11L, 12L, 13L), 1);
        }
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = sample(type, components[i], trial, i);
        }
        return (Options) type.getDeclaredConstructor(types).newInstance(values);
    }

    private static Object sample(Class<?> type, RecordComponent component, int trial, int i) {
        String kind = component.getGenericType().getTypeName();
        return switch (kind.substring(kind.lastIndexOf('.') + 1)) {
            case "int" -> i + 2;
            case "long" -> i + (1L << 40);
            case "float" -> i + 0.5f;
            case "boolean" -> (trial >> i % 2 & 1) != 0;
            case "String" -> "name " + i;
            case "Integer>" -> List.of(i + 1, i + 2);
            case "Long>" -> List.of(i + 1L, i + (1L << 33));
            case "Float>" -> List.of(-1.5f, i + 1f);
            case "Padding" -> Padding.values()[trial % 2];
            case "Activation" -> Activation.values()[trial];
            case "ElementType" -> ElementType.values()[trial + i];
            case "Buffer" -> Buffer.of((byte) i, (byte) 9);
            case "Options$Pool2d" -> new Options.Pool2d(Padding.VALID, 2, 3, 4, 5, Activation.values()[trial]);
            case "OperatorCode" -> code(type, trial);
            default -> throw new AssertionError(kind);
        };
    }

    private static OperatorCode code(Class<?> type, int trial) {
        List<OperatorCode> codes = type == Options.Reduce.class
                ? List.of(OperatorCode.MEAN, OperatorCode.SUM, OperatorCode.REDUCE_ANY, OperatorCode.REDUCE_ALL)
                : type == Options.ArgExtreme.class
                        ? List.of(OperatorCode.ARG_MAX, OperatorCode.ARG_MIN)
                        : type == Options.Conv3d.class
                                ? List.of(OperatorCode.CONV_3D, OperatorCode.CONV_3D_TRANSPOSE)
                                : List.of(OperatorCode.RANDOM_UNIFORM, OperatorCode.RANDOM_STANDARD_NORMAL,
                                        OperatorCode.MULTINOMIAL);
        return codes.get(trial % codes.size());
    }

    @Test
    void scalesOfBlocksAreReadAsTheyWereWritten() {
        Buffer halves = Buffer.ofShorts(Float.floatToFloat16(0.5f), Float.floatToFloat16(0.25f));
        Tensor weights = Tensor.constant("w", ElementType.INT4, Shape.of(1, 4),
                QuantizationParameters.perChannel(new float[]{0.5f, 0.25f}, new long[2], 0).withBlockSize(2),
                Buffer.of((byte) 0x21, (byte) 0x43));
        Tensor scales = Tensor.constant("s", ElementType.FLOAT16, Shape.of(1, 2), null, halves);

        Model model = model(List.of(weights, scales), List.of(), List.of());

        assertThat(reread(model)).isEqualTo(model);
        assertThatThrownBy(() -> ModelWriter.toBytes(model(List.of(weights), List.of(), List.of())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no FLOAT16 tensor of subgraph \"main\" holds the scales of blocks");
    }

    @Test
    void theSameModelGivesTheSameBytes() {
        assertThat(ModelWriter.toBytes(SampleModels.cnn(1))).isEqualTo(ModelWriter.toBytes(SampleModels.cnn(1)));
    }

    @Test
    void theFileCarriesTheIdentifierTfl3() {
        byte[] file = ModelWriter.toBytes(SampleModels.cnn(1));

        assertThat(new String(file, 4, 4, StandardCharsets.US_ASCII)).isEqualTo("TFL3");
    }

    @Test
    void equalConstantsShareOneBuffer() {
        float[] values = new float[1000];
        Tensor constant = Tensor.constant("a", ElementType.FLOAT32, Shape.of(1000), null, Buffer.ofFloats(values));
        Tensor twin = Tensor.constant("b", ElementType.FLOAT32, Shape.of(10, 100), null, Buffer.ofFloats(values));

        int one = ModelWriter.toBytes(model(List.of(constant), List.of(), List.of())).length;
        int two = ModelWriter.toBytes(model(List.of(constant, twin), List.of(), List.of())).length;

        assertThat(two - one).isLessThan(100);
    }

    @Test
    void constantsAreAlignedTo16Bytes() {
        byte[] marker = "sixteen byte mark, and then some".getBytes(StandardCharsets.US_ASCII);
        for (int others = 0; others < 20; others++) {
            List<Tensor> tensors = new ArrayList<>();
            tensors.add(Tensor.constant("x".repeat(others), ElementType.INT8, Shape.of(marker.length), null,
                    Buffer.of(marker)));
            if (others > 0) {
                tensors.add(Tensor.constant("y", ElementType.INT8, Shape.of(others), null,
                        Buffer.of(new byte[others])));
            }
            byte[] file = ModelWriter.toBytes(model(tensors, List.of(), List.of()));

            int position = new String(file, StandardCharsets.ISO_8859_1).indexOf("sixteen byte mark");
            assertThat(position % 16).as("offset %d", position).isZero();
        }
    }

    @Test
    void theReferenceRuntimeVerifiesLoadsAndRunsTheFile() {
        try (ReferenceInterpreter cnn = ReferenceInterpreter.of(SampleModels.cnn(1));
                ReferenceInterpreter residual = ReferenceInterpreter.of(SampleModels.residual(1))) {
            assertThat(cnn.run(SampleModels.image(1, SampleModels.CNN_INPUT_ELEMENTS))).hasSize(4);
            assertThat(cnn.signatureKeys()).containsExactly("serving_default");
            assertThat(cnn.minimumRuntime()).isEqualTo("2.2.0");
            assertThat(residual.run(SampleModels.centered(1, 9 * 11 * 5))).hasSize(7);
        }
    }

    @Test
    void writeReplacesAFileInPlaceAndLeavesNothingElse(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.tflite");
        Files.writeString(file, "old");

        ModelWriter.write(SampleModels.cnn(1), file);

        assertThat(ModelReader.read(file).primary()).isEqualTo(SampleModels.cnn(1).primary());
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void writeToAMissingFolderFailsNamingThePath(@TempDir Path folder) {
        assertThatThrownBy(() -> ModelWriter.write(SampleModels.cnn(1), folder.resolve("no/model.tflite")))
                .isInstanceOf(NoSuchFileException.class).hasMessageContaining("model.tflite");
    }

    private static Model reread(Model model) {
        return ModelReader.read(model.source(),
                ByteBuffer.wrap(ModelWriter.toBytes(model)).order(ByteOrder.LITTLE_ENDIAN));
    }

    private static Model model(List<Tensor> tensors, List<Integer> inputs, List<Operator> operators) {
        return new Model("test", Model.SCHEMA_VERSION, "", List.of(new Subgraph("main", tensors, inputs, List.of(),
                operators)), List.of(), List.of());
    }

    /// Operators in a chain with options drawn at random; sound as a file, though not as mathematics.
    private static Model randomModel(Random random) {
        List<Tensor> tensors = new ArrayList<>(List.of(randomActivation(random, 0)));
        List<Operator> operators = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            int previous = tensors.size() - 1;
            int constant = tensors.size();
            tensors.add(randomConstant(random, i));
            int output = tensors.size();
            tensors.add(randomActivation(random, i + 1));
            List<Integer> inputs = random.nextBoolean()
                    ? List.of(previous, constant)
                    : List.of(previous, constant, Operator.ABSENT);
            operators.add(new Operator(randomOptions(random), inputs, List.of(output), 1 + random.nextInt(9)));
        }
        int last = tensors.size() - 1;
        SequencedMap<String, Integer> outputs = new LinkedHashMap<>();
        outputs.put("scores", last);
        outputs.put("also, ünïcode", last);
        SequencedMap<String, Integer> inputs = new LinkedHashMap<>();
        inputs.put("image", 0);
        return new Model("random", Model.SCHEMA_VERSION, "description " + random.nextInt(),
                List.of(new Subgraph("main", tensors, List.of(0), List.of(last), operators)),
                List.of(new Signature("serving_default", 0, inputs, outputs)),
                List.of(new Metadata("labels.txt", Buffer.of((byte) 'a', (byte) '\n', (byte) 'b')),
                        new Metadata("min_runtime_version", Buffer.of(new byte[16]))));
    }

    private static Tensor randomActivation(Random random, int number) {
        Shape shape = Shape.of(1, 1 + random.nextInt(9), 1 + random.nextInt(9), 1 + random.nextInt(9));
        Shape signature = random.nextBoolean() ? shape : shape.withDimension(0, -1);
        return switch (random.nextInt(3)) {
            case 0 -> new Tensor("t" + number, ElementType.FLOAT32, shape, signature, null, null, false);
            case 1 -> new Tensor("", ElementType.INT8, shape, signature,
                    QuantizationParameters.perTensor(random.nextFloat() + 0.01f, random.nextInt(256) - 128), null,
                    false);
            default -> new Tensor("tensor/" + number, ElementType.UINT8, shape, signature,
                    QuantizationParameters.perTensor(Float.MIN_VALUE, random.nextInt(256)), null, false);
        };
    }

    private static Tensor randomConstant(Random random, int number) {
        int channels = 1 + random.nextInt(9);
        return switch (random.nextInt(3)) {
            case 0 -> Tensor.constant("c" + number, ElementType.FLOAT32, Shape.of(channels), null,
                    Buffer.ofFloats(floats(random, channels)));
            case 1 -> Tensor.constant("scalar", ElementType.INT32, Shape.of(), null, Buffer.ofInts(random.nextInt()));
            default -> {
                byte[] data = new byte[3 * channels];
                random.nextBytes(data);
                float[] scales = floats(random, channels);
                yield Tensor.constant("w" + number, ElementType.INT8, Shape.of(3, channels),
                        QuantizationParameters.perChannel(scales, new long[channels], channels > 1 ? 1 : 0),
                        Buffer.of(data));
            }
        };
    }

    private static float[] floats(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() + 0.001f;
        }
        return values;
    }

    private static Options randomOptions(Random random) {
        Padding padding = Padding.values()[random.nextInt(2)];
        Activation activation = Activation.values()[random.nextInt(Activation.values().length)];
        int a = 1 + random.nextInt(4);
        int b = 1 + random.nextInt(4);
        Options.Pool2d pool = new Options.Pool2d(padding, a, b, 1 + random.nextInt(4), 1 + random.nextInt(4),
                activation);
        return switch (random.nextInt(14)) {
            case 0 -> new Options.Add(activation);
            case 1 -> new Options.AveragePool2d(pool);
            case 2 -> new Options.Conv2d(padding, a, b, 1 + random.nextInt(3), 1 + random.nextInt(3), activation);
            case 3 -> new Options.DepthwiseConv2d(padding, a, b, random.nextInt(3), 1 + random.nextInt(3),
                    1 + random.nextInt(3), activation);
            case 4 -> Options.Plain.DEQUANTIZE;
            case 5 -> new Options.FullyConnected(activation, random.nextBoolean(), random.nextBoolean());
            case 6 -> new Options.MaxPool2d(pool);
            case 7 -> new Options.Mul(activation);
            case 8 -> Options.Plain.QUANTIZE;
            case 9 -> Options.Plain.RELU;
            case 10 -> Options.Plain.RELU6;
            case 11 -> new Options.Reshape(random.nextBoolean() ? null : List.of(-1, a, b));
            case 12 -> new Options.ResizeBilinear(random.nextBoolean(), random.nextBoolean());
            default -> new Options.Softmax(random.nextFloat());
        };
    }
}
