package dev.whittle.quantizer.rule;

import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.trainer.layer.FakeQuantize;
import java.util.Objects;

/// From real ranges to int8 parameters, and from real numbers to int8. Equation numbers are those of
/// `docs/QUANTIZATION.md`.
///
/// Weights are rounded as the trainer's fake quantization rounds them, in float and with halves to even, so that a file
/// holds the weights that were trained with.
public final class Int8 {
    private static final int MINIMUM = Byte.MIN_VALUE;
    private static final int MAXIMUM = Byte.MAX_VALUE;

    /// Weights leave −128 out, so that their range is symmetric and a product with them is never 128 · 128.
    private static final int WEIGHT_MAXIMUM = 127;

    private Int8() {}

    /// Parameters that cover a range, widened to hold 0, which gets a code of its own (equation 3): those that
    /// quantization-aware training learns with.
    public static QuantizationParameters covering(Range range) {
        return Objects.requireNonNull(FakeQuantize.parametersOf(range.minimum(), range.maximum()));
    }

    /// The real numbers that the codes −128 and 127 stand for (equation 4).
    public static Range nudged(QuantizationParameters parameters) {
        float scale = parameters.scale(0);
        int zeroPoint = parameters.zeroPoint(0);
        return new Range(scale * (MINIMUM - zeroPoint), scale * (MAXIMUM - zeroPoint));
    }

    /// Codes of real numbers, one scale and zero point for all (equation 2).
    public static byte[] quantize(float[] values, QuantizationParameters parameters) {
        double scale = parameters.scale(0);
        int zeroPoint = parameters.zeroPoint(0);
        byte[] codes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            codes[i] = (byte) Math.clamp(roundHalfAway(values[i] / scale) + zeroPoint, MINIMUM, MAXIMUM);
        }
        return codes;
    }

    /// One symmetric scale for a whole weight tensor, whose largest weight gets `largestCode` (equation 5).
    static QuantizationParameters symmetric(float[] weights, int largestCode) {
        return QuantizationParameters.perTensor(scales(largestCode, largestMagnitude(weights))[0], 0);
    }

    /// One symmetric scale for each index along `dimension` (equation 5).
    public static QuantizationParameters symmetricPerChannel(float[] weights, Shape shape, int dimension) {
        return symmetricPerChannel(weights, shape, dimension, WEIGHT_MAXIMUM);
    }

    /// As [#symmetricPerChannel(float[], Shape, int)], the largest weight of each channel getting `largestCode`.
    static QuantizationParameters symmetricPerChannel(float[] weights, Shape shape, int dimension, int largestCode) {
        return perChannel(scales(largestCode, largestMagnitudes(weights, shape, dimension)), dimension);
    }

    /// Codes of weights, −127 to 127 (equation 2 with a zero point of 0).
    public static byte[] quantizeWeights(float[] weights, Shape shape, QuantizationParameters parameters) {
        return quantizeWeights(weights, shape, parameters, WEIGHT_MAXIMUM);
    }

    /// Codes of weights, `-largestCode` to `largestCode`.
    static byte[] quantizeWeights(float[] weights, Shape shape, QuantizationParameters parameters, int largestCode) {
        int dimension = parameters.quantizedDimension();
        int channels = parameters.isPerChannel() ? shape.dimension(dimension) : 1;
        int stride = parameters.isPerChannel() ? elementsBelow(shape, dimension) : weights.length;
        byte[] codes = new byte[weights.length];
        for (int i = 0; i < weights.length; i++) {
            float scale = parameters.scale(i / stride % channels);
            codes[i] = (byte) Math.clamp(Math.rint(weights[i] / scale), -largestCode, largestCode);
        }
        return codes;
    }

    /// Parameters of a bias, each scale the product of input and filter scale (equation 6).
    public static QuantizationParameters biasParameters(float inputScale, QuantizationParameters filter) {
        int channels = filter.scale().size();
        float[] scale = new float[channels];
        for (int channel = 0; channel < channels; channel++) {
            scale[channel] = Math.max(Float.MIN_NORMAL, inputScale * filter.scale(channel));
        }
        return QuantizationParameters.perChannel(scale, new long[channels], 0);
    }

    /// Codes of a bias (equation 6), clamped to an int: under 8-bit activations.
    public static int[] quantizeBias(float[] bias, QuantizationParameters parameters) {
        int[] codes = new int[bias.length];
        for (int channel = 0; channel < bias.length; channel++) {
            codes[channel] = Math.clamp(biasCode(bias, channel, parameters), Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        return codes;
    }

    /// Codes of a bias in 64 bits: under INT16 activations.
    public static long[] quantizeWideBias(float[] bias, QuantizationParameters parameters) {
        long[] codes = new long[bias.length];
        for (int channel = 0; channel < bias.length; channel++) {
            codes[channel] = biasCode(bias, channel, parameters);
        }
        return codes;
    }

    private static long biasCode(float[] bias, int channel, QuantizationParameters parameters) {
        return (long) roundHalfAway(bias[channel] / (double) parameters.scale(channel));
    }

    private static QuantizationParameters perChannel(float[] scale, int dimension) {
        return QuantizationParameters.perChannel(scale, new long[scale.length], scale.length > 1 ? dimension : 0);
    }

    /// Weights that are all zero may have any scale; 1 keeps it clear of the smallest floats.
    private static float[] scales(int largestCode, float... largestMagnitudes) {
        float[] scale = new float[largestMagnitudes.length];
        for (int channel = 0; channel < scale.length; channel++) {
            float step = largestMagnitudes[channel] / largestCode;
            scale[channel] = step > 0 ? step : 1;
        }
        return scale;
    }

    private static float[] largestMagnitudes(float[] weights, Shape shape, int dimension) {
        float[] largest = new float[shape.dimension(dimension)];
        int stride = elementsBelow(shape, dimension);
        for (int i = 0; i < weights.length; i++) {
            int channel = i / stride % largest.length;
            largest[channel] = Math.max(largest[channel], Math.abs(weights[i]));
        }
        return largest;
    }

    private static float largestMagnitude(float[] weights) {
        float largest = 0;
        for (float weight : weights) {
            largest = Math.max(largest, Math.abs(weight));
        }
        return largest;
    }

    /// Elements from one index along `dimension` to the next.
    private static int elementsBelow(Shape shape, int dimension) {
        int count = 1;
        for (int axis = dimension + 1; axis < shape.rank(); axis++) {
            count *= shape.dimension(axis);
        }
        return count;
    }

    static double roundHalfAway(double value) {
        return value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5);
    }
}
