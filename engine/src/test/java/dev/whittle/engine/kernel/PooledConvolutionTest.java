package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.engine.Interpreter;
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
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A convolution and the max-pooling after it, in one kernel where the tier can, against the nested loops of both.
class PooledConvolutionTest {
    private static final int[] CHANNELS = {1, 3, 4, 8, 10, 16, 17, 24, 32, 48, 64, 100};

    private enum Types {
        REALS, ODD_REALS, INT8, UINT8, HYBRID, ODD_HYBRID
    }

    private final Random random = new Random(7);

    private static Model model(List<Tensor> tensors, Options.Conv2d conv, Options.Pool2d pool) {
        return new Model("pooled.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", tensors, List.of(0), List.of(4),
                        List.of(new Operator(conv, List.of(0, 1, 2), List.of(3), 1),
                                new Operator(new Options.MaxPool2d(pool), List.of(3), List.of(4), 1)))),
                List.of(), List.of());
    }

    private float[] reals(int count, boolean isOdd) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
            if (isOdd) {
                values[i] = switch (random.nextInt(40)) {
                    case 0 -> -0f;
                    case 1 -> Float.NaN;
                    case 2 -> Float.NEGATIVE_INFINITY;
                    case 3 -> Float.POSITIVE_INFINITY;
                    default -> values[i];
                };
            }
        }
        return values;
    }

    private byte[] codes(int count, int least) {
        byte[] values = new byte[count];
        for (int i = 0; i < count; i++) {
            values[i] = (byte) Math.max(least, random.nextInt(256) - 128);
        }
        return values;
    }

    private static byte[] run(Model model, KernelTier tier, int threads, byte[] input) {
        PlanOptions options = PlanOptions.defaults().withTier(tier).withThreads(threads);
        try (Interpreter interpreter = Interpreter.of(model, options)) {
            interpreter.input(0).putBytes(ByteBuffer.wrap(input));
            interpreter.invoke();
            ByteBuffer output = interpreter.output(0).toBytes();
            byte[] bytes = new byte[output.remaining()];
            output.get(bytes);
            return bytes;
        }
    }

    @ParameterizedTest
    @EnumSource(Types.class)
    void yieldsTheBitsOfTheTwo(Types types) {
        for (int round = 0; round < 60; round++) {
            int batches = 1 + random.nextInt(2);
            int height = 5 + random.nextInt(12);
            int width = 5 + random.nextInt(30);
            int depth = CHANNELS[random.nextInt(7)];
            int channels = CHANNELS[random.nextInt(CHANNELS.length)];
            int filterHeight = 1 + random.nextInt(4);
            int filterWidth = 1 + random.nextInt(4);
            int stride = 1 + random.nextInt(2);
            Padding padding = random.nextBoolean() ? Padding.SAME : Padding.VALID;
            Activation activation = switch (random.nextInt(3)) {
                case 0 -> Activation.NONE;
                case 1 -> Activation.RELU;
                default -> Activation.RELU6;
            };
            Options.Conv2d conv = new Options.Conv2d(padding, stride, stride, 1, 1, activation);
            Options.Pool2d pool = new Options.Pool2d(random.nextBoolean() ? Padding.SAME : Padding.VALID, 2, 2, 2, 2,
                    Activation.NONE);
            if (padding.outputSize(height, filterHeight, stride, 1) < 2
                    || padding.outputSize(width, filterWidth, stride, 1) < 2) {
                continue;
            }
            Shape filterShape = Shape.of(channels, filterHeight, filterWidth, depth);
            Shape imageShape = Shape.of(batches, height, width, depth);
            boolean isReal = types != Types.INT8 && types != Types.UINT8;
            boolean isOdd = types == Types.ODD_REALS || types == Types.ODD_HYBRID;
            ElementType type = isReal
                    ? ElementType.FLOAT32
                    : types == Types.INT8 ? ElementType.INT8 : ElementType.UINT8;
            int zero = types == Types.UINT8 ? random.nextInt(256) : random.nextInt(256) - 128;
            QuantizationParameters in = isReal ? null : QuantizationParameters.perTensor(0.02f, zero);
            QuantizationParameters out = isReal ? null : QuantizationParameters.perTensor(0.7f, 5);
            int weightCount = filterShape.elementCount();
            float[] scales = new float[channels];
            for (int channel = 0; channel < channels; channel++) {
                scales[channel] = 0.01f + random.nextFloat() * 0.02f;
            }
            Tensor weights = switch (types) {
                case REALS, ODD_REALS -> Tensor.constant("weights", type, filterShape, null,
                        Buffer.ofFloats(reals(weightCount, false)));
                case INT8, HYBRID, ODD_HYBRID -> Tensor.constant("weights", ElementType.INT8, filterShape,
                        channels == 1 || random.nextBoolean()
                                ? QuantizationParameters.perTensor(0.02f, 0)
                                : QuantizationParameters.perChannel(scales, new long[channels], 0),
                        Buffer.of(codes(weightCount, -127)));
                case UINT8 -> Tensor.constant("weights", type, filterShape,
                        QuantizationParameters.perTensor(0.02f, 120), Buffer.of(codes(weightCount, -128)));
            };
            Tensor bias = isReal
                    ? Tensor.constant("bias", ElementType.FLOAT32, Shape.of(channels), null,
                            Buffer.ofFloats(reals(channels, isOdd)))
                    : Tensor.constant("bias", ElementType.INT32, Shape.of(channels), null,
                            Buffer.ofInts(random.ints(channels, -9000, 9000).toArray()));
            Tensor image = Tensor.activation("image", type, imageShape, in);
            Tensor between = Tensor.activation("between", type, Shape.of(1, 1, 1, 1), out);
            Tensor output = Tensor.activation("output", type, Shape.of(1, 1, 1, 1), out);
            Model model = model(List.of(image, weights, bias, between, output), conv, pool);
            byte[] input = codes(imageShape.elementCount(), -128);
            if (isReal) {
                ByteBuffer bytes = Buffer.ofFloats(reals(imageShape.elementCount(), isOdd)).bytes();
                input = new byte[bytes.remaining()];
                bytes.get(input);
            }

            byte[] expected = run(model, KernelTier.REFERENCE, 1, input);

            for (KernelTier tier : KernelTier.values()) {
                if (tier != KernelTier.VECTOR || KernelTier.isVectorAvailable()) {
                    assertThat(run(model, tier, 1 + random.nextInt(3), input))
                            .as("round %d, %s, image %s, filter %s, %s, %s", round, tier, imageShape, filterShape, conv,
                                    pool)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void storesWhatIsBetweenOnlyWhereItIsWanted(boolean isWanted) {
        assumeTrue(KernelTier.isVectorAvailable(),
                "needs java --add-modules jdk.incubator.vector");
        Tensor image = Tensor.activation("image", ElementType.FLOAT32, Shape.of(1, 8, 8, 3), null);
        Tensor weights = Tensor.constant("weights", ElementType.FLOAT32, Shape.of(16, 3, 3, 3), null,
                Buffer.ofFloats(reals(432, false)));
        Tensor bias = Tensor.constant("bias", ElementType.FLOAT32, Shape.of(16), null,
                Buffer.ofFloats(reals(16, false)));
        Tensor between = Tensor.activation("between", ElementType.FLOAT32, Shape.of(1, 6, 6, 16), null);
        Tensor output = Tensor.activation("output", ElementType.FLOAT32, Shape.of(1, 3, 3, 16), null);
        Model model = model(List.of(image, weights, bias, between, output),
                new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, Activation.RELU),
                new Options.Pool2d(Padding.VALID, 2, 2, 2, 2, Activation.NONE));
        PlanOptions options = PlanOptions.defaults().withTier(KernelTier.VECTOR).withPreserveAllTensors(isWanted);

        try (Interpreter interpreter = Interpreter.of(model, options)) {
            assertThat(interpreter.plan().operators()).hasSize(isWanted ? 2 : 1);
            assertThat(interpreter.plan().isReadableAfterRun(3)).isEqualTo(isWanted);
        }
    }

    @Test
    void aPoolingOfAnotherTypeIsRefusedAsWithoutVectors() {
        Tensor image = Tensor.activation("image", ElementType.FLOAT32, Shape.of(1, 8, 8, 3), null);
        Tensor weights = Tensor.constant("weights", ElementType.FLOAT32, Shape.of(16, 3, 3, 3), null,
                Buffer.ofFloats(reals(432, false)));
        Tensor bias = Tensor.constant("bias", ElementType.FLOAT32, Shape.of(16), null,
                Buffer.ofFloats(reals(16, false)));
        Tensor between = Tensor.activation("between", ElementType.FLOAT32, Shape.of(1, 6, 6, 16), null);
        Tensor output = Tensor.activation("output", ElementType.INT8, Shape.of(1, 3, 3, 16), null);
        Model model = model(List.of(image, weights, bias, between, output),
                new Options.Conv2d(Padding.VALID, 1, 1, 1, 1, Activation.RELU),
                new Options.Pool2d(Padding.VALID, 2, 2, 2, 2, Activation.NONE));

        for (KernelTier tier : KernelTier.values()) {
            if (tier != KernelTier.VECTOR || KernelTier.isVectorAvailable()) {
                assertThatThrownBy(() -> Plan.of(model, PlanOptions.defaults().withTier(tier)))
                        .hasMessageContaining("MAX_POOL_2D #1");
            }
        }
    }
}
