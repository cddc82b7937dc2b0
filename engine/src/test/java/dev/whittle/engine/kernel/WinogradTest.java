package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
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
import dev.whittle.engine.plan.PlanOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Convolutions of 3 × 3 from products of tiles, against the nested loops.
class WinogradTest {
    private static final int[] CHANNELS = {16, 32, 48, 64, 80};
    private static final int TAPS = 9;

    private enum Codes {
        RANDOM, LARGEST, SMALLEST, ALTERNATING
    }

    private final Random random = new Random(11);

    private byte[] codes(int count, Codes kind) {
        byte[] codes = new byte[count];
        for (int i = 0; i < count; i++) {
            codes[i] = switch (kind) {
                case RANDOM -> (byte) random.nextInt(256);
                case LARGEST -> Byte.MAX_VALUE;
                case SMALLEST -> Byte.MIN_VALUE;
                case ALTERNATING -> random.nextBoolean() ? Byte.MAX_VALUE : Byte.MIN_VALUE;
            };
        }
        return codes;
    }

    private static Model model(Tensor image, Tensor weights, Tensor bias, Padding padding, boolean isPooled) {
        QuantizationParameters out = QuantizationParameters.perTensor(3f, 5);
        List<Tensor> tensors = new ArrayList<>(List.of(image, weights, bias,
                Tensor.activation("sums", image.type(), Shape.of(1, 1, 1, 1), out)));
        List<Operator> operators = new ArrayList<>(List.of(new Operator(
                new Options.Conv2d(padding, 1, 1, 1, 1, Activation.NONE), List.of(0, 1, 2), List.of(3), 1)));
        if (isPooled) {
            tensors.add(Tensor.activation("pooled", image.type(), Shape.of(1, 1, 1, 1), out));
            operators.add(new Operator(
                    new Options.MaxPool2d(new Options.Pool2d(Padding.VALID, 2, 2, 2, 2, Activation.NONE)), List.of(3),
                    List.of(4), 1));
        }
        return new Model("winograd.tflite", Model.SCHEMA_VERSION, "",
                List.of(new Subgraph("main", tensors, List.of(0), List.of(tensors.size() - 1), operators)), List.of(),
                List.of());
    }

    private static byte[] run(Model model, KernelTier tier, int threads, byte[] input) {
        try (Interpreter interpreter = Interpreter.of(model,
                PlanOptions.defaults().withTier(tier).withThreads(threads))) {
            interpreter.input(0).putBytes(ByteBuffer.wrap(input));
            interpreter.invoke();
            ByteBuffer output = interpreter.output(0).toBytes();
            byte[] bytes = new byte[output.remaining()];
            output.get(bytes);
            return bytes;
        }
    }

    @ParameterizedTest
    @EnumSource(Codes.class)
    void yieldsTheCodesOfTheNestedLoops(Codes kind) {
        assumeTrue(KernelTier.isVectorAvailable(), "needs java --add-modules jdk.incubator.vector");
        for (int round = 0; round < 25; round++) {
            int depth = CHANNELS[random.nextInt(CHANNELS.length)];
            int channels = CHANNELS[random.nextInt(CHANNELS.length)];
            Shape imageShape =
                    Shape.of(1 + random.nextInt(2), 4 + random.nextInt(14), 4 + random.nextInt(24), depth);
            boolean isSigned = random.nextBoolean();
            ElementType type = isSigned ? ElementType.INT8 : ElementType.UINT8;
            Tensor image = Tensor.activation("image", type, imageShape,
                    QuantizationParameters.perTensor(0.02f, random.nextInt(256) - (isSigned ? 128 : 0)));
            Tensor weights = Tensor.constant("weights", type, Shape.of(channels, 3, 3, depth),
                    QuantizationParameters.perTensor(0.02f, isSigned ? 0 : 120),
                    Buffer.of(codes(channels * TAPS * depth, kind)));
            Tensor bias = Tensor.constant("bias", ElementType.INT32, Shape.of(channels), null,
                    Buffer.ofInts(random.ints(channels, -9000, 9000).toArray()));
            Model model = model(image, weights, bias, random.nextBoolean() ? Padding.SAME : Padding.VALID,
                    random.nextBoolean());
            byte[] input = codes(imageShape.elementCount(), kind);

            assertThat(run(model, KernelTier.VECTOR, 1 + random.nextInt(3), input))
                    .as("round %d, image %s, %d channels, %s", round, imageShape, channels, model.primary().operators())
                    .isEqualTo(run(model, KernelTier.REFERENCE, 1, input));
        }
    }

    @Test
    void sumsThatFloatsCouldNotHoldAreLeftToThePlainProduct() {
        // 16 · 512 · 32 · 64 is 2²⁴.
        assertThat(isExact(32, 63)).isTrue();
        assertThat(isExact(32, 64)).isFalse();
    }

    private static boolean isExact(int depth, int weight) {
        float[] weights = new float[TAPS * depth];
        Arrays.fill(weights, weight);
        return Winograd.isExact(Winograd.filters(weights, 1, depth), 1, depth);
    }
}
