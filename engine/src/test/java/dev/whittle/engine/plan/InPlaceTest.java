package dev.whittle.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.kernel.KernelRegistry;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.ReferenceKernels;
import dev.whittle.engine.kernel.Slot;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.npy.Npy;
import dev.whittle.engine.npy.NpyArray;
import dev.whittle.engine.schema.ModelReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Every kernel whose output may share memory with its inputs, against the same kernel with memory of its own, bit for bit,
/// in every tier. Inputs of a model are never overwritten, so each is first copied by another operator.
class InPlaceTest {
    private static final Path CORPUS = Path.of(System.getProperty("whittle.root"), "testdata", "conformance");
    /// They straddle the lane counts of bytes and of floats, at every width.
    private static final int[] LENGTHS = {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 131};

    private final Random random = new Random(77);

    /// A model and what goes into it.
    private record Case(String name, Model model, List<ByteBuffer> inputs) {
    }

    /// The model with inputs that are computed: copies of what callers set, by an operator that moves elements.
    private static Model withComputedInputs(Model model) {
        Subgraph graph = model.primary();
        List<Tensor> tensors = new ArrayList<>(graph.tensors());
        List<Operator> operators = new ArrayList<>();
        List<Integer> inputs = new ArrayList<>();
        for (int input : graph.inputs()) {
            Tensor tensor = graph.tensor(input);
            if (tensor.shape().rank() == 0 || tensor.type() == ElementType.RESOURCE || tensor.isVariable()
                    || tensor.isConstant() || graph.outputs().contains(input)) {
                inputs.add(input);
                continue;
            }
            int rank = tensor.shape().rank();
            inputs.add(tensors.size());
            tensors.add(tensor);
            int axes = tensors.size();
            tensors.add(Tensor.constant("axes", ElementType.INT32, Shape.of(rank), null,
                    Buffer.ofInts(IntStream.range(0, rank).toArray())));
            operators.add(new Operator(Options.Plain.TRANSPOSE, List.of(inputs.getLast(), axes), List.of(input), 1));
        }
        operators.addAll(graph.operators());
        List<Subgraph> subgraphs = new ArrayList<>(model.subgraphs());
        subgraphs.set(0, new Subgraph(graph.name(), tensors, inputs, graph.outputs(), operators));
        return new Model(model.source(), model.version(), "", subgraphs, List.of(), List.of());
    }

    private static List<ByteBuffer> run(Case tested, PlanOptions options) {
        try (Interpreter interpreter = Interpreter.of(withComputedInputs(tested.model), options)) {
            for (int i = 0; i < tested.inputs.size(); i++) {
                interpreter.input(i).putBytes(tested.inputs.get(i).duplicate());
            }
            interpreter.invoke();
            // What the first run leaves in memory must not matter to the second.
            interpreter.resetVariables();
            interpreter.invoke();
            return interpreter.outputs().stream().map(output -> output.toBytes()).toList();
        }
    }

    private static void givesTheSameBits(Case tested, Set<OperatorCode> seen) {
        for (KernelTier tier : KernelTier.values()) {
            if (tier == KernelTier.VECTOR && !KernelTier.isVectorAvailable()) {
                continue;
            }
            for (ReferenceKernels reference : ReferenceKernels.values()) {
                PlanOptions options = PlanOptions.defaults().withTier(tier).withReference(reference);
                List<ByteBuffer> expected = run(tested, options.withPreserveAllTensors(true));
                assertThat(run(tested, options)).as("%s, %s, %s", tested.name, tier, reference).isEqualTo(expected);
            }
        }
        seen.addAll(inPlace(Plan.of(withComputedInputs(tested.model), PlanOptions.defaults())));
    }

    /// The operators of a plan with an input that shares memory with output 0.
    private static Set<OperatorCode> inPlace(Plan plan) {
        Set<OperatorCode> codes = EnumSet.noneOf(OperatorCode.class);
        Arena arena = plan.newArena(new InterpreterState("", ModelLimits.defaults(), 1));
        for (PlannedOperator step : plan.operators()) {
            List<Integer> outputs = step.operator().outputs();
            Slot output = outputs.isEmpty() ? null : plan.slot(outputs.getFirst());
            for (int input : step.operator().inputs()) {
                Slot slot = input == Operator.ABSENT ? null : plan.slot(input);
                if (slot != null && output != null && overlap(arena, slot, output)) {
                    codes.add(step.operator().code());
                }
            }
        }
        return codes;
    }

    // The same array is meant, not an equal one.
    @SuppressWarnings("ReferenceEquality")
    private static boolean overlap(Arena arena, Slot some, Slot other) {
        if (!some.shape().isKnown() || !other.shape().isKnown() || arena.array(some) != arena.array(other)) {
            return false;
        }
        int first = arena.offset(some);
        int second = arena.offset(other);
        return first < second + other.elementCount() && second < first + some.elementCount();
    }

    @Test
    void everyModelOfTheCorpusGivesTheSameBits() throws IOException {
        Set<OperatorCode> seen = EnumSet.noneOf(OperatorCode.class);
        List<Path> files;
        try (Stream<Path> walk = Files.walk(CORPUS)) {
            files = walk.filter(file -> file.endsWith("model.tflite")).sorted().toList();
        }
        for (Path file : files) {
            givesTheSameBits(read(file), seen);
        }
        assertThat(seen).contains(OperatorCode.ADD, OperatorCode.ADD_N, OperatorCode.CONCATENATION, OperatorCode.DIV,
                OperatorCode.EXPAND_DIMS, OperatorCode.LOGISTIC, OperatorCode.MUL, OperatorCode.PRELU,
                OperatorCode.RELU, OperatorCode.RESHAPE, OperatorCode.SQUEEZE, OperatorCode.SOFTMAX);
    }

    private static Case read(Path file) throws IOException {
        Model model = ModelReader.read(file);
        List<ByteBuffer> inputs = new ArrayList<>();
        List<Shape> shapes = new ArrayList<>();
        for (int i = 0; i < model.primary().inputs().size(); i++) {
            NpyArray array = Npy.read(file.resolveSibling("in_0_" + i + ".npy"));
            boolean isString = model.primary().tensor(model.primary().inputs().get(i)).type() == ElementType.STRING;
            inputs.add(isString ? Buffer.ofStrings(array.strings()).bytes() : array.data());
            shapes.add(array.shape());
        }
        return new Case(file.toString(), withInputShapes(model, shapes), inputs);
    }

    /// The first case of a model may be larger than the file says.
    private static Model withInputShapes(Model model, List<Shape> shapes) {
        Subgraph graph = model.primary();
        List<Tensor> tensors = new ArrayList<>(graph.tensors());
        for (int i = 0; i < shapes.size(); i++) {
            int input = graph.inputs().get(i);
            tensors.set(input, tensors.get(input).withShape(shapes.get(i)));
        }
        List<Subgraph> subgraphs = new ArrayList<>(model.subgraphs());
        subgraphs.set(0, new Subgraph(graph.name(), tensors, graph.inputs(), graph.outputs(), graph.operators()));
        return new Model(model.source(), model.version(), "", subgraphs, List.of(), List.of());
    }

    private static List<Options> elementwise() {
        List<Options> operators = new ArrayList<>();
        for (Activation activation : List.of(Activation.NONE, Activation.RELU6)) {
            operators.add(new Options.Add(activation, false));
            operators.add(new Options.Sub(activation, false));
            operators.add(new Options.Mul(activation));
            operators.add(new Options.Div(activation));
        }
        operators.addAll(List.of(new Options.Softmax(1.3f), new Options.L2Normalization(Activation.NONE),
                new Options.LeakyRelu(0.3f), new Options.Gelu(false), new Options.Gelu(true)));
        for (OperatorCode code : List.of(OperatorCode.RELU, OperatorCode.RELU6, OperatorCode.RELU_N1_TO_1,
                OperatorCode.RELU_0_TO_1, OperatorCode.LOGISTIC, OperatorCode.TANH, OperatorCode.HARD_SWISH,
                OperatorCode.ELU, OperatorCode.EXP, OperatorCode.ABS, OperatorCode.NEG, OperatorCode.SQRT,
                OperatorCode.SQUARE, OperatorCode.FLOOR, OperatorCode.QUANTIZE, OperatorCode.LOG_SOFTMAX,
                OperatorCode.MAXIMUM, OperatorCode.MINIMUM, OperatorCode.SQUARED_DIFFERENCE, OperatorCode.PRELU)) {
            operators.add(Options.Plain.valueOf(code.name()));
        }
        return operators;
    }

    @Test
    void elementsOfEveryLengthAndTypeGiveTheSameBits() {
        Set<OperatorCode> seen = EnumSet.noneOf(OperatorCode.class);
        Set<OperatorCode> asked = EnumSet.noneOf(OperatorCode.class);
        for (Options options : elementwise()) {
            asked.add(options.code());
            for (ElementType type : List.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8,
                    ElementType.INT16)) {
                boolean isToReals = options.code() == OperatorCode.QUANTIZE && type == ElementType.FLOAT32;
                if (isToReals || !types(options.code()).contains(type)) {
                    continue;
                }
                for (int length : LENGTHS) {
                    givesTheSameBits(elementwise(options, type, length), seen);
                }
            }
        }
        assertThat(seen).containsAll(asked);
    }

    private static Set<ElementType> types(OperatorCode code) {
        var kernel = KernelRegistry.of(code);
        return kernel == null ? Set.of() : kernel.types();
    }

    private Case elementwise(Options options, ElementType type, int length) {
        Shape shape = Shape.of(3, length);
        OperatorCode code = options.code();
        boolean isBinary = switch (code) {
            case ADD, SUB, MUL, DIV, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE, PRELU -> true;
            default -> false;
        };
        // Some operators take inputs on the output's scale alone.
        boolean isOneScale = code == OperatorCode.MAXIMUM || code == OperatorCode.MINIMUM;
        QuantizationParameters input = quantization(type, 0.0371f, 3);
        List<Tensor> tensors = new ArrayList<>(List.of(Tensor.activation("x", type, shape, input)));
        List<Integer> inputs = new ArrayList<>(List.of(0));
        if (isBinary) {
            inputs.add(1);
            tensors.add(Tensor.activation("y", type, shape, isOneScale ? input : quantization(type, 0.0412f, -2)));
        }
        tensors.add(Tensor.activation("z", type, shape, isOneScale ? input : output(code, type)));
        List<ByteBuffer> values = inputs.stream().map(i -> elements(type, shape.elementCount())).toList();
        return new Case(options + " " + type + " " + shape, new Model("test.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", tensors, inputs, List.of(inputs.size()),
                        List.of(new Operator(options, inputs, List.of(inputs.size()), 1)))),
                List.of(), List.of()), values);
    }

    private static @Nullable QuantizationParameters quantization(ElementType type, float scale, int zeroPoint) {
        return switch (type) {
            case INT8 -> QuantizationParameters.perTensor(scale, zeroPoint);
            case UINT8 -> QuantizationParameters.perTensor(scale, zeroPoint + 128);
            case INT16 -> QuantizationParameters.perTensor(scale / 256, 0);
            default -> null;
        };
    }

    /// Those that the format prescribes, where it does.
    private static @Nullable QuantizationParameters output(OperatorCode code, ElementType type) {
        int lowest = type == ElementType.UINT8 ? 0 : -128;
        boolean isWide = type == ElementType.INT16;
        OptionalInt zeroPoint = switch (code) {
            case SOFTMAX, LOGISTIC -> OptionalInt.of(isWide ? 0 : lowest);
            case LOG_SOFTMAX -> OptionalInt.of(lowest + 255);
            case L2_NORMALIZATION, TANH -> OptionalInt.of(isWide ? 0 : lowest + 128);
            default -> OptionalInt.empty();
        };
        if (type == ElementType.FLOAT32 || zeroPoint.isEmpty()) {
            return quantization(type, 0.0531f, 1);
        }
        float scale = switch (code) {
            case SOFTMAX, LOGISTIC -> isWide ? 1f / (1 << 15) : 1f / 256;
            case LOG_SOFTMAX -> 16f / 256;
            default -> isWide ? 1f / (1 << 15) : 1f / 128;
        };
        return QuantizationParameters.perTensor(scale, zeroPoint.getAsInt());
    }

    private ByteBuffer elements(ElementType type, int count) {
        if (type == ElementType.FLOAT32) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) (3 * random.nextGaussian());
            }
            return Buffer.ofFloats(values).bytes();
        }
        // Odd, so that none is the zero point of a divisor, or the lowest.
        byte[] bytes = new byte[(int) type.byteLength(count)];
        for (int i = 0; i < bytes.length; i++) {
            int code = random.nextInt(4) == 0 ? -128 : random.nextInt(256);
            bytes[i] = (byte) (code == -128 ? code : code | 1);
        }
        return ByteBuffer.wrap(bytes);
    }
}
