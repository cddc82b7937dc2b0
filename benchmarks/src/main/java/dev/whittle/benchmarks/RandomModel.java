package dev.whittle.benchmarks;

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
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

/// Models of one convolution or one dense layer, of random shape and numbers, in floats or int8, each with an input.
record RandomModel(Model model, byte[] input) {
    private static final QuantizationParameters CODES = QuantizationParameters.perTensor(0.03f, -5);

    /// A small one, which runs within some microseconds.
    static RandomModel small(Random random) {
        ElementType type = random.nextInt(3) == 0 ? ElementType.FLOAT32 : ElementType.INT8;
        if (random.nextInt(4) == 0) {
            return dense(random, type, 1 + random.nextInt(600), 1 + random.nextInt(80));
        }
        return convolution(random, type, 3 + random.nextInt(14), 1 + random.nextInt(20), 1 + random.nextInt(40));
    }

    /// A 3 × 3 convolution of a square image.
    static RandomModel convolution(Random random, ElementType type, int size, int depth, int channels) {
        return of(random, type, new Options.Conv2d(random.nextBoolean() ? Padding.SAME : Padding.VALID, 1, 1, 1, 1,
                Activation.RELU), Shape.of(1, size, size, depth), Shape.of(channels, 3, 3, depth));
    }

    static RandomModel dense(Random random, ElementType type, int depth, int channels) {
        return of(random, type, new Options.FullyConnected(Activation.RELU, false, false), Shape.of(1, depth),
                Shape.of(channels, depth));
    }

    private static RandomModel of(Random random, ElementType type, Options options, Shape image, Shape weights) {
        boolean isReal = type == ElementType.FLOAT32;
        int channels = weights.dimension(0);
        Tensor filter = Tensor.constant("filter", type, weights,
                isReal ? null : QuantizationParameters.perTensor(0.01f, 0), numbers(random, type, weights));
        Tensor bias = Tensor.constant("bias", isReal ? type : ElementType.INT32, Shape.of(channels), null, isReal
                ? numbers(random, type, Shape.of(channels))
                : Buffer.ofInts(random.ints(channels, -2000, 2000).toArray()));
        Shape output = options instanceof Options.Conv2d conv && conv.padding() == Padding.VALID
                ? Shape.of(1, image.dimension(1) - 2, image.dimension(2) - 2, channels)
                : options instanceof Options.Conv2d
                        ? Shape.of(1, image.dimension(1), image.dimension(2), channels)
                        : Shape.of(1, channels);
        List<Tensor> tensors = List.of(Tensor.activation("input", type, image, isReal ? null : CODES), filter, bias,
                Tensor.activation("output", type, output, isReal ? null : CODES));
        Model model = new Model("random.tflite", Model.SCHEMA_VERSION, "", List.of(new Subgraph("main", tensors,
                List.of(0), List.of(3), List.of(new Operator(options, List.of(0, 1, 2), List.of(3), 1)))), List.of(),
                List.of());
        return new RandomModel(model, bytes(numbers(random, type, image).bytes()));
    }

    private static Buffer numbers(Random random, ElementType type, Shape shape) {
        if (type == ElementType.FLOAT32) {
            float[] values = new float[shape.elementCount()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return Buffer.ofFloats(values);
        }
        byte[] codes = new byte[shape.elementCount()];
        random.nextBytes(codes);
        for (int i = 0; i < codes.length; i++) {
            codes[i] = codes[i] == Byte.MIN_VALUE ? 0 : codes[i];
        }
        return Buffer.of(codes);
    }

    /// The output of a run on the input.
    byte[] run(Interpreter interpreter) {
        interpreter.input(0).putBytes(ByteBuffer.wrap(input));
        interpreter.invoke();
        return bytes(interpreter.output(0).toBytes());
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
