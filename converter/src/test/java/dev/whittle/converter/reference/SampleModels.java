package dev.whittle.converter.reference;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.converter.write.OperatorVersions;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Small models with random weights, built in code.
public final class SampleModels {
    /// Elements of one input of [#cnn]: a 20 × 20 RGB image.
    public static final int CNN_INPUT_ELEMENTS = 20 * 20 * 3;

    private static final Options.Pool2d HALVES = new Options.Pool2d(Padding.VALID, 2, 2, 2, 2, Activation.NONE);

    private SampleModels() {}

    /// An image classifier with its preprocessing inside: RESIZE_BILINEAR to 16 × 16, MUL by 1/255, two CONV_2D with
    /// MAX_POOL_2D, RESHAPE, two FULLY_CONNECTED, SOFTMAX over 4 classes. Its first filter has less than 1,024 elements, as
    /// has its last.
    public static Model cnn(long seed) {
        Random random = new Random(seed);
        SubgraphBuilder builder = new SubgraphBuilder();
        int image = builder.input("image", Shape.of(-1, 20, 20, 3));
        int resized = builder.operator(new Options.ResizeBilinear(false, true), "resizing", Shape.of(-1, 16, 16, 3),
                image, builder.sizes("resizing/size", 16, 16));
        int scaled = builder.operator(new Options.Mul(Activation.NONE), "rescaling", Shape.of(-1, 16, 16, 3), resized,
                builder.constant("rescaling/scale", Shape.of(), 1f / 255));
        int conv1 = conv(builder, random, "conv2d", scaled, Shape.of(-1, 14, 14, 16), 3, Padding.VALID);
        int pool1 = builder.operator(new Options.MaxPool2d(HALVES), "max_pooling2d", Shape.of(-1, 7, 7, 16), conv1);
        int conv2 = conv(builder, random, "conv2d_1", pool1, Shape.of(-1, 7, 7, 24), 16, Padding.SAME);
        int pool2 = builder.operator(new Options.MaxPool2d(HALVES), "max_pooling2d_1", Shape.of(-1, 3, 3, 24), conv2);
        int flat = builder.operator(new Options.Reshape(null), "flatten", Shape.of(-1, 216), pool2,
                builder.sizes("flatten/shape", -1, 216));
        int dense1 = dense(builder, random, "dense", flat, 216, 32, Activation.RELU);
        int dense2 = dense(builder, random, "dense_1", dense1, 32, 4, Activation.NONE);
        int scores = builder.operator(new Options.Softmax(1), "softmax", Shape.of(-1, 4), dense2);
        return model(builder.build("main", scores));
    }

    /// A model with every operator that computes on floats: residual ADD, DEPTHWISE_CONV_2D, AVERAGE_POOL_2D, RELU, RELU6
    /// and what [#cnn] has.
    public static Model residual(long seed) {
        Random random = new Random(seed);
        SubgraphBuilder builder = new SubgraphBuilder();
        int image = builder.input("image", Shape.of(-1, 9, 11, 5));
        int stem = conv(builder, random, "stem", image, Shape.of(-1, 9, 11, 12), 5, Padding.SAME);
        int depthwise = builder.operator(
                new Options.DepthwiseConv2d(Padding.SAME, 1, 1, 1, 1, 1, Activation.NONE), "depthwise",
                Shape.of(-1, 9, 11, 12), stem, normal(builder, random, "depthwise/filter", 0.3f, 1, 3, 3, 12),
                normal(builder, random, "depthwise/bias", 0.2f, 12));
        int relu = builder.operator(Options.Plain.RELU, "relu", Shape.of(-1, 9, 11, 12), depthwise);
        int sum = builder.operator(new Options.Add(Activation.NONE), "add", Shape.of(-1, 9, 11, 12), relu, stem);
        int relu6 = builder.operator(Options.Plain.RELU6, "relu6", Shape.of(-1, 9, 11, 12), sum);
        int pool = builder.operator(
                new Options.AveragePool2d(new Options.Pool2d(Padding.VALID, 3, 3, 3, 3, Activation.NONE)), "pool",
                Shape.of(-1, 3, 3, 12), relu6);
        int flat = builder.operator(new Options.Reshape(List.of(-1, 108)), "flatten", Shape.of(-1, 108), pool);
        int dense = dense(builder, random, "dense", flat, 108, 7, Activation.NONE);
        int scores = builder.operator(new Options.Softmax(1.5f), "softmax", Shape.of(-1, 7), dense);
        return model(builder.build("main", scores));
    }

    private static int conv(SubgraphBuilder builder, Random random, String name, int input, Shape output,
            int inChannels, Padding padding) {
        int outChannels = output.dimension(3);
        return builder.operator(new Options.Conv2d(padding, 1, 1, 1, 1, Activation.RELU), name, output, input,
                normal(builder, random, name + "/kernel", (float) Math.sqrt(2.0 / (9 * inChannels)), outChannels, 3, 3,
                        inChannels),
                normal(builder, random, name + "/bias", 0.05f, outChannels));
    }

    private static int dense(SubgraphBuilder builder, Random random, String name, int input, int inputs, int outputs,
            Activation activation) {
        return builder.operator(new Options.FullyConnected(activation, false, false), name, Shape.of(-1, outputs),
                input, normal(builder, random, name + "/kernel", (float) Math.sqrt(2.0 / inputs), outputs, inputs),
                normal(builder, random, name + "/bias", 0.05f, outputs));
    }

    private static int normal(SubgraphBuilder builder, Random random, String name, float deviation, int... shape) {
        float[] values = new float[Shape.of(shape).elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() * deviation;
        }
        return builder.constant(name, Shape.of(shape), values);
    }

    private static Model model(Subgraph subgraph) {
        Signature signature = new Signature("serving_default", 0,
                new LinkedHashMap<>(Map.of("image", subgraph.inputs().getFirst())),
                new LinkedHashMap<>(Map.of("scores", subgraph.outputs().getFirst())));
        return OperatorVersions.assign(new Model("sample", Model.SCHEMA_VERSION, "a model built in code",
                List.of(subgraph), List.of(signature),
                List.of(new Metadata("labels.txt", Buffer.of("a\nb\nc\nd".getBytes(StandardCharsets.UTF_8))))));
    }

    /// An image of whole numbers from 0 to 255.
    public static float[] image(long seed, int elements) {
        Random random = new Random(seed);
        float[] image = new float[elements];
        for (int i = 0; i < elements; i++) {
            image[i] = random.nextInt(256);
        }
        return image;
    }

    /// Numbers between −1 and 1.
    public static float[] centered(long seed, int elements) {
        Random random = new Random(seed);
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }
}
