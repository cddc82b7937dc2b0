package dev.whittle.engine.model;

import java.util.ArrayList;
import java.util.List;

/// The affine map of a quantized tensor: `real = scale · (quantized − zeroPoint)`
/// (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
/// equation 1).
///
/// One scale and zero point hold for the whole tensor, or one of each for every index along `quantizedDimension`, or,
/// where there is a block size, one of each for every `blockSize` elements along the last dimension. The scales may be
/// any finite positive number: constructors refuse the rest, so that nothing downstream has to ask.
///
/// @param scale one scale, or one per channel or block; never empty; those of blocks row by row, as the elements lie
/// @param zeroPoint as many as there are scales
/// @param quantizedDimension the axis that the scales run along; 0 when there is one scale, or one per block
/// @param blockSize elements that share a scale; 0 where scales hold for a tensor or a channel
public record QuantizationParameters(List<Float> scale, List<Long> zeroPoint, int quantizedDimension, int blockSize) {

    public QuantizationParameters {
        scale = List.copyOf(scale);
        zeroPoint = List.copyOf(zeroPoint);
        if (scale.isEmpty()) {
            throw new IllegalArgumentException("no scale, must have at least one");
        }
        if (zeroPoint.size() != scale.size()) {
            throw new IllegalArgumentException(
                    zeroPoint.size() + " zero points for " + scale.size() + " scales, must be as many");
        }
        for (int channel = 0; channel < scale.size(); channel++) {
            float value = scale.get(channel);
            if (!(value > 0) || Float.isInfinite(value)) {
                throw new IllegalArgumentException("scale[" + channel + "] is " + value + ", must be finite and > 0");
            }
            long zero = zeroPoint.get(channel);
            if (zero != (int) zero) {
                throw new IllegalArgumentException("zero point[" + channel + "] is " + zero + ", must fit in 32 bits");
            }
        }
        if (quantizedDimension < 0) {
            throw new IllegalArgumentException("quantized dimension " + quantizedDimension + ", must be 0 or more");
        }
        if (blockSize < 0) {
            throw new IllegalArgumentException("block size " + blockSize + ", must be 0 or more");
        }
    }

    /// One scale for the whole tensor, or one per channel.
    public QuantizationParameters(List<Float> scale, List<Long> zeroPoint, int quantizedDimension) {
        this(scale, zeroPoint, quantizedDimension, 0);
    }

    /// One scale and zero point for the whole tensor.
    public static QuantizationParameters perTensor(float scale, long zeroPoint) {
        return new QuantizationParameters(List.of(scale), List.of(zeroPoint), 0);
    }

    /// A scale and zero point for each index along `quantizedDimension`.
    public static QuantizationParameters perChannel(float[] scale, long[] zeroPoint, int quantizedDimension) {
        List<Float> scales = new ArrayList<>(scale.length);
        for (float value : scale) {
            scales.add(value);
        }
        List<Long> zeroPoints = new ArrayList<>(zeroPoint.length);
        for (long value : zeroPoint) {
            zeroPoints.add(value);
        }
        return new QuantizationParameters(scales, zeroPoints, quantizedDimension);
    }

    /// As this, its scales and zero points taken for blocks of `newBlockSize` elements along the last dimension.
    public QuantizationParameters withBlockSize(int newBlockSize) {
        return new QuantizationParameters(scale, zeroPoint, 0, newBlockSize);
    }

    public boolean isPerChannel() {
        return scale.size() > 1 && blockSize == 0;
    }

    /// True where blocks along the last dimension have scales of their own: the element at `position` of row `row` has
    /// the scale at index `row · blocks + position / blockSize`.
    public boolean isBlockwise() {
        return blockSize != 0;
    }

    /// The scale of a channel; the only one where there is one.
    public float scale(int channel) {
        return scale.get(isPerChannel() ? channel : 0);
    }

    /// The zero point of a channel; the only one where there is one.
    public int zeroPoint(int channel) {
        return (int) (long) zeroPoint.get(isPerChannel() ? channel : 0);
    }
}
