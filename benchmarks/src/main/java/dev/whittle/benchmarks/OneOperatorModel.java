package dev.whittle.benchmarks;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.converter.write.OperatorVersions;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/// A float model of one operator on one image, with random weights: the shapes that small networks spend their time in.
///
/// @param height of the image, which is as wide
/// @param outChannels as many as `inChannels` where each channel is for itself
record OneOperatorModel(Kind kind, int height, int inChannels, int outChannels) {

    /// DEPTHWISE and CONVOLUTION have 3 × 3 filters and SAME padding, POINTWISE 1 × 1, MAX_POOL 2 × 2 with stride 2.
    enum Kind {
        DEPTHWISE, POINTWISE, CONVOLUTION, MAX_POOL, FULLY_CONNECTED
    }

    /// The shapes that are measured.
    static List<OneOperatorModel> all() {
        return List.of(
                new OneOperatorModel(Kind.DEPTHWISE, 24, 64, 64),
                new OneOperatorModel(Kind.DEPTHWISE, 48, 16, 16),
                new OneOperatorModel(Kind.DEPTHWISE, 28, 256, 256),
                new OneOperatorModel(Kind.POINTWISE, 14, 256, 256),
                new OneOperatorModel(Kind.POINTWISE, 24, 64, 64),
                new OneOperatorModel(Kind.POINTWISE, 6, 128, 128),
                new OneOperatorModel(Kind.CONVOLUTION, 150, 3, 16),
                new OneOperatorModel(Kind.CONVOLUTION, 74, 16, 32),
                new OneOperatorModel(Kind.CONVOLUTION, 36, 32, 64),
                new OneOperatorModel(Kind.MAX_POOL, 148, 16, 16),
                new OneOperatorModel(Kind.MAX_POOL, 72, 32, 32),
                new OneOperatorModel(Kind.FULLY_CONNECTED, 1, 128, 128),
                new OneOperatorModel(Kind.FULLY_CONNECTED, 1, 1024, 1024));
    }

    /// As in `depthwise_24x24x64` or `pointwise_14x14x256_256`.
    String name() {
        String image = kind == Kind.FULLY_CONNECTED ? Integer.toString(inChannels)
                : height + "x" + height + "x" + inChannels;
        String name = kind.name().toLowerCase(Locale.ROOT) + "_" + image;
        return kind == Kind.DEPTHWISE || kind == Kind.MAX_POOL ? name : name + "_" + outChannels;
    }

    Shape input() {
        return kind == Kind.FULLY_CONNECTED ? Shape.of(1, inChannels) : Shape.of(1, height, height, inChannels);
    }

    Model model(long seed) {
        Random random = new Random(seed);
        SubgraphBuilder builder = new SubgraphBuilder();
        int input = builder.input("input", input());
        Shape same = Shape.of(1, height, height, outChannels);
        int output = switch (kind) {
            case DEPTHWISE -> builder.operator(
                    new Options.DepthwiseConv2d(Padding.SAME, 1, 1, 1, 1, 1, Activation.RELU), "output", same, input,
                    weights(builder, random, 9, 1, 3, 3, inChannels), bias(builder, random));
            case POINTWISE -> builder.operator(new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, Activation.RELU), "output",
                    same, input, weights(builder, random, inChannels, outChannels, 1, 1, inChannels),
                    bias(builder, random));
            case CONVOLUTION -> builder.operator(new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, Activation.RELU),
                    "output", same, input, weights(builder, random, 9 * inChannels, outChannels, 3, 3, inChannels),
                    bias(builder, random));
            case MAX_POOL -> builder.operator(
                    new Options.MaxPool2d(new Options.Pool2d(Padding.VALID, 2, 2, 2, 2, Activation.NONE)), "output",
                    Shape.of(1, height / 2, height / 2, outChannels), input);
            case FULLY_CONNECTED -> builder.operator(new Options.FullyConnected(Activation.RELU, false, false),
                    "output", Shape.of(1, outChannels), input,
                    weights(builder, random, inChannels, outChannels, inChannels), bias(builder, random));
        };
        return OperatorVersions.assign(new Model(name(), Model.SCHEMA_VERSION, "One operator, made by Whittle.",
                List.of(builder.build("main", output)), List.of(), List.of()));
    }

    /// Weights that keep the outputs about as large as the inputs.
    private static int weights(SubgraphBuilder builder, Random random, int depth, int... shape) {
        return builder.constant("weights", Shape.of(shape),
                normal(random, Shape.of(shape).elementCount(), (float) Math.sqrt(2.0 / depth)));
    }

    private int bias(SubgraphBuilder builder, Random random) {
        return builder.constant("bias", Shape.of(outChannels), normal(random, outChannels, 0.05f));
    }

    private static float[] normal(Random random, int count, float deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian() * deviation;
        }
        return values;
    }
}
