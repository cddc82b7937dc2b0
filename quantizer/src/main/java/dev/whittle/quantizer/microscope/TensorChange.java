package dev.whittle.quantizer.microscope;

import dev.whittle.quantizer.observe.Range;
import org.jspecify.annotations.Nullable;

/// How one tensor of a quantized model is to be held instead.
///
/// @param tensor its name
/// @param range what its codes are to cover; null for what they cover, and for weights what they hold
/// @param bits of a code, 2 to 8
/// @param granularity of weights; null as it is
public record TensorChange(String tensor, @Nullable Range range, int bits, @Nullable WeightScales granularity) {
    private static final int FEWEST_BITS = 2;

    /// Which weights share a scale.
    public enum WeightScales {
        TENSOR, CHANNEL
    }

    public TensorChange {
        if (bits < FEWEST_BITS || bits > Byte.SIZE) {
            throw new IllegalArgumentException(bits + " bits, must be 2 to 8");
        }
    }
}
