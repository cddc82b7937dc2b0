package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.kernel.KernelTier;
import dev.whittle.engine.kernel.MachineCode;
import dev.whittle.engine.kernel.ReferenceKernels;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.plan.Plan;
import dev.whittle.engine.plan.PlanOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Emitted convolutions yield the bits of the plain loops, on random shapes on either side of every edge that the code has.
class EmittedConvolutionTest {
    private static final int ROUNDS = Integer.getInteger("whittle.test.rounds", 150);
    private static final int[] CHANNELS = {1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 31, 32, 33, 47, 48, 50, 64, 65, 80, 96};
    private static final Activation[] CLAMPS = {Activation.NONE, Activation.RELU, Activation.RELU_N1_TO_1,
        Activation.RELU6};

    private final Random random = new Random(20261129);

    @BeforeEach
    void needsTheTier() {
        assumeThat(MachineCode.installed()).as("machine code for this system and processor").isNotNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "INT8", "UINT8"})
    void yieldsTheBitsOfTheReference(ElementType type) {
        int emitted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Case made = Case.random(random, type);
            Model model = made.model();
            byte[] input = made.input(random);
            for (ReferenceKernels reference : ReferenceKernels.values()) {
                PlanOptions options = PlanOptions.defaults().withReference(reference);
                byte[] expected = run(Plan.of(model, options.withTier(KernelTier.REFERENCE)), input);
                Plan plan = Plan.of(model, options.withTier(KernelTier.EMITTED).withThreads(1 + random.nextInt(2)));
                byte[] actual = run(plan, input);
                emitted += plan.operators().getFirst().kernel() instanceof EmittedConvolution ? 1 : 0;
                int difference = Arrays.mismatch(expected, actual);
                assertThat(difference).as("%s %s: first difference", made, reference).isEqualTo(-1);
            }
        }
        assertThat(emitted).as("convolutions that were emitted").isGreaterThan(ROUNDS);
    }

    @Test
    void yieldsTheBitsOfTheReferenceIn256Bits() throws IOException, InterruptedException {
        Units.runNarrow(EmittedConvolutionTest.class, "-Dwhittle.test.rounds=" + ROUNDS);
    }

    public static void main(String[] none) {
        for (ElementType type : List.of(ElementType.FLOAT32, ElementType.INT8, ElementType.UINT8)) {
            new EmittedConvolutionTest().yieldsTheBitsOfTheReference(type);
        }
        Units.printBits();
    }

    static byte[] run(Plan plan, byte[] input) {
        try (Interpreter interpreter = Interpreter.of(plan)) {
            interpreter.input(0).putBytes(ByteBuffer.wrap(input));
            interpreter.invoke();
            ByteBuffer output = interpreter.output(0).toBytes();
            byte[] bytes = new byte[output.remaining()];
            output.get(bytes);
            return interpreter.output(0).type() == ElementType.FLOAT32 ? RandomElements.withOneNaN(bytes) : bytes;
        }
    }

    /// @param isOdd whether there are NaN and infinities among real numbers, and codes are mostly the least and the largest
    record Case(ElementType type, int batches, int height, int width, int depth, int channels, int filterHeight,
            int filterWidth, Options.Conv2d options, boolean isPooled, boolean isOdd, Tensor filter, Tensor bias,
            int inputZeroPoint, int outputZeroPoint, float outputScale) {

        static Case random(Random random, ElementType type) {
            int height = 1 + random.nextInt(14);
            int width = 1 + random.nextInt(random.nextInt(4) == 0 ? 60 : 20);
            int depth = CHANNELS[random.nextInt(random.nextInt(3) == 0 ? CHANNELS.length : 10)];
            int channels = CHANNELS[random.nextInt(CHANNELS.length)];
            int filterHeight = 1 + random.nextInt(Math.min(height, 5));
            int filterWidth = 1 + random.nextInt(Math.min(width, 5));
            boolean isDilated = random.nextInt(5) == 0 && 2 * filterHeight <= height && 2 * filterWidth <= width;
            int strideY = 1 + random.nextInt(2);
            int strideX = 1 + random.nextInt(3);
            Options.Conv2d options = new Options.Conv2d(random.nextBoolean() ? Padding.SAME : Padding.VALID, strideY,
                    strideX, isDilated ? 2 : 1, isDilated ? 2 : 1, CLAMPS[random.nextInt(CLAMPS.length)]);
            return of(random, type, 1 + random.nextInt(2), height, width, depth, channels, filterHeight, filterWidth,
                    options, random.nextBoolean(), random.nextInt(4) == 0);
        }

        /// Of given sizes, with random numbers.
        static Case of(Random random, ElementType type, int batches, int height, int width, int depth, int channels,
                int filterHeight, int filterWidth, Options.Conv2d options, boolean isPooled, boolean isOdd) {
            Shape shape = Shape.of(channels, filterHeight, filterWidth, depth);
            int count = shape.elementCount();
            Tensor filter = switch (type) {
                case FLOAT32 ->
                        Tensor.constant("filter", type, shape, null,
                                Buffer.ofFloats(RandomElements.reals(random, count, isOdd)));
                case INT8 -> Tensor.constant("filter", type, shape, perChannel(random, channels),
                        Buffer.of(RandomElements.codes(random, count, -127, isOdd)));
                default -> Tensor.constant("filter", type, shape,
                        QuantizationParameters.perTensor(0.02f, random.nextInt(256)),
                        Buffer.of(RandomElements.codes(random, count, -128, isOdd)));
            };
            Tensor bias = type == ElementType.FLOAT32
                    ? Tensor.constant("bias", type, Shape.of(channels), null,
                            Buffer.ofFloats(RandomElements.reals(random, channels, isOdd)))
                    : Tensor.constant("bias", ElementType.INT32, Shape.of(channels), null,
                            Buffer.ofInts(random.ints(channels, -9000, 9000).toArray()));
            int zeroPoint = random.nextInt(256) - (type == ElementType.UINT8 ? 0 : 128);
            return new Case(type, batches, height, width, depth, channels, filterHeight, filterWidth, options,
                    isPooled, isOdd, filter, bias, zeroPoint,
                    random.nextBoolean() ? zeroPoint : type == ElementType.UINT8 ? 0 : -128,
                    (float) Math.exp(random.nextDouble() * 6 - 3));
        }

        private static QuantizationParameters perChannel(Random random, int channels) {
            float[] scales = new float[channels];
            for (int channel = 0; channel < channels; channel++) {
                scales[channel] = (float) Math.exp(-random.nextDouble() * 9);
            }
            return channels == 1
                    ? QuantizationParameters.perTensor(scales[0], 0)
                    : QuantizationParameters.perChannel(scales, new long[channels], 0);
        }

        Model model() {
            boolean isReal = type == ElementType.FLOAT32;
            QuantizationParameters in = isReal ? null : QuantizationParameters.perTensor(0.02f, inputZeroPoint);
            QuantizationParameters out = isReal ? null : QuantizationParameters.perTensor(outputScale, outputZeroPoint);
            Padding padding = options.padding();
            int outHeight = padding.outputSize(height, filterHeight, options.strideHeight(), options.dilationHeight());
            int outWidth = padding.outputSize(width, filterWidth, options.strideWidth(), options.dilationWidth());
            List<Tensor> tensors = new ArrayList<>(
                    List.of(Tensor.activation("image", type, Shape.of(batches, height, width, depth), in), filter, bias,
                            Tensor.activation("sums", type, Shape.of(batches, outHeight, outWidth, channels), out)));
            List<Operator> operators = new ArrayList<>(List.of(new Operator(options, List.of(0, 1, 2), List.of(3), 1)));
            int output = 3;
            if (isPooled && outHeight > 1 && outWidth > 1) {
                tensors.add(Tensor.activation("pooled", type,
                        Shape.of(batches, outHeight / 2, outWidth / 2, channels), out));
                operators.add(new Operator(
                        new Options.MaxPool2d(new Options.Pool2d(Padding.VALID, 2, 2, 2, 2, Activation.NONE)),
                        List.of(3),
                        List.of(4), 1));
                output = 4;
            }
            return new Model("convolution.tflite", Model.SCHEMA_VERSION, "",
                    List.of(new Subgraph("main", tensors, List.of(0), List.of(output), operators)), List.of(),
                    List.of());
        }

        byte[] input(Random random) {
            int count = batches * height * width * depth;
            if (type != ElementType.FLOAT32) {
                return RandomElements.codes(random, count, -128, isOdd);
            }
            ByteBuffer bytes = Buffer.ofFloats(RandomElements.reals(random, count, isOdd)).bytes();
            byte[] input = new byte[bytes.remaining()];
            bytes.get(input);
            return input;
        }
    }
}
