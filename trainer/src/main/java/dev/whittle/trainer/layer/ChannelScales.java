package dev.whittle.trainer.layer;

import dev.whittle.engine.model.QuantizationParameters;

/// Symmetric scales of a kernel `[depth, channel]`, one per output channel: `scale = max |w| / largest`, zero point 0, codes
/// `−largest` to `largest`, which is 127 for 8 bits and 7 for 4 (Jacob et al. 2018, section 3: the narrow range keeps −128
/// out of the weights). A channel of zeros has scale 1.
public final class ChannelScales {
    private final float[] scales;
    private final int largest;

    private ChannelScales(float[] scales, int largest) {
        this.scales = scales;
        this.largest = largest;
    }

    /// The largest code of weights of so many bits.
    public static int largestCode(int bits) {
        return (1 << bits - 1) - 1;
    }

    static void requireBits(String layer, int bits) {
        if (bits != 0 && (bits < 2 || bits > Byte.SIZE)) {
            throw new IllegalArgumentException(
                    "layer \"%s\": kernel of %d bits, must be 2 to 8, or 0 for floats".formatted(layer, bits));
        }
    }

    /// @param kernel `[depth, channel]` from `offset` on
    /// @param bits of the codes, 2 to 8
    public static ChannelScales of(float[] kernel, int offset, int depth, int channels, int bits) {
        int largest = largestCode(bits);
        float[] scales = new float[channels];
        for (int r = 0; r < depth; r++) {
            for (int channel = 0; channel < channels; channel++) {
                scales[channel] = Math.max(scales[channel], Math.abs(kernel[offset + r * channels + channel]));
            }
        }
        for (int channel = 0; channel < channels; channel++) {
            float scale = scales[channel] / largest;
            scales[channel] = scale > 0 ? scale : 1;
        }
        return new ChannelScales(scales, largest);
    }

    /// Rounds each weight to the nearest multiple of its scale. The gradient passes straight through: no weight lies
    /// outside the range.
    void fakeQuantize(float[] kernel) {
        for (int i = 0; i < kernel.length; i += scales.length) {
            for (int channel = 0; channel < scales.length; channel++) {
                float code = (float) Math.rint(kernel[i + channel] / scales[channel]);
                kernel[i + channel] = Math.clamp(code, -largest, largest) * scales[channel];
            }
        }
    }

    /// For weights stored with the output channel outermost.
    public QuantizationParameters toParameters() {
        return QuantizationParameters.perChannel(scales, new long[scales.length], 0);
    }
}
