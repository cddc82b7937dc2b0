package dev.whittle.trainer.layer;

import dev.whittle.engine.model.QuantizationParameters;

/// Symmetric int8 scales of a kernel `[depth, channel]`, one per output channel: `scale = max |w| / 127`, zero point 0,
/// codes −127 to 127 (Jacob et al. 2018, section 3: the narrow range keeps −128 out of the weights). A channel of zeros
/// has scale 1.
public final class ChannelScales {
    private static final int MAX_CODE = 127;

    private final float[] scales;

    private ChannelScales(float[] scales) {
        this.scales = scales;
    }

    /// @param kernel `[depth, channel]` from `offset` on
    public static ChannelScales of(float[] kernel, int offset, int depth, int channels) {
        float[] scales = new float[channels];
        for (int r = 0; r < depth; r++) {
            for (int channel = 0; channel < channels; channel++) {
                scales[channel] = Math.max(scales[channel], Math.abs(kernel[offset + r * channels + channel]));
            }
        }
        for (int channel = 0; channel < channels; channel++) {
            float scale = scales[channel] / MAX_CODE;
            scales[channel] = scale > 0 ? scale : 1;
        }
        return new ChannelScales(scales);
    }

    /// Rounds each weight to the nearest multiple of its scale. The gradient passes straight through: no weight lies
    /// outside the range.
    void fakeQuantize(float[] kernel) {
        for (int i = 0; i < kernel.length; i += scales.length) {
            for (int channel = 0; channel < scales.length; channel++) {
                float code = (float) Math.rint(kernel[i + channel] / scales[channel]);
                kernel[i + channel] = Math.clamp(code, -MAX_CODE, MAX_CODE) * scales[channel];
            }
        }
    }

    /// For weights stored with the output channel outermost.
    public QuantizationParameters toParameters() {
        return QuantizationParameters.perChannel(scales, new long[scales.length], 0);
    }
}
