package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import org.jspecify.annotations.Nullable;

/// The constant weights and bias of a convolution or fully-connected operator, checked and read: inputs 1 and 2.
///
/// Three families share the loops: FLOAT32 all through; codes (INT8 input with INT8 weights, UINT8 with UINT8, output
/// like the input, INT32 bias); and hybrid (FLOAT32 input and output, INT8 or UINT8 weights, FLOAT32 bias).
final class Filter {

    enum Family {
        REALS, CODES, HYBRID
    }

    private final Family family;
    private final float[] values;
    private final float @Nullable [] bias;
    private final int[] codeBias;
    private final @Nullable QuantizationParameters quantization;
    private final int channels;

    private Filter(Family family, float[] values, float @Nullable [] bias, int[] codeBias,
            @Nullable QuantizationParameters quantization, int channels) {
        this.family = family;
        this.values = values;
        this.bias = bias;
        this.codeBias = codeBias;
        this.quantization = quantization;
        this.channels = channels;
    }

    Family family() {
        return family;
    }

    /// The weights in the file's order: real numbers, or codes less their zero point.
    float[] values() {
        return values;
    }

    /// One per output channel, real numbers; null for none or for codes.
    float @Nullable [] bias() {
        return bias;
    }

    int channels() {
        return channels;
    }

    /// @param channelDimension the weights' dimension that runs over output channels
    static Filter read(Preparation p, int channelDimension) {
        Tensor input = p.inputTensor(0);
        Tensor weights = p.inputTensor(1);
        Family family = family(p, input.type(), weights.type(), p.outputTensor(0).type());
        int channels = weights.shape().dimension(channelDimension);
        Buffer buffer = weights.buffer();
        if (buffer == null) {
            throw p.unsupported("filter is not constant, must be");
        }
        float[] values;
        QuantizationParameters quantization = null;
        if (family == Family.REALS) {
            values = buffer.toFloats();
        } else {
            quantization = TensorChecks.quantizedPerChannel(p, "filter", weights, channelDimension, channels);
            // The hybrid kernels of the reference take the bytes of a UINT8 filter for INT8 ones without a zero point.
            values = family == Family.HYBRID
                    ? codes(buffer, ElementType.INT8, 0)
                    : codes(buffer, weights.type(), quantization.zeroPoint(0));
        }
        Tensor bias = p.hasInput(2) ? p.inputTensor(2) : null;
        Buffer biasBuffer = bias == null ? null : bias.buffer();
        if (bias != null) {
            TensorChecks.sameType(p, "bias", bias, family == Family.CODES ? ElementType.INT32 : ElementType.FLOAT32);
            if (bias.shape().elementCount() != channels) {
                throw p.malformed("bias has " + bias.shape().elementCount() + " elements, must have " + channels
                        + ", one per output channel");
            }
            if (biasBuffer == null) {
                throw p.unsupported("bias is not constant, must be");
            }
        }
        return switch (family) {
            case REALS, HYBRID -> new Filter(family, values, biasBuffer == null ? null : biasBuffer.toFloats(),
                    new int[0], quantization, channels);
            case CODES -> new Filter(family, values, null,
                    biasBuffer == null ? new int[channels] : biasBuffer.toInts(), quantization, channels);
        };
    }

    private static Family family(Preparation p, ElementType input, ElementType weights, ElementType output) {
        if (input == output && input == weights) {
            if (input == ElementType.FLOAT32) {
                return Family.REALS;
            }
            if (TensorChecks.isEightBit(input)) {
                return Family.CODES;
            }
        }
        if (input == ElementType.FLOAT32 && output == ElementType.FLOAT32 && TensorChecks.isEightBit(weights)) {
            return Family.HYBRID;
        }
        throw p.unsupported("types are " + input + " input, " + weights + " filter and " + output
                + " output, supported are FLOAT32, INT8 or UINT8 throughout, and FLOAT32 with an INT8 or UINT8 filter");
    }

    private static float[] codes(Buffer buffer, ElementType type, int zeroPoint) {
        byte[] bytes = buffer.toBytes();
        float[] values = new float[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            values[i] = (type == ElementType.UINT8 ? bytes[i] & 0xff : bytes[i]) - zeroPoint;
        }
        return values;
    }

    QuantizationParameters scales() {
        if (quantization == null) {
            throw new IllegalStateException("real weights have no scales");
        }
        return quantization;
    }

    /// The sum of the weight codes of each output channel.
    ///
    /// @param weightsInOrder `[channels][depth]`
    static int[] sums(float[] weightsInOrder, int channels) {
        int depth = channels == 0 ? 0 : weightsInOrder.length / channels;
        int[] sums = new int[channels];
        for (int channel = 0; channel < channels; channel++) {
            for (int r = 0; r < depth; r++) {
                sums[channel] += (int) weightsInOrder[channel * depth + r];
            }
        }
        return sums;
    }

    /// Binds the output stage of this family. Input codes enter the product without their zero point taken off, so its
    /// share, `zeroPoint · Σw`, is taken off the bias.
    ///
    /// @param sums [#sums] of the weights
    /// @param rows most output rows that one product makes
    /// @param segments of the packed weights
    /// @param hybrid the quantized input, for [Family#HYBRID]
    /// @param rowsPerBatch output rows that share one input scale, for [Family#HYBRID]
    OutputStage stage(Preparation p, Activation activation, Requantizer.Mode mode, int[] sums, int rows, int segments,
            @Nullable HybridInput hybrid, int rowsPerBatch) {
        ActivationRange.requireClamp(p, activation);
        Slot output = p.output(0);
        if (family == Family.REALS) {
            return new OutputStage.Reals(output, channels);
        }
        int segmentStride = Math.multiplyExact(rows, channels);
        Slot scratch = p.scratch(ElementType.FLOAT32, Math.multiplyExact(segmentStride, segments));
        if (hybrid != null) {
            float[] scales = new float[channels];
            for (int channel = 0; channel < channels; channel++) {
                scales[channel] = scales().scale(channel);
            }
            return new OutputStage.Hybrid(output, scratch, hybrid, rowsPerBatch, segments, segmentStride, scales, sums,
                    bias, activation);
        }
        return new OutputStage.Codes(output, scratch, channels, segments, segmentStride,
                requantizer(p, activation, mode, sums));
    }

    /// The output stage of codes.
    ///
    /// @param sums what of each channel's weights is multiplied by the input's zero point and taken off: [#sums] where
    ///     codes enter the sums with their zero point, zeros where without
    Requantizer requantizer(Preparation p, Activation activation, Requantizer.Mode mode, int[] sums) {
        Tensor input = p.inputTensor(0);
        Tensor output = p.outputTensor(0);
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", input);
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", output);
        int[] folded = new int[channels];
        for (int channel = 0; channel < channels; channel++) {
            folded[channel] = codeBias[channel] - signedZeroPoint(input.type(), in) * sums[channel];
        }
        return Requantizer.of(p, mode, folded, in.scale(0), scales(), out,
                ActivationRange.of(activation, output.type(), out));
    }

    /// The zero point of codes as the loops see them: those of UINT8 less 128.
    static int signedZeroPoint(ElementType type, QuantizationParameters parameters) {
        return parameters.zeroPoint(0) - (type == ElementType.UINT8 ? 128 : 0);
    }

    /// What turns a byte of this type into a signed code.
    static int flip(ElementType type) {
        return type == ElementType.UINT8 ? 0x80 : 0;
    }
}
