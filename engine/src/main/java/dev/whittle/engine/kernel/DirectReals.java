package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// A fully-connected layer of one row and at most a vector of output channels, for the vector tier: all in one method,
/// since calls on the way would take as long as a few products.
final class DirectReals implements Kernel {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOAT;
    static final int MOST_CHANNELS = SPECIES.length();

    private final Slot input;
    private final Slot output;
    private final int depth;
    private final int channels;
    /// `[step][lane]`
    private final float[] weights;
    private final float[] bias;
    private final float min;
    private final float max;

    private DirectReals(Slot input, Slot output, int depth, int channels, float[] weights, float @Nullable [] bias,
            Activation activation) {
        this.input = input;
        this.output = output;
        this.depth = depth;
        this.channels = channels;
        this.weights = new float[depth * MOST_CHANNELS];
        for (int channel = 0; channel < channels; channel++) {
            for (int step = 0; step < depth; step++) {
                this.weights[step * MOST_CHANNELS + channel] = weights[channel * depth + step];
            }
        }
        // Adding −0 changes no float, so a missing bias needs no branch.
        this.bias = new float[MOST_CHANNELS];
        Arrays.fill(this.bias, -0f);
        if (bias != null) {
            System.arraycopy(bias, 0, this.bias, 0, channels);
        }
        this.min = activation.minimum();
        this.max = activation.maximum();
    }

    /// @param weights `[channel][step]`
    static Kernel of(Slot input, Slot output, int depth, int channels, float[] weights, float @Nullable [] bias,
            Activation activation) {
        // A kernel of its own: vector code that seldom runs is not inlined, and its vectors are objects.
        return channels == 1
                ? single(input, output, depth, weights, bias == null ? -0f : bias[0], activation.minimum(),
                        activation.maximum())
                : new DirectReals(input, output, depth, channels, weights, bias, activation);
    }

    private static Kernel single(Slot input, Slot output, int depth, float[] weights, float bias, float min,
            float max) {
        return memory -> {
            float[] from = memory.floats(input);
            int first = memory.offset(input);
            float sum = 0;
            for (int step = 0; step < depth; step++) {
                sum = Math.fma(from[first + step], weights[step], sum);
            }
            memory.floats(output)[memory.offset(output)] = Gemm.clamp(sum + bias, min, max);
        };
    }

    @Override
    public void invoke(Memory memory) {
        float[] from = memory.floats(input);
        float[] to = memory.floats(output);
        int first = memory.offset(input);
        int out = memory.offset(output);
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int step = 0; step < depth; step++) {
            sum = FloatVector.broadcast(SPECIES, from[first + step])
                    .fma(FloatVector.fromArray(SPECIES, weights, step * MOST_CHANNELS), sum);
        }
        sum = Lanes.clamp(sum.add(FloatVector.fromArray(SPECIES, bias, 0)), min, max);
        if (channels == MOST_CHANNELS) {
            sum.intoArray(to, out);
        } else {
            sum.intoArray(to, out, SPECIES.indexInRange(0, channels));
        }
    }
}
