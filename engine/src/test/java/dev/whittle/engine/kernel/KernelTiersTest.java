package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.engine.plan.PlanOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Every tier against the nested loops, bit for bit, on seeded random operators whose sizes straddle lane counts.
class KernelTiersTest {
    private static final int[] CHANNELS = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33};
    private static final int[] EXTENTS = {4, 5, 7, 8, 13};
    private static final Activation[] CLAMPS = {Activation.NONE, Activation.RELU, Activation.RELU6,
        Activation.RELU_N1_TO_1};

    private static final int[] THREADS = {1, 3};

    private enum Types {
        REALS, INT8_PER_CHANNEL, INT8_PER_TENSOR, UINT8, INT16, INT4, HYBRID, HYBRID_UINT8
    }

    private final Random random = new Random(2024);

    private int pick(int[] values) {
        return values[random.nextInt(values.length)];
    }

    private float scale() {
        return 0.0071f + random.nextFloat() * 0.05f;
    }

    private Tensor activation(String name, Types types, int... shape) {
        return switch (types) {
            case REALS, HYBRID, HYBRID_UINT8 -> Tensor.activation(name, ElementType.FLOAT32, Shape.of(shape), null);
            case INT8_PER_CHANNEL, INT8_PER_TENSOR, INT4 -> Tensor.activation(name, ElementType.INT8, Shape.of(shape),
                    QuantizationParameters.perTensor(scale(), random.nextInt(256) - 128));
            case UINT8 -> Tensor.activation(name, ElementType.UINT8, Shape.of(shape),
                    QuantizationParameters.perTensor(scale(), random.nextInt(256)));
            case INT16 -> Tensor.activation(name, ElementType.INT16, Shape.of(shape),
                    QuantizationParameters.perTensor(scale() / 256, 0));
        };
    }

    private Tensor weights(Types types, int channels, int channelDimension, int... shape) {
        int count = Shape.of(shape).elementCount();
        if (types == Types.REALS) {
            return Tensor.constant("weights", ElementType.FLOAT32, Shape.of(shape), null,
                    Buffer.ofFloats(reals(count)));
        }
        byte[] codes = codes(count);
        if (random.nextBoolean()) {
            // As in most files: without the most negative one.
            for (int i = 0; i < count; i++) {
                codes[i] = (byte) Math.max(-127, codes[i]);
            }
        }
        if (types == Types.UINT8 || types == Types.HYBRID_UINT8) {
            return Tensor.constant("weights", ElementType.UINT8, Shape.of(shape),
                    QuantizationParameters.perTensor(scale(), random.nextInt(256)), Buffer.of(codes));
        }
        QuantizationParameters parameters = QuantizationParameters.perTensor(scale(), 0);
        boolean isPerChannel = types == Types.INT8_PER_CHANNEL || types == Types.INT16 || types == Types.INT4;
        if (isPerChannel && channels > 1) {
            float[] scales = new float[channels];
            for (int channel = 0; channel < channels; channel++) {
                scales[channel] = scale();
            }
            parameters = QuantizationParameters.perChannel(scales, new long[channels], channelDimension);
        }
        return types == Types.INT4
                ? Tensor.constant("weights", ElementType.INT4, Shape.of(shape), parameters,
                        Buffer.of(codes((count + 1) / 2)))
                : Tensor.constant("weights", ElementType.INT8, Shape.of(shape), parameters, Buffer.of(codes));
    }

    private Tensor bias(Types types, int channels) {
        if (types == Types.REALS || types == Types.HYBRID || types == Types.HYBRID_UINT8) {
            return Tensor.constant("bias", ElementType.FLOAT32, Shape.of(channels), null,
                    Buffer.ofFloats(reals(channels)));
        }
        int[] values = random.ints(channels, -20_000, 20_000).toArray();
        if (types == Types.INT16 && random.nextBoolean()) {
            return Tensor.constant("bias", ElementType.INT64, Shape.of(channels), null,
                    Buffer.ofLongs(Arrays.stream(values).mapToLong(value -> value * 100_000L).toArray()));
        }
        return Tensor.constant("bias", ElementType.INT32, Shape.of(channels), null, Buffer.ofInts(values));
    }

    private float[] reals(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            // Zeros of both signs among them.
            values[i] = (random.nextInt(9) == 0 ? 0 : 1) * (float) random.nextGaussian();
        }
        return values;
    }

    /// As [#reals], some of them what comparisons treat in a way of their own.
    private float[] oddReals(int count) {
        float[] values = reals(count);
        for (int i = 0; i < count; i++) {
            values[i] = switch (random.nextInt(24)) {
                case 0 -> -0f;
                case 1 -> Float.NaN;
                case 2 -> Float.NEGATIVE_INFINITY;
                case 3 -> Float.POSITIVE_INFINITY;
                case 4 -> -Float.MAX_VALUE;
                default -> values[i];
            };
        }
        return values;
    }

    /// Half of them at the ends of the range.
    private byte[] codes(int count) {
        byte[] values = new byte[count];
        random.nextBytes(values);
        for (int i = 0; i < count; i++) {
            values[i] = switch (random.nextInt(4)) {
                case 0 -> Byte.MIN_VALUE;
                case 1 -> Byte.MAX_VALUE;
                default -> values[i];
            };
        }
        return values;
    }

    private static Model model(Options options, List<Tensor> tensors) {
        List<Integer> inputs = new ArrayList<>();
        List<Integer> fed = new ArrayList<>();
        for (int i = 0; i < tensors.size() - 1; i++) {
            inputs.add(i);
            if (!tensors.get(i).isConstant()) {
                fed.add(i);
            }
        }
        int output = tensors.size() - 1;
        Operator operator = new Operator(options, inputs, List.of(output), 1);
        return new Model("test.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", tensors, fed, List.of(output), List.of(operator))), List.of(), List.of());
    }

    private void everyTierAgrees(String what, Options options, Tensor... tensors) {
        everyTierAgrees(what, false, options, tensors);
    }

    /// @param isOdd whether floats are those of [#oddReals]
    private void everyTierAgrees(String what, boolean isOdd, Options options, Tensor... tensors) {
        List<ByteBuffer> input = new ArrayList<>();
        for (Tensor tensor : Arrays.asList(tensors).subList(0, tensors.length - 1)) {
            int count = tensor.shape().elementCount();
            if (!tensor.isConstant()) {
                input.add(tensor.type() == ElementType.FLOAT32
                        ? Buffer.ofFloats(isOdd ? oddReals(count) : reals(count)).bytes()
                        : ByteBuffer.wrap(codes((int) tensor.type().byteLength(count))));
            }
        }
        everyTierAgrees(what, input, options, tensors);
    }

    private void everyTierAgrees(String what, List<ByteBuffer> input, Options options, Tensor... tensors) {
        Model model = model(options, Arrays.asList(tensors));
        ReferenceKernels reference = random.nextBoolean() ? ReferenceKernels.REFERENCE : ReferenceKernels.OPTIMIZED;
        byte[] expected = run(model, KernelTier.REFERENCE, 1, reference, input);
        for (KernelTier tier : KernelTier.values()) {
            if (tier != KernelTier.VECTOR || KernelTier.isVectorAvailable()) {
                for (int threads : THREADS) {
                    assertThat(run(model, tier, threads, reference, input))
                            .as("%s, %s, %d threads, %s, %s", what, tier, threads, reference, options)
                            .isEqualTo(expected);
                }
            }
        }
    }

    private static byte[] run(Model model, KernelTier tier, int threads, ReferenceKernels reference,
            List<ByteBuffer> input) {
        PlanOptions plan = PlanOptions.defaults().withTier(tier).withThreads(threads).withReference(reference);
        try (Interpreter interpreter = Interpreter.of(model, plan)) {
            for (int i = 0; i < input.size(); i++) {
                interpreter.input(i).putBytes(input.get(i).duplicate());
            }
            interpreter.invoke();
            ByteBuffer output = interpreter.output(0).toBytes();
            byte[] bytes = new byte[output.remaining()];
            output.get(bytes);
            return bytes;
        }
    }

    private Activation clamp() {
        return CLAMPS[random.nextInt(CLAMPS.length)];
    }

    @Test
    void convolutionsOfEveryTypeMatchTheReferenceBitForBit() {
        for (int round = 0; round < 96; round++) {
            Types types = Types.values()[round % Types.values().length];
            int groups = random.nextInt(4) == 0 ? 2 : 1;
            int depth = pick(CHANNELS);
            int channels = pick(CHANNELS) * groups;
            int batch = 1 + random.nextInt(2);
            int height = pick(EXTENTS);
            int width = pick(EXTENTS);
            int filterHeight = 1 + random.nextInt(3);
            int filterWidth = 1 + random.nextInt(3);
            int dilation = random.nextInt(4) == 0 && Math.min(height, width) > 4 ? 2 : 1;
            Padding padding = random.nextBoolean() ? Padding.SAME : Padding.VALID;
            int strideHeight = 1 + random.nextInt(2);
            int strideWidth = 1 + random.nextInt(2);
            Options.Conv2d options =
                    new Options.Conv2d(padding, strideHeight, strideWidth, dilation, dilation, clamp());
            everyTierAgrees("round " + round + " " + types, options,
                    activation("x", types, batch, height, width, depth * groups),
                    weights(types, channels, 0, channels, filterHeight, filterWidth, depth), bias(types, channels),
                    activation("y", types, batch, padding.outputSize(height, filterHeight, strideHeight, dilation),
                            padding.outputSize(width, filterWidth, strideWidth, dilation), channels));
        }
    }

    /// Large enough for [dev.whittle.engine.plan.PlanOptions#threads] to share the work: those above are not.
    @Test
    void convolutionsWorthDividingMatchTheReferenceBitForBit() {
        for (Types types : Types.values()) {
            Tensor image = activation("x", types, 2, 29, 31, 17);
            everyTierAgrees("conv " + types, new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, clamp()), image,
                    weights(types, 35, 0, 35, 3, 3, 17), bias(types, 35), activation("y", types, 2, 29, 31, 35));
            everyTierAgrees("pointwise " + types, new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, clamp()), image,
                    weights(types, 67, 0, 67, 1, 1, 17), bias(types, 67), activation("y", types, 2, 29, 31, 67));
            everyTierAgrees("depthwise " + types,
                    new Options.DepthwiseConv2d(Padding.SAME, 1, 1, 2, 1, 1, clamp()), image,
                    weights(types, 34, 3, 1, 3, 3, 34), bias(types, 34), activation("y", types, 2, 29, 31, 34));
        }
    }

    @Test
    void deepConvolutionOfSaturatedCodesIsExact() {
        // 128 · 127 · 3 · 3 · 300 passes 2^24 almost three times: the depth must be cut.
        Options.Conv2d options = new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, Activation.NONE);
        byte[] codes = new byte[17 * 9 * 300];
        Arrays.fill(codes, (byte) 127);
        Tensor weights = Tensor.constant("weights", ElementType.INT8, Shape.of(17, 3, 3, 300),
                QuantizationParameters.perTensor(0.0131f, 0), Buffer.of(codes));
        Tensor input = Tensor.activation("x", ElementType.INT8, Shape.of(1, 4, 5, 300),
                QuantizationParameters.perTensor(0.021f, 3));
        Tensor output = Tensor.activation("y", ElementType.INT8, Shape.of(1, 4, 5, 17),
                QuantizationParameters.perTensor(71.3f, -5));

        everyTierAgrees("deep", options, input, weights, bias(Types.INT8_PER_TENSOR, 17), output);
    }

    @Test
    void depthwiseConvolutionsOfEveryTypeMatchTheReferenceBitForBit() {
        for (int round = 0; round < 96; round++) {
            Types types = Types.values()[round % Types.values().length];
            int depth = pick(CHANNELS);
            int channels = depth * (1 + random.nextInt(3));
            int batch = 1 + random.nextInt(2);
            int height = pick(EXTENTS);
            int width = pick(EXTENTS);
            int filter = 1 + random.nextInt(3);
            int stride = 1 + random.nextInt(2);
            Padding padding = random.nextBoolean() ? Padding.SAME : Padding.VALID;
            Options options = new Options.DepthwiseConv2d(padding, stride, stride, channels / depth, 1, 1, clamp());
            everyTierAgrees("round " + round + " " + types, options,
                    activation("x", types, batch, height, width, depth),
                    weights(types, channels, 3, 1, filter, filter, channels), bias(types, channels),
                    activation("y", types, batch, padding.outputSize(height, filter, stride, 1),
                            padding.outputSize(width, filter, stride, 1), channels));
        }
    }

    @Test
    void fullyConnectedOfEveryTypeMatchesTheReferenceBitForBit() {
        for (int round = 0; round < 96; round++) {
            Types types = Types.values()[round % Types.values().length];
            int depth = random.nextInt(8) == 0 ? 2500 : pick(CHANNELS) * pick(EXTENTS);
            int channels = pick(CHANNELS);
            int batch = 1 + random.nextInt(14);
            Options options = new Options.FullyConnected(clamp(), false, random.nextBoolean());
            everyTierAgrees("round " + round + " " + types, options, activation("x", types, batch, depth),
                    weights(types, channels, 0, channels, depth), bias(types, channels),
                    activation("y", types, batch, channels));
        }
    }

    @Test
    void fullyConnectedOfOneRowAndFewChannelsMatchesTheReferenceBitForBit() {
        for (int round = 0; round < 120; round++) {
            Types types =
                    List.of(Types.REALS, Types.INT8_PER_TENSOR, Types.INT8_PER_CHANNEL, Types.UINT8).get(round % 4);
            int depth = 1 + random.nextInt(40);
            int channels = 1 + random.nextInt(18);
            everyTierAgrees("round " + round + " " + types, new Options.FullyConnected(clamp(), false, false),
                    activation("x", types, 1, depth), weights(types, channels, 0, channels, depth),
                    bias(types, channels), activation("y", types, 1, channels));
        }
    }

    @Test
    void fullyConnectedWorthDividingMatchesTheReferenceBitForBit() {
        for (Types types : Types.values()) {
            for (int batch : new int[]{1, 3, 9}) {
                everyTierAgrees("batch " + batch + " " + types, new Options.FullyConnected(clamp(), false, false),
                        activation("x", types, batch, 1501), weights(types, 259, 0, 259, 1501), bias(types, 259),
                        activation("y", types, batch, 259));
            }
        }
    }

    /// Values that no range holds, such as are too small for one, and such as lie half way between codes.
    @Test
    void hybridInputOfEveryKindMatchesTheReferenceBitForBit() {
        float[] odd = {0, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE,
            -Float.MIN_VALUE, Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE, 1e-37f};
        for (int round = 0; round < 300; round++) {
            int depth = pick(CHANNELS) + pick(CHANNELS);
            int batch = 1 + random.nextInt(3);
            int channels = pick(CHANNELS);
            float[] values = new float[batch * depth];
            float size = switch (random.nextInt(4)) {
                case 0 -> Float.MIN_VALUE;
                case 1 -> Float.MAX_VALUE / 260;
                default -> 0.25f;
            };
            int least = random.nextBoolean() ? -127 : 0;
            for (int i = 0; i < values.length; i++) {
                values[i] = round % 3 == 0 && random.nextInt(depth) == 0
                        ? odd[random.nextInt(odd.length)]
                        : (least + random.nextInt(255) * 0.5f) * size;
            }
            Types types = random.nextBoolean() ? Types.HYBRID : Types.HYBRID_UINT8;
            Options options = new Options.FullyConnected(clamp(), false, random.nextBoolean());
            everyTierAgrees("round " + round, List.of(Buffer.ofFloats(values).bytes()), options,
                    activation("x", types, batch, depth), weights(types, channels, 0, channels, depth),
                    bias(types, channels), activation("y", types, batch, channels));
        }
    }

    /// Exponents of every kind: too small for a float, below the normal ones, too large, none.
    @Test
    void softmaxOfRealsMatchesTheReferenceBitForBit() {
        float[] odd = {0, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, 1e30f};
        for (int round = 0; round < 60; round++) {
            int depth = 1 + random.nextInt(70);
            float[] values = new float[3 * depth];
            float size = round % 3 == 0 ? 1 : 120;
            for (int i = 0; i < values.length; i++) {
                values[i] = round % 5 == 0 && random.nextInt(depth) == 0
                        ? odd[random.nextInt(odd.length)]
                        : (float) random.nextGaussian() * size;
            }
            everyTierAgrees("round " + round, List.of(Buffer.ofFloats(values).bytes()),
                    new Options.Softmax(round % 4 == 0 ? -0.7f : 1), activation("x", Types.REALS, 3, depth),
                    activation("y", Types.REALS, 3, depth));
        }
    }

    @Test
    void poolsOfEveryTypeMatchTheReferenceBitForBit() {
        for (int round = 0; round < 80; round++) {
            Types types = List.of(Types.REALS, Types.INT8_PER_TENSOR, Types.UINT8, Types.INT16).get(round % 4);
            int channels = pick(CHANNELS);
            int batch = 1 + random.nextInt(2);
            int height = pick(EXTENTS);
            int width = pick(EXTENTS);
            int filter = 1 + random.nextInt(4);
            int stride = 1 + random.nextInt(3);
            Padding padding = random.nextBoolean() ? Padding.SAME : Padding.VALID;
            Options.Pool2d pool = new Options.Pool2d(padding, stride, stride, filter, filter, clamp());
            Tensor input = activation("x", types, batch, height, width, channels);
            Tensor output = new Tensor("y", input.type(),
                    Shape.of(batch, padding.outputSize(height, filter, stride, 1),
                            padding.outputSize(width, filter, stride, 1), channels),
                    input.shape(), input.quantization(), null, false)
                    .withShape(Shape.of(batch, padding.outputSize(height, filter, stride, 1),
                            padding.outputSize(width, filter, stride, 1), channels));
            everyTierAgrees("round " + round, round % 8 == 0, new Options.MaxPool2d(pool), input, output);
            everyTierAgrees("round " + round, new Options.AveragePool2d(pool), input, output);
        }
    }

    @Test
    void arithmeticOfEveryTypeMatchesTheReferenceBitForBit() {
        int[][][] shapes = {{{1}, {1}}, {{5, 3}, {5, 3}}, {{131}, {131}}, {{2, 3, 67}, {67}}, {{67}, {2, 3, 67}},
            {{7, 33}, {1}}, {{1}, {7, 33}}, {{3, 0}, {1, 0}}, {{0}, {1}}, {{2, 1, 37}, {2, 5, 1}},
            {{3, 4, 5}, {3, 1, 5}}, {{67, 1009}, {67, 1009}},
            {{301, 211}, {211}}, {{1}, {67_001}}};
        for (int round = 0; round < 12 * shapes.length; round++) {
            Types types = List.of(Types.REALS, Types.INT8_PER_TENSOR, Types.UINT8, Types.INT16).get(round % 4);
            int[][] shape = shapes[round / 12];
            Options options = switch (random.nextInt(3)) {
                case 0 -> new Options.Add(clamp(), false);
                case 1 -> new Options.Sub(clamp(), false);
                default -> new Options.Mul(clamp());
            };
            int rank = Math.max(shape[0].length, shape[1].length);
            int[] out = new int[rank];
            for (int axis = 0; axis < rank; axis++) {
                int own0 = axis - rank + shape[0].length;
                int own1 = axis - rank + shape[1].length;
                int size0 = own0 < 0 ? 1 : shape[0][own0];
                out[axis] = size0 == 1 && own1 >= 0 ? shape[1][own1] : size0;
            }
            everyTierAgrees("round " + round + " " + types, true, options, activation("a", types, shape[0]),
                    activation("b", types, shape[1]), activation("y", types, out));
        }
    }

    @Test
    void meansAndSumsOfEveryTypeMatchTheReferenceBitForBit() {
        for (int round = 0; round < 120; round++) {
            Types types = List.of(Types.REALS, Types.INT8_PER_TENSOR, Types.UINT8, Types.INT16).get(round % 4);
            int[] shape = {1 + random.nextInt(2), pick(EXTENTS), pick(EXTENTS), pick(CHANNELS)};
            int[][] choices = {{1, 2}, {2}, {1}, {3}, {0, 2}, {1, 3}, {0, 1, 2, 3}};
            int[] axes = choices[random.nextInt(3) == 0 ? random.nextInt(choices.length) : 0];
            boolean keepDims = random.nextBoolean();
            List<Integer> out = new ArrayList<>();
            for (int axis = 0; axis < shape.length; axis++) {
                boolean isReduced = Arrays.binarySearch(axes, axis) >= 0;
                if (!isReduced || keepDims) {
                    out.add(isReduced ? 1 : shape[axis]);
                }
            }
            OperatorCode code = random.nextBoolean() ? OperatorCode.MEAN : OperatorCode.SUM;
            everyTierAgrees("round " + round + " " + types, new Options.Reduce(code, keepDims),
                    activation("x", types, shape),
                    Tensor.constant("axes", ElementType.INT32, Shape.of(axes.length), null, Buffer.ofInts(axes)),
                    activation("y", types, out.stream().mapToInt(i -> i).toArray()));
        }
    }

    @Test
    void resizesOfEveryTypeMatchTheReferenceBitForBit() {
        for (int round = 0; round < 160; round++) {
            Types types = List.of(Types.REALS, Types.INT8_PER_TENSOR, Types.UINT8, Types.INT16).get(round % 4);
            int batch = 1 + random.nextInt(2);
            int channels = pick(CHANNELS);
            int[] size = round % 40 < 4 ? new int[]{61, 67} : new int[]{1 + random.nextInt(20), 1 + random.nextInt(20)};
            boolean alignCorners = random.nextBoolean();
            Tensor input = activation("x", types, batch, pick(EXTENTS), pick(EXTENTS), channels);
            everyTierAgrees("round " + round + " " + types,
                    new Options.ResizeBilinear(alignCorners, !alignCorners && random.nextBoolean()), input,
                    Tensor.constant("size", ElementType.INT32, Shape.of(2), null, Buffer.ofInts(size)),
                    new Tensor("y", input.type(), Shape.of(batch, size[0], size[1], channels), input.shape(),
                            input.quantization(), null, false)
                            .withShape(Shape.of(batch, size[0], size[1], channels)));
        }
    }

    @Test
    void operatorsOfOneTensorMatchTheReferenceBitForBit() {
        for (int length : new int[]{1, 7, 8, 9, 16, 31, 33, 131, 4099, 40_003}) {
            for (Options relu : List.of(Options.Plain.RELU, Options.Plain.RELU6, Options.Plain.RELU_N1_TO_1)) {
                for (Types types : List.of(Types.REALS, Types.INT8_PER_TENSOR)) {
                    everyTierAgrees(types + " of " + length, true, relu, activation("x", types, length),
                            activation("y", types, length));
                }
            }
            for (Types types : List.of(Types.INT8_PER_TENSOR, Types.UINT8, Types.INT16)) {
                Tensor codes = activation("codes", types, length);
                Tensor reals = activation("reals", Types.REALS, length);
                everyTierAgrees(types + " of " + length, true, Options.Plain.QUANTIZE, reals, codes);
                everyTierAgrees(types + " of " + length, Options.Plain.DEQUANTIZE, codes, reals);
            }
        }
    }

    /// Halves, and what is nearest to them, at a scale that divides exactly.
    @Test
    void halvesAreRoundedAsTheReferenceRoundsThem() {
        float[] reals = new float[4800];
        for (int i = 0; i < reals.length; i++) {
            float half = (i / 3 - reals.length / 6) * 0.5f;
            reals[i] = switch (i % 3) {
                case 0 -> half;
                case 1 -> Math.nextUp(half);
                default -> Math.nextDown(half);
            };
        }
        Tensor input = Tensor.activation("x", ElementType.FLOAT32, Shape.of(reals.length), null);
        Tensor output = Tensor.activation("y", ElementType.INT8, Shape.of(reals.length),
                QuantizationParameters.perTensor(1, -3));
        Model model = model(Options.Plain.QUANTIZE, List.of(input, output));
        List<ByteBuffer> inputs = List.of(Buffer.ofFloats(reals).bytes());
        for (ReferenceKernels reference : ReferenceKernels.values()) {
            byte[] expected = run(model, KernelTier.REFERENCE, 1, reference, inputs);
            assertThat(run(model, KernelTier.selected(), 1, reference, inputs)).isEqualTo(expected);
        }
    }

    @Test
    void transposedConvolutionsOfEveryTypeMatchTheReferenceBitForBit() {
        for (int round = 0; round < 60; round++) {
            Types types = List.of(Types.REALS, Types.INT8_PER_CHANNEL, Types.INT8_PER_TENSOR, Types.UINT8, Types.INT16)
                    .get(round % 5);
            int depth = pick(CHANNELS);
            int channels = pick(CHANNELS);
            int batch = 1 + random.nextInt(2);
            int height = pick(EXTENTS);
            int width = pick(EXTENTS);
            int filter = 1 + random.nextInt(4);
            int stride = 1 + random.nextInt(3);
            Padding padding = random.nextBoolean() ? Padding.SAME : Padding.VALID;
            int[] shape = {batch, height * stride + random.nextInt(2), width * stride, channels};
            Tensor asked = Tensor.constant("shape", ElementType.INT32, Shape.of(4), null, Buffer.ofInts(shape));
            everyTierAgrees("round " + round + " " + types, new Options.TransposeConv(padding, stride, stride, clamp()),
                    asked, weights(types, channels, 0, channels, filter, filter, depth),
                    activation("x", types, batch, height, width, depth), bias(types, channels),
                    activation("y", types, shape));
        }
    }

    @Test
    void convolutionsInThreeDimensionsMatchTheReferenceBitForBit() {
        for (int round = 0; round < 20; round++) {
            int depth = pick(CHANNELS);
            int channels = pick(CHANNELS);
            int filter = 1 + random.nextInt(3);
            int stride = 1 + random.nextInt(2);
            int dilation = 1 + random.nextInt(2);
            Padding padding = random.nextInt(4) == 0 ? Padding.VALID : Padding.SAME;
            int[] in = {1 + random.nextInt(2), 5, 5 + random.nextInt(3), 6, depth};
            int[] out = in.clone();
            for (int axis = 1; axis < 4; axis++) {
                out[axis] = padding.outputSize(in[axis], filter, stride, dilation);
            }
            out[4] = channels;
            everyTierAgrees("round " + round,
                    new Options.Conv3d(OperatorCode.CONV_3D, padding, stride, stride, stride, dilation, dilation,
                            dilation, clamp()),
                    activation("x", Types.REALS, in),
                    weights(Types.REALS, channels, 4, filter, filter, filter, depth, channels),
                    bias(Types.REALS, channels), activation("y", Types.REALS, out));
            int[] back = in.clone();
            back[4] = depth;
            everyTierAgrees("round " + round + " transposed",
                    new Options.Conv3d(OperatorCode.CONV_3D_TRANSPOSE, padding, stride, stride, stride, dilation,
                            dilation, dilation, clamp()),
                    Tensor.constant("shape", ElementType.INT32, Shape.of(5), null, Buffer.ofInts(back)),
                    weights(Types.REALS, depth, 3, filter, filter, filter, depth, channels),
                    activation("x", Types.REALS, out), bias(Types.REALS, depth), activation("y", Types.REALS, back));
        }
    }

    @Test
    void batchedProductsOfEveryTypeMatchTheReferenceBitForBit() {
        List<Types> all = List.of(Types.REALS, Types.INT8_PER_TENSOR, Types.INT16, Types.HYBRID);
        for (int round = 0; round < 64; round++) {
            Types types = all.get(round % all.size());
            boolean adjX = random.nextBoolean();
            boolean adjY = random.nextBoolean();
            int rows = pick(CHANNELS);
            int depth = random.nextInt(4) == 0 ? 700 : pick(CHANNELS);
            int columns = pick(CHANNELS);
            Tensor left = random.nextBoolean()
                    ? activation("a", types, 3, 1, adjX ? depth : rows, adjX ? rows : depth)
                    : activation("a", types, 3, 2, adjX ? depth : rows, adjX ? rows : depth);
            int[] rightShape = {2, adjY ? columns : depth, adjY ? depth : columns};
            Tensor right = types == Types.HYBRID
                    ? weights(random.nextBoolean() ? Types.INT8_PER_CHANNEL : Types.HYBRID, columns, adjY ? 1 : 2,
                            rightShape)
                    : activation("b", types, rightShape);
            everyTierAgrees("round " + round + " " + types,
                    new Options.BatchMatMul(adjX, adjY, random.nextBoolean()), left, right,
                    activation("y", types, 3, 2, rows, columns));
        }
    }

    private static void refuses(Class<? extends Exception> type, String message, Options options,
            @Nullable Tensor... tensors) {
        Model model = model(options, Arrays.asList(tensors));
        assertThatThrownBy(() -> Interpreter.of(model)).isInstanceOf(type).hasMessage(message);
    }

    private static Options.Conv2d plainConv(int stride, Activation activation) {
        return new Options.Conv2d(Padding.VALID, stride, stride, 1, 1, activation);
    }

    @Test
    void zeroStrideFailsNamingIt() {
        refuses(MalformedModelException.class, "[test.tflite] CONV_2D #0 \"y\": stride height is 0, must be at least 1",
                plainConv(0, Activation.NONE), activation("x", Types.REALS, 1, 4, 4, 2),
                weights(Types.REALS, 3, 0, 3, 1, 1, 2), bias(Types.REALS, 3), activation("y", Types.REALS, 1, 4, 4, 3));
    }

    @Test
    void biasOfTheWrongLengthFailsNamingIt() {
        refuses(MalformedModelException.class,
                "[test.tflite] CONV_2D #0 \"y\": bias has 4 elements, must have 3, one per output channel",
                plainConv(1, Activation.NONE), activation("x", Types.REALS, 1, 4, 4, 2),
                weights(Types.REALS, 3, 0, 3, 1, 1, 2), bias(Types.REALS, 4), activation("y", Types.REALS, 1, 4, 4, 3));
    }

    @Test
    void filterThatDoesNotFitTheInputFails() {
        refuses(MalformedModelException.class,
                "[test.tflite] CONV_2D #0 \"y\": filter has 3 input channels for an input of 2, must divide it",
                plainConv(1, Activation.NONE), activation("x", Types.REALS, 1, 4, 4, 2),
                weights(Types.REALS, 3, 0, 3, 1, 1, 3), bias(Types.REALS, 3), activation("y", Types.REALS, 1, 4, 4, 3));
    }

    @Test
    void activationThatIsNoClampIsRefused() {
        refuses(UnsupportedModelException.class,
                "[test.tflite] CONV_2D #0 \"y\": fused activation is TANH, must be NONE, RELU, RELU_N1_TO_1 or RELU6",
                plainConv(1, Activation.TANH), activation("x", Types.REALS, 1, 4, 4, 2),
                weights(Types.REALS, 3, 0, 3, 1, 1, 2), bias(Types.REALS, 3), activation("y", Types.REALS, 1, 4, 4, 3));
    }

    @Test
    void halfPrecisionFilterIsRefused() {
        Tensor half = Tensor.constant("weights", ElementType.FLOAT16, Shape.of(3, 2), null,
                Buffer.ofShorts(new short[6]));
        refuses(UnsupportedModelException.class,
                "[test.tflite] FULLY_CONNECTED #0 \"y\": types are FLOAT32 input, FLOAT16 filter and FLOAT32 output,"
                        + " supported are FLOAT32 or UINT8 throughout, INT8 or INT16 with an INT8, INT4 or INT2 filter,"
                        + " INT16 throughout, UINT8 with INT16 output,"
                        + " and FLOAT32 with an INT8, UINT8, INT4 or INT2 filter",
                new Options.FullyConnected(Activation.NONE, false, false), activation("x", Types.REALS, 1, 2), half,
                activation("y", Types.REALS, 1, 3));
    }
}
