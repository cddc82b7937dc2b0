package dev.whittle.engine.emitted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whittle.engine.Interpreter;
import dev.whittle.engine.emitted.x86.VectorUnit;
import dev.whittle.engine.kernel.KernelTier;
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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Emitted depthwise convolutions yield the bits of the plain loops, on random shapes on either side of every edge that the code has.
class EmittedDepthwiseTest {
    private static final int ROUNDS = Integer.getInteger("whittle.test.rounds", 150);
    private static final int[] CHANNELS =
            {1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 31, 32, 33, 47, 48, 50, 63, 64, 65, 80, 96, 128, 144};
    private static final Activation[] CLAMPS = {Activation.NONE, Activation.RELU, Activation.RELU_N1_TO_1,
        Activation.RELU6};

    private static final int GUARDED_ROUNDS = Math.ceilDiv(ROUNDS, 3);

    private final Random random = new Random(20261129);

    @BeforeEach
    void needsTheTier() {
        Units.assume(VectorUnit.AVX512);
    }

    /// Of real numbers; the other kinds have no such code.
    @Test
    void yieldsTheBitsOfTheReferenceIn256Bits() throws IOException, InterruptedException {
        Units.runNarrow(EmittedDepthwiseTest.class, "-Dwhittle.test.rounds=" + ROUNDS);
    }

    public static void main(String[] none) {
        new EmittedDepthwiseTest().yieldsTheBitsOfTheReference(Kind.FLOAT32);
        Units.printBits();
    }

    enum Kind {
        FLOAT32, INT8, UINT8, HYBRID;

        ElementType type() {
            return this == HYBRID ? ElementType.FLOAT32 : ElementType.valueOf(name());
        }

        ElementType weightType() {
            return this == HYBRID ? ElementType.INT8 : type();
        }
    }

    @ParameterizedTest
    @EnumSource
    void yieldsTheBitsOfTheReference(Kind kind) {
        int emitted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Case made = Case.random(random, kind);
            Model model = made.model();
            byte[] input = made.input(random);
            for (ReferenceKernels reference : ReferenceKernels.values()) {
                PlanOptions options = PlanOptions.defaults().withReference(reference);
                byte[] expected = made.canonical(run(Plan.of(model, options.withTier(KernelTier.REFERENCE)), input));
                Plan plan = Plan.of(model, options.withTier(KernelTier.EMITTED).withThreads(1 + random.nextInt(2)));
                byte[] actual = made.canonical(run(plan, input));
                emitted +=
                        plan.operators().getFirst().kernel() instanceof EmittedDepthwise ? 1 : 0;
                int difference = Arrays.mismatch(expected, actual);
                assertThat(difference).as("%s %s: first difference", made, reference).isEqualTo(-1);
            }
        }
        if (kind != Kind.HYBRID) {
            // A hybrid one lies within a kernel that quantizes its input.
            assertThat(emitted).as("depthwise convolutions that were emitted").isGreaterThan(ROUNDS);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "INT8", "UINT8"})
    void touchesNothingOutsideOfItsTensors(Kind kind) {
        int emitted = 0;
        for (int round = 0; round < GUARDED_ROUNDS; round++) {
            Case made = Case.random(random, kind);
            byte[] input = made.input(random);
            Plan plan = Plan.of(made.model(), PlanOptions.defaults().withTier(KernelTier.EMITTED));
            if (plan.operators().getFirst().kernel() instanceof EmittedDepthwise kernel) {
                emitted++;
                byte[] expected = run(plan, input);
                for (boolean isAtEnd : new boolean[]{true, false}) {
                    MemorySegment from = GuardedMemory.allocate(input.length, isAtEnd);
                    MemorySegment to = GuardedMemory.allocate(expected.length, isAtEnd);
                    MemorySegment.copy(input, 0, from, ValueLayout.JAVA_BYTE, 0, input.length);
                    kernel.invoke(new GuardedMemory(Map.of("image", from, "sums", to), 0), 0, kernel.units(), 0);
                    assertThat(made.canonical(to.toArray(ValueLayout.JAVA_BYTE))).as("%s", made)
                            .isEqualTo(made.canonical(expected));
                }
            }
        }
        assertThat(emitted).as("depthwise convolutions that were emitted").isGreaterThan(GUARDED_ROUNDS / 2);
    }

    static byte[] run(Plan plan, byte[] input) {
        try (Interpreter interpreter = Interpreter.of(plan)) {
            interpreter.input(0).putBytes(ByteBuffer.wrap(input));
            interpreter.invoke();
            ByteBuffer output = interpreter.output(0).toBytes();
            byte[] bytes = new byte[output.remaining()];
            output.get(bytes);
            return bytes;
        }
    }

    /// @param isOdd whether there are NaN and infinities among real numbers, and codes are mostly the least and the largest
    record Case(Kind kind, ElementType type, int batches, int height, int width, int channels, int filterHeight,
            int filterWidth, Options.DepthwiseConv2d options, boolean isOdd, Tensor filter, Tensor bias,
            int inputZeroPoint, int outputZeroPoint, float outputScale) {

        static Case random(Random random, Kind kind) {
            ElementType type = kind.type();
            int height = 1 + random.nextInt(14);
            int width = 1 + random.nextInt(random.nextInt(4) == 0 ? 60 : 20);
            int channels = CHANNELS[random.nextInt(CHANNELS.length)];
            int filterHeight = 1 + random.nextInt(Math.min(height, 5));
            int filterWidth = 1 + random.nextInt(Math.min(width, 5));
            boolean isDilated = random.nextInt(5) == 0 && 2 * filterHeight <= height && 2 * filterWidth <= width;
            int strideY = 1 + random.nextInt(2);
            int strideX = 1 + random.nextInt(3);
            Options.DepthwiseConv2d options = new Options.DepthwiseConv2d(
                    random.nextBoolean() ? Padding.SAME : Padding.VALID, strideY, strideX, 1, isDilated ? 2 : 1,
                    isDilated ? 2 : 1, CLAMPS[random.nextInt(CLAMPS.length)]);
            boolean isOdd = random.nextInt(4) == 0;
            Shape shape = Shape.of(1, filterHeight, filterWidth, channels);
            int count = shape.elementCount();
            Tensor filter = switch (kind.weightType()) {
                case FLOAT32 ->
                        Tensor.constant("filter", kind.weightType(), shape, null,
                                Buffer.ofFloats(RandomElements.reals(random, count, isOdd)));
                case INT8 -> Tensor.constant("filter", kind.weightType(), shape, perChannel(random, channels),
                        Buffer.of(RandomElements.codes(random, count, -127, isOdd)));
                default -> Tensor.constant("filter", kind.weightType(), shape,
                        QuantizationParameters.perTensor(0.02f, random.nextInt(256)),
                        Buffer.of(RandomElements.codes(random, count, -128, isOdd)));
            };
            Tensor bias = type == ElementType.FLOAT32
                    ? Tensor.constant("bias", type, Shape.of(channels), null,
                            Buffer.ofFloats(RandomElements.reals(random, channels, isOdd)))
                    : Tensor.constant("bias", ElementType.INT32, Shape.of(channels), null,
                            Buffer.ofInts(random.ints(channels, -9000, 9000).toArray()));
            int zeroPoint = random.nextInt(256) - (type == ElementType.UINT8 ? 0 : 128);
            return new Case(kind, type, 1 + random.nextInt(2), height, width, channels, filterHeight, filterWidth,
                    options, isOdd, filter, bias, zeroPoint,
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
                    : QuantizationParameters.perChannel(scales, new long[channels], 3);
        }

        Model model() {
            boolean isReal = type == ElementType.FLOAT32;
            QuantizationParameters in = isReal ? null : QuantizationParameters.perTensor(0.02f, inputZeroPoint);
            QuantizationParameters out = isReal ? null : QuantizationParameters.perTensor(outputScale, outputZeroPoint);
            Padding padding = options.padding();
            int outHeight = padding.outputSize(height, filterHeight, options.strideHeight(), options.dilationHeight());
            int outWidth = padding.outputSize(width, filterWidth, options.strideWidth(), options.dilationWidth());
            List<Tensor> tensors = List.of(
                    Tensor.activation("image", type, Shape.of(batches, height, width, channels), in), filter, bias,
                    Tensor.activation("sums", type, Shape.of(batches, outHeight, outWidth, channels), out));
            return new Model("depthwise.tflite", Model.SCHEMA_VERSION, "",
                    List.of(new Subgraph("main", tensors, List.of(0), List.of(3),
                            List.of(new Operator(options, List.of(0, 1, 2), List.of(3), 1)))),
                    List.of(), List.of());
        }

        byte[] canonical(byte[] output) {
            return type == ElementType.FLOAT32 ? RandomElements.withOneNaN(output) : output;
        }

        byte[] input(Random random) {
            int count = batches * height * width * channels;
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
