package dev.whittle.quantizer.rule;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.quantizer.recipe.Granularity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Symmetric integer weights of a width, with a scale for each tensor, output channel or block (equations 5 and 22 of
/// `docs/QUANTIZATION.md`). Codes are rounded with halves to even, as the trainer's fake quantization does.
///
/// @param bits 8 or 4
/// @param granularity which weights share a scale
public record WeightQuantization(int bits, Granularity granularity) {
    public WeightQuantization {
        if (bits != 8 && bits != 4) {
            throw new IllegalArgumentException("weights of " + bits + " bits, supported are 8 and 4");
        }
    }

    /// The element type that the codes are stored as.
    public ElementType type() {
        return bits == 8 ? ElementType.INT8 : ElementType.INT4;
    }

    /// The largest code, 127 or 7. The smallest is its negative: the range is symmetric.
    public int largestCode() {
        return (1 << bits - 1) - 1;
    }

    /// Scales for a weight tensor.
    ///
    /// @param dimension the axis of the output channels
    /// @throws IllegalArgumentException when blocks do not divide the rows of a matrix
    public QuantizationParameters parameters(float[] weights, Shape shape, int dimension) {
        return switch (granularity) {
            case Granularity.PerTensor _ -> Int8.symmetric(weights, largestCode());
            case Granularity.PerChannel _ -> Int8.symmetricPerChannel(weights, shape, dimension, largestCode());
            case Granularity.Blockwise(int size) -> blockwise(weights, shape, size);
        };
    }

    /// As [#parameters(float[], Shape, int)], with scales large enough that no bias passes `largestBias` (equation 6).
    ///
    /// @param bias one for each channel
    /// @param inputScale the scale of the activations that the weights meet
    public QuantizationParameters parameters(float[] weights, Shape shape, int dimension, float[] bias,
            float inputScale, float largestBias) {
        QuantizationParameters plain = parameters(weights, shape, dimension);
        float[] scale = new float[plain.scale().size()];
        for (int channel = 0; channel < scale.length; channel++) {
            scale[channel] = plain.scale(channel);
        }
        for (int channel = 0; channel < bias.length; channel++) {
            int shared = scale.length == 1 ? 0 : channel;
            scale[shared] = Math.max(scale[shared], Math.abs(bias[channel]) / (inputScale * largestBias));
        }
        return QuantizationParameters.perChannel(scale, new long[scale.length], plain.quantizedDimension());
    }

    /// The weights as codes under the given parameters.
    public Buffer quantize(float[] weights, Shape shape, QuantizationParameters parameters) {
        byte[] codes = parameters.isBlockwise()
                ? blockCodes(weights, parameters)
                : Int8.quantizeWeights(weights, shape, parameters, largestCode());
        return bits == 8 ? Buffer.of(codes) : Buffer.ofCodes(type(), codes);
    }

    /// Scales of blocks are stored as FLOAT16.
    private QuantizationParameters blockwise(float[] weights, Shape shape, int size) {
        int row = shape.rank() == 2 ? shape.dimension(1) : 0;
        if (row == 0 || row % size != 0) {
            throw new IllegalArgumentException(
                    "shape " + shape + " cannot have blocks of " + size + ", they must divide the rows of a matrix");
        }
        List<Float> scales = new ArrayList<>();
        for (int start = 0; start < weights.length; start += size) {
            float largest = 0;
            for (int i = start; i < start + size; i++) {
                largest = Math.max(largest, Math.abs(weights[i]));
            }
            float scale = Float.float16ToFloat(Float.floatToFloat16(largest / largestCode()));
            scales.add(scale > 0 && Float.isFinite(scale) ? scale : 1);
        }
        return new QuantizationParameters(scales, Collections.nCopies(scales.size(), 0L), 0, size);
    }

    private byte[] blockCodes(float[] weights, QuantizationParameters parameters) {
        byte[] codes = new byte[weights.length];
        for (int i = 0; i < codes.length; i++) {
            float scale = parameters.scale().get(i / parameters.blockSize());
            codes[i] = (byte) Math.clamp(Math.rint(weights[i] / scale), -largestCode(), largestCode());
        }
        return codes;
    }
}
