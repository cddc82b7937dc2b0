package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What makes real numbers of the sums of a hybrid product: `(sum − zeroPoint · Σw) · (inputScale · weightScale) + bias`, for
/// each batch of the input the biases of all channels, then `−zeroPoint · Σw`, then the factors, as [TileShape] reads them.
/// Sums are below 2²⁴, so that floats round them where the integers of the reference become floats.
record HybridScaling(Slot parameters, HybridInput input, float[] bias, int[] weightSum, float[] weightScale) {

    static HybridScaling of(Preparation p, HybridInput input, float @Nullable [] bias, int[] weightSum,
            float[] weightScale) {
        float[] biases = new float[weightScale.length];
        // Adding −0 changes no float.
        Arrays.fill(biases, -0f);
        return new HybridScaling(
                p.scratch(ElementType.FLOAT32, TensorChecks.scratchLength(p, input.batches(), 3, weightScale.length)),
                input, bias == null ? biases : bias, weightSum, weightScale);
    }

    /// Computes the parameters of all batches of the quantized input.
    void prepare(Memory memory) {
        float[] to = memory.floats(parameters);
        int channels = bias.length;
        for (int batch = 0; batch < input.batches(); batch++) {
            int at = offset(memory, batch);
            float inputScale = input.scale(memory, batch);
            int zeroPoint = input.zeroPoint(memory, batch);
            System.arraycopy(bias, 0, to, at, channels);
            for (int channel = 0; channel < channels; channel++) {
                to[at + channels + channel] = -zeroPoint * weightSum[channel];
                to[at + 2 * channels + channel] = inputScale * weightScale[channel];
            }
        }
    }

    int offset(Memory memory, int batch) {
        return memory.offset(parameters) + batch * 3 * bias.length;
    }
}
