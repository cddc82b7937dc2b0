package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The weights and bias of a convolution or fully-connected operator, checked and read.
///
/// Three families share the loops: FLOAT32 all through; codes (INT8 or INT16 input with INT8, INT4 or INT2 weights, UINT8
/// with UINT8, output like the input, an INT32 bias, with INT16 also INT64); and hybrid (FLOAT32 input, output and bias
/// with weights of at most 8 bits).
final class Filter {

    enum Family {
        REALS, CODES, HYBRID
    }

    /// Which inputs of the operator hold what.
    record Inputs(int data, int weights, int bias) {
        static final Inputs USUAL = new Inputs(0, 1, 2);
    }

    /// What weights may be where the activations are of another type.
    static final Set<ElementType> WEIGHT_TYPES = Set.of(ElementType.INT8, ElementType.UINT8, ElementType.INT4,
            ElementType.INT2);

    private final Inputs inputs;
    private final Family family;
    private final float[] values;
    private final float @Nullable [] bias;
    private final long[] codeBias;
    private final boolean isBiasNarrow;
    private final @Nullable QuantizationParameters quantization;
    private final int channels;
    private final long packedBytes;

    private Filter(Inputs inputs, Family family, float[] values, float @Nullable [] bias, long[] codeBias,
            boolean isBiasNarrow, @Nullable QuantizationParameters quantization, int channels,
            long packedBytes) {
        this.inputs = inputs;
        this.family = family;
        this.values = values;
        this.bias = bias;
        this.codeBias = codeBias;
        this.isBiasNarrow = isBiasNarrow;
        this.quantization = quantization;
        this.channels = channels;
        this.packedBytes = packedBytes;
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

    /// True for a bias of INT32: INT16 sums are then of 32 bits in the reference, else of 64.
    boolean isBiasNarrow() {
        return isBiasNarrow;
    }

    int channels() {
        return channels;
    }

    /// What the weights take when they are packed for [Gemm].
    long packedBytes() {
        return packedBytes;
    }

    /// Reads the weights of an operator that packs them all for [Gemm].
    ///
    /// @param channelDimension the weights' dimension that runs over output channels
    static Filter read(Preparation p, Inputs inputs, int channelDimension) {
        Filter filter = readToPack(p, inputs, channelDimension);
        p.keepBytes(filter.packedBytes);
        return filter;
    }

    /// As [#read], leaving it to the caller to say what it keeps: [#packedBytes] or less.
    static Filter readToPack(Preparation p, Inputs inputs, int channelDimension) {
        Tensor weights = p.inputTensor(inputs.weights);
        Family family = family(p, p.inputTensor(inputs.data).type(), weights.type(), p.outputTensor(0).type());
        int channels = weights.shape().dimension(channelDimension);
        // Panels of a packed filter are padded to their width, 32 at most.
        int count = weights.shape().elementCount();
        int packed = TensorChecks.scratchLength(p, Math.ceilDiv(channels, 32) * 32L,
                channels == 0 ? 0 : count / channels);
        // The values, the values in the order of the product, and the packed ones.
        p.requireBytes(Float.BYTES * (2L * count + packed));
        QuantizationParameters quantization = family == Family.REALS
                ? null
                : quantization(p, weights, family, channelDimension, channels);
        ElementType biasType = checkBias(p, inputs, family, channels);
        float[] values = quantization == null
                ? p.values(inputs.weights).toFloats()
                // The hybrid kernels of the reference take the bytes of a UINT8 filter for INT8 ones without a zero point.
                : codes(p.values(inputs.weights), weights,
                        family == Family.CODES && weights.type() == ElementType.UINT8 ? 0xff : -1,
                        family == Family.CODES ? quantization.zeroPoint(0) : 0);
        Buffer bias = biasType == null ? null : p.values(inputs.bias);
        boolean isReal = family != Family.CODES;
        return new Filter(inputs, family, values, isReal && bias != null ? bias.toFloats() : null,
                isReal ? new long[0] : codeBias(bias, biasType, channels), biasType == ElementType.INT32, quantization,
                channels, (long) Float.BYTES * packed);
    }

    private static QuantizationParameters quantization(Preparation p, Tensor weights, Family family,
            int channelDimension, int channels) {
        QuantizationParameters parameters = weights.quantization();
        if (parameters == null || !parameters.isBlockwise()) {
            return TensorChecks.quantizedPerChannel(p, "filter", weights, channelDimension, channels);
        }
        if (family != Family.HYBRID || weights.shape().rank() != 2) {
            throw p.unsupported("filter has scales for blocks, supported under FULLY_CONNECTED with FLOAT32 input");
        }
        int depth = weights.shape().dimension(1);
        long scales = (long) channels * depth / parameters.blockSize();
        if (depth % parameters.blockSize() != 0 || parameters.scale().size() != scales) {
            throw p.malformed("filter " + weights.shape() + " has " + parameters.scale().size()
                    + " scales for blocks of " + parameters.blockSize()
                    + ", blocks must divide rows and have one each");
        }
        for (long zeroPoint : parameters.zeroPoint()) {
            if (zeroPoint != 0) {
                throw p.unsupported("filter has zero point " + zeroPoint + ", must be 0 where scales are for blocks");
            }
        }
        return parameters;
    }

    /// The type of the bias, or null where there is none.
    private static @Nullable ElementType checkBias(Preparation p, Inputs inputs, Family family, int channels) {
        if (!p.hasInput(inputs.bias)) {
            return null;
        }
        Tensor bias = p.inputTensor(inputs.bias);
        boolean isWide = bias.type() == ElementType.INT64 && p.inputTensor(inputs.data).type() == ElementType.INT16;
        if (family != Family.CODES || !isWide) {
            TensorChecks.sameType(p, "bias", bias, family == Family.CODES ? ElementType.INT32 : ElementType.FLOAT32);
        }
        if (bias.shape().elementCount() != channels) {
            throw p.malformed("bias has " + bias.shape().elementCount() + " elements, must have " + channels
                    + ", one per output channel");
        }
        return bias.type();
    }

    private static long[] codeBias(@Nullable Buffer bias, @Nullable ElementType type, int channels) {
        if (bias == null) {
            return new long[channels];
        }
        if (type == ElementType.INT64) {
            return bias.toLongs();
        }
        int[] narrow = bias.toInts();
        long[] wide = new long[channels];
        for (int channel = 0; channel < channels; channel++) {
            wide[channel] = narrow[channel];
        }
        return wide;
    }

    private static Family family(Preparation p, ElementType input, ElementType weights, ElementType output) {
        boolean isSigned = weights == ElementType.INT8 || weights == ElementType.INT4 || weights == ElementType.INT2;
        boolean isUnsigned = weights == ElementType.UINT8;
        // FULLY_CONNECTED alone has two more.
        boolean isMatrix = p.options() instanceof Options.FullyConnected;
        boolean isWidened = isMatrix && input == ElementType.UINT8 && output == ElementType.INT16;
        boolean isWide = isMatrix && input == ElementType.INT16 && weights == ElementType.INT16;
        if (input == output || isWidened) {
            switch (input) {
                case FLOAT32 -> {
                    if (weights == ElementType.FLOAT32) {
                        return Family.REALS;
                    }
                    if (isSigned || isUnsigned) {
                        return Family.HYBRID;
                    }
                }
                case INT8, INT16 -> {
                    if (isSigned || isWide) {
                        return Family.CODES;
                    }
                }
                case UINT8 -> {
                    if (isUnsigned) {
                        return Family.CODES;
                    }
                }
                default -> throw new AssertionError(input);
            }
        }
        throw p.unsupported("types are " + input + " input, " + weights + " filter and " + output
                + " output, supported are FLOAT32 or UINT8 throughout, INT8 or INT16 with an INT8, INT4 or INT2 filter, "
                + (isMatrix ? "INT16 throughout, UINT8 with INT16 output, " : "")
                + "and FLOAT32 with an INT8, UINT8, INT4 or INT2 filter");
    }

    /// @param mask of the bits of a byte widened to int: all of them where it has a sign
    private static float[] codes(Buffer buffer, Tensor tensor, int mask, int zeroPoint) {
        float[] values = new float[tensor.shape().elementCount()];
        if (tensor.type() == ElementType.INT16) {
            short[] codes = buffer.toShorts();
            for (int i = 0; i < values.length; i++) {
                values[i] = codes[i] - zeroPoint;
            }
            return values;
        }
        byte[] codes = buffer.toCodes(tensor.type(), values.length);
        for (int i = 0; i < values.length; i++) {
            values[i] = (codes[i] & mask) - zeroPoint;
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

    /// The scale of each output channel.
    float[] channelScales() {
        float[] scales = new float[channels];
        for (int channel = 0; channel < channels; channel++) {
            scales[channel] = scales().scale(channel);
        }
        return scales;
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
        Slot output = p.output(0);
        if (family == Family.REALS) {
            return new OutputStage.Reals(output, channels);
        }
        int parts = p.inputTensor(inputs.data).type() == ElementType.INT16 ? 2 : 1;
        int segmentStride = TensorChecks.scratchLength(p, rows, channels);
        WorkerScratch scratch = WorkerScratch.of(p, ElementType.FLOAT32,
                TensorChecks.scratchLength(p, segmentStride, segments, parts) + RowWeights.SUMS_SLACK);
        if (hybrid != null && scales().isBlockwise()) {
            return OutputStage.Blockwise.of(output, scratch, hybrid, segments, segmentStride, values, scales(), bias,
                    activation);
        }
        if (hybrid != null) {
            return new OutputStage.Hybrid(output, scratch, hybrid, rowsPerBatch, segments, segmentStride,
                    channelScales(), sums,
                    bias, activation, p.tier());
        }
        return new OutputStage.Codes(output, scratch, channels, parts, segments, segmentStride,
                requantizer(p, activation, mode, sums));
    }

    /// The output stage of codes.
    ///
    /// @param sums what of each channel's weights is multiplied by the input's zero point and taken off: [#sums] where
    ///     codes enter the sums with their zero point, zeros where without
    Requantizer requantizer(Preparation p, Activation activation, Requantizer.Mode mode, int[] sums) {
        Tensor input = p.inputTensor(inputs.data);
        Tensor output = p.outputTensor(0);
        QuantizationParameters in = TensorChecks.quantizedPerTensor(p, "input", input);
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", output);
        long[] folded = new long[channels];
        for (int channel = 0; channel < channels; channel++) {
            folded[channel] = codeBias[channel] - (long) signedZeroPoint(input.type(), in) * sums[channel];
        }
        return Requantizer.of(p, mode, folded, in.scale(0), scales(), output.type(), out,
                ActivationRange.of(activation, output.type(), out));
    }

    /// The zero point of codes as the products see them: those of UINT8 less 128, and likewise those of INT16, whose low
    /// part [RowSource] brings within INT8.
    static int signedZeroPoint(ElementType type, QuantizationParameters parameters) {
        return parameters.zeroPoint(0) - (type == ElementType.INT8 ? 0 : 128);
    }

    /// What turns a byte of this type into a signed code.
    static int flip(ElementType type) {
        return type == ElementType.UINT8 ? 0x80 : 0;
    }
}
