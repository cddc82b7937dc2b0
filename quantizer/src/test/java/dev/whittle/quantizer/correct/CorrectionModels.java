package dev.whittle.quantizer.correct;

import dev.whittle.converter.lower.SubgraphBuilder;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.model.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/// A small network, and ways to look at it.
final class CorrectionModels {
    static final int INPUT = 8 * 8 * 3;

    private CorrectionModels() {}

    /// CONV_2D, MAX_POOL_2D, DEPTHWISE_CONV_2D, CONV_2D, RESHAPE, FULLY_CONNECTED, with RELU in between.
    static Model even(long seed, Activation activation) {
        Random random = new Random(seed);
        SubgraphBuilder builder = new SubgraphBuilder();
        int image = builder.input("image", Shape.of(-1, 8, 8, 3));
        int conv = builder.operator(new Options.Conv2d(Padding.SAME, 1, 1, 1, 1, activation), "conv",
                Shape.of(-1, 8, 8, 8), image, weights(builder, random, "conv/w", 0, 8, 3, 3, 3),
                weights(builder, random, "conv/b", 0, 8));
        int pool = builder.operator(
                new Options.MaxPool2d(new Options.Pool2d(Padding.VALID, 2, 2, 2, 2, Activation.NONE)), "pool",
                Shape.of(-1, 4, 4, 8), conv);
        int depthwise = builder.operator(new Options.DepthwiseConv2d(Padding.SAME, 1, 1, 1, 1, 1, activation),
                "depthwise", Shape.of(-1, 4, 4, 8), pool, weights(builder, random, "depthwise/w", 3, 1, 3, 3, 8),
                weights(builder, random, "depthwise/b", 0, 8));
        int point = builder.operator(new Options.Conv2d(Padding.VALID, 2, 2, 1, 1, activation), "point",
                Shape.of(-1, 2, 2, 20), depthwise, weights(builder, random, "point/w", 0, 20, 1, 1, 8),
                weights(builder, random, "point/b", 0, 20));
        int flat = builder.operator(new Options.Reshape(List.of(-1, 80)), "flat", Shape.of(-1, 80), point);
        int dense = builder.operator(new Options.FullyConnected(Activation.NONE, false, false), "dense",
                Shape.of(-1, 5), flat, weights(builder, random, "dense/w", 0, 5, 80));
        return new Model("even", Model.SCHEMA_VERSION, "", List.of(builder.build("main", dense)), List.of(),
                List.of());
    }

    /// A model that computes the same with channels that differ by two orders of magnitude: each layer multiplies a channel
    /// by what the next one divides it by.
    static Model skewed(Model model, long seed) {
        Random random = new Random(seed);
        List<WeightedLayer> layers = layers(model);
        List<float[]> weights = new ArrayList<>();
        layers.forEach(layer -> weights.add(layer.weights()));
        CorrectedModel corrected = new CorrectedModel(model);
        for (int number = 0; number + 1 < layers.size(); number++) {
            WeightedLayer layer = layers.get(number);
            WeightedLayer next = layers.get(number + 1);
            float[] factors = new float[layer.channels()];
            float[] bias = layer.bias();
            for (int channel = 0; channel < factors.length; channel++) {
                factors[channel] = (float) Math.pow(10, 2 * random.nextDouble() - 1);
                bias[channel] *= factors[channel];
                for (int position = 0; position < layer.positions(); position++) {
                    weights.get(number)[layer.index(position, channel)] *= factors[channel];
                }
            }
            corrected.replace(layer.biasTensor(), bias);
            for (int channel = 0; channel < next.channels(); channel++) {
                for (int position = 0; position < next.positions(); position++) {
                    weights.get(number + 1)[next.index(position, channel)] /=
                            factors[next.inChannel(position, channel) % factors.length];
                }
            }
        }
        for (int number = 0; number < layers.size(); number++) {
            corrected.replace(layers.get(number).filterTensor(), weights.get(number));
        }
        return corrected.model();
    }

    /// Normal weights, those of each index along `dimension` with a deviation of its own, 0.3 to 1.
    private static int weights(SubgraphBuilder builder, Random random, String name, int dimension, int... shape) {
        float[] values = new float[Shape.of(shape).elementCount()];
        int below = 1;
        for (int axis = dimension + 1; axis < shape.length; axis++) {
            below *= shape[axis];
        }
        double[] deviations = random.doubles(shape[dimension], -0.5, 0).map(power -> Math.pow(10, power)).toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * deviations[i / below % shape[dimension]]);
        }
        return builder.constant(name, Shape.of(shape), values);
    }

    /// Inputs above zero, as behind a ReLU or of pixels.
    static List<List<float[]>> samples(long seed, int count) {
        Random random = new Random(seed);
        List<List<float[]>> samples = new ArrayList<>();
        for (int sample = 0; sample < count; sample++) {
            float[] values = new float[INPUT];
            for (int i = 0; i < INPUT; i++) {
                values[i] = random.nextFloat();
            }
            samples.add(List.of(values));
        }
        return samples;
    }

    static List<WeightedLayer> layers(Model model) {
        return model.primary().operators().stream()
                .map(operator -> WeightedLayer.of(model.primary(), operator)).flatMap(Optional::stream).toList();
    }

    static WeightedLayer layer(Model model, String name) {
        return layers(model).stream().filter(layer -> layer.name().equals(name)).findFirst().orElseThrow();
    }

    /// The model with its weights rounded to nearest, one step for each channel.
    static Model rounded(Model model, int bits) {
        CorrectedModel corrected = new CorrectedModel(model);
        for (WeightedLayer layer : layers(model)) {
            float[] weights = layer.weights();
            corrected.replace(layer.filterTensor(), new WeightGrid(layer, weights, bits).nearest(layer, weights));
        }
        return corrected.model();
    }

    static float[] run(Model model, List<float[]> sample) {
        try (Interpreter interpreter = Interpreter.of(model)) {
            interpreter.input(0).putFloats(sample.getFirst());
            interpreter.invoke();
            return interpreter.output(0).toFloats();
        }
    }

    /// The outputs of all samples, one behind the other.
    static float[] runAll(Model model, List<List<float[]>> samples) {
        ActivationStream stream = new ActivationStream(model, samples, 1);
        for (Operator operator : model.primary().operators()) {
            stream.run(operator);
        }
        List<float[]> outputs = stream.get(model.primary().outputs().getFirst());
        float[] all = new float[outputs.size() * outputs.getFirst().length];
        for (int sample = 0; sample < outputs.size(); sample++) {
            System.arraycopy(outputs.get(sample), 0, all, sample * outputs.getFirst().length,
                    outputs.getFirst().length);
        }
        return all;
    }

    static double squaredError(float[] actual, float[] expected) {
        double sum = 0;
        for (int i = 0; i < actual.length; i++) {
            double difference = actual[i] - expected[i];
            sum += difference * difference;
        }
        return sum / actual.length;
    }
}
