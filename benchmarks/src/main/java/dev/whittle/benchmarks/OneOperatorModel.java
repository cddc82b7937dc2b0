package dev.whittle.benchmarks;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.converter.write.OperatorVersions;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import dev.whittle.quantizer.rewrite.Ends;
import dev.whittle.quantizer.rewrite.Quantizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/// Models of one operator on one image, with random weights: the shapes that small networks spend their time in. The name
/// says the image and, where they differ in kind, the channels of the output.
public enum OneOperatorModel {
    DEPTHWISE_24X24X64(Kind.DEPTHWISE, 24, 64, 64),
    DEPTHWISE_48X48X16(Kind.DEPTHWISE, 48, 16, 16),
    DEPTHWISE_28X28X256(Kind.DEPTHWISE, 28, 256, 256),
    POINTWISE_14X14X256_256(Kind.POINTWISE, 14, 256, 256),
    POINTWISE_24X24X64_64(Kind.POINTWISE, 24, 64, 64),
    POINTWISE_6X6X128_128(Kind.POINTWISE, 6, 128, 128),
    CONVOLUTION_150X150X3_16(Kind.CONVOLUTION, 150, 3, 16),
    CONVOLUTION_74X74X16_32(Kind.CONVOLUTION, 74, 16, 32),
    CONVOLUTION_36X36X32_64(Kind.CONVOLUTION, 36, 32, 64),
    MAX_POOL_148X148X16(Kind.MAX_POOL, 148, 16, 16),
    MAX_POOL_72X72X32(Kind.MAX_POOL, 72, 32, 32),
    FULLY_CONNECTED_128_128(Kind.FULLY_CONNECTED, 1, 128, 128),
    FULLY_CONNECTED_1024_1024(Kind.FULLY_CONNECTED, 1, 1024, 1024);

    private static final int SAMPLES = 2;

    private final Kind kind;
    private final int height;
    private final int inChannels;
    private final int outChannels;

    /// @param height of the image, which is as wide
    OneOperatorModel(Kind kind, int height, int inChannels, int outChannels) {
        this.kind = kind;
        this.height = height;
        this.inChannels = inChannels;
        this.outChannels = outChannels;
    }

    /// DEPTHWISE and CONVOLUTION have 3 × 3 filters and SAME padding, POINTWISE 1 × 1, MAX_POOL 2 × 2 with stride 2; all but
    /// MAX_POOL end in a ReLU.
    private enum Kind {
        DEPTHWISE, POINTWISE, CONVOLUTION, MAX_POOL, FULLY_CONNECTED
    }

    /// As in `depthwise_24x24x64`.
    String fileName() {
        return name().toLowerCase(Locale.ROOT);
    }

    private Shape input() {
        return kind == Kind.FULLY_CONNECTED ? Shape.of(1, inChannels) : Shape.of(1, height, height, inChannels);
    }

    /// With floats.
    Model plain(long seed) {
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
        return OperatorVersions.assign(new Model(fileName(), Model.SCHEMA_VERSION, "One operator, made by Whittle.",
                List.of(builder.build("main", output)), List.of(), List.of()));
    }

    /// With int8 throughout, inputs from −1 to 1.
    Model int8(long seed) {
        Model plain = plain(seed);
        Random random = new Random(seed);
        List<List<float[]>> samples = new ArrayList<>();
        for (int sample = 0; sample < SAMPLES; sample++) {
            float[] values = new float[input().elementCount()];
            for (int i = 0; i < values.length; i++) {
                values[i] = 2 * random.nextFloat() - 1;
            }
            samples.add(List.of(values));
        }
        Calibration calibration = Calibrator.minMax().withInputRange(0, new Range(-1, 1)).calibrate(plain, samples);
        return Quantizer.quantize(plain, Recipe.of(Mode.INT8), calibration, Ends.of(ElementType.INT8));
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
