package dev.whittle.quantizer.correct;

/// The numbers that a layer's weights can become: whole multiples of one step for each output channel, as many on either side
/// of zero (equation 5). Rounded to nearest they are what the rewriters store.
final class WeightGrid {
    private final int largestCode;
    private final float[] steps;
    private final float[] magnitudes;

    /// @param bits of a weight, 2 to 8
    WeightGrid(WeightedLayer layer, float[] weights, int bits) {
        largestCode = (1 << bits - 1) - 1;
        magnitudes = new float[layer.channels()];
        steps = new float[layer.channels()];
        for (int channel = 0; channel < steps.length; channel++) {
            for (int position = 0; position < layer.positions(); position++) {
                magnitudes[channel] =
                        Math.max(magnitudes[channel], Math.abs(weights[layer.index(position, channel)]));
            }
            float step = magnitudes[channel] / largestCode;
            steps[channel] = step > 0 ? step : 1;
        }
    }

    int largestCode() {
        return largestCode;
    }

    float step(int channel) {
        return steps[channel];
    }

    /// The largest weight of a channel.
    float magnitude(int channel) {
        return magnitudes[channel];
    }

    /// The number that a code stands for; that of the largest code is the largest weight itself, so that the step which is
    /// found from the rounded weights is the same to the bit.
    float value(int code, int channel) {
        return Math.abs(code) == largestCode
                ? Math.signum((float) code) * magnitudes[channel]
                : code * steps[channel];
    }

    /// Weights rounded to nearest.
    float[] nearest(WeightedLayer layer, float[] weights) {
        float[] rounded = new float[weights.length];
        for (int channel = 0; channel < steps.length; channel++) {
            for (int position = 0; position < layer.positions(); position++) {
                int index = layer.index(position, channel);
                int code = (int) Math.clamp(Math.rint(weights[index] / steps[channel]), -largestCode, largestCode);
                rounded[index] = value(code, channel);
            }
        }
        return rounded;
    }
}
