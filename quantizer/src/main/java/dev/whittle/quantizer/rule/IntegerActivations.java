package dev.whittle.quantizer.rule;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.quantizer.observe.Range;

/// The integers that activations are stored as. Equation numbers are those of `docs/QUANTIZATION.md`.
public enum IntegerActivations {
    /// Codes −128 to 127 with a zero point (equation 3).
    INT8(ElementType.INT8, Byte.MIN_VALUE, Byte.MAX_VALUE),
    /// Codes 0 to 255 with a zero point: those of INT8, 128 higher.
    UINT8(ElementType.UINT8, 0, 255),
    /// Codes −32767 to 32767, symmetric (equation 13).
    INT16(ElementType.INT16, -Short.MAX_VALUE, Short.MAX_VALUE);

    /// The codes of UINT8 lie this far above those of INT8 for the same real numbers.
    private static final int UINT8_OFFSET = 128;

    /// INT16 kernels whose outputs lie between −1 and 1 give 32,768 steps for each whole.
    private static final QuantizationParameters UNIT_INT16 = QuantizationParameters.perTensor(1f / 32768, 0);

    private final ElementType type;
    private final int minimum;
    private final int maximum;

    IntegerActivations(ElementType type, int minimum, int maximum) {
        this.type = type;
        this.minimum = minimum;
        this.maximum = maximum;
    }

    /// The integers of an element type.
    ///
    /// @throws IllegalArgumentException when activations are not stored as that
    public static IntegerActivations of(ElementType type) {
        for (IntegerActivations activations : values()) {
            if (activations.type == type) {
                return activations;
            }
        }
        throw new IllegalArgumentException(
                type + " is no type of integer activations, these are INT8, UINT8 and INT16");
    }

    public ElementType type() {
        return type;
    }

    /// Parameters that cover a range, widened to hold 0.
    public QuantizationParameters covering(Range range) {
        return switch (this) {
            case INT8, UINT8 -> fromInt8(Int8.covering(range));
            case INT16 -> symmetric(range);
        };
    }

    /// The parameters that belong to the given ones for INT8.
    public QuantizationParameters fromInt8(QuantizationParameters parameters) {
        return switch (this) {
            case INT8 -> parameters;
            case UINT8 -> QuantizationParameters.perTensor(parameters.scale(0), parameters.zeroPoint(0) + UINT8_OFFSET);
            case INT16 -> symmetric(Int8.nudged(parameters));
        };
    }

    /// Parameters of an output between −1 and 1 that are fixed to the given ones for INT8.
    public QuantizationParameters fixed(QuantizationParameters int8) {
        return this == INT16 ? UNIT_INT16 : fromInt8(int8);
    }

    private QuantizationParameters symmetric(Range range) {
        float step = Math.max(Math.abs(range.minimum()), Math.abs(range.maximum())) / maximum;
        return QuantizationParameters.perTensor(step > 0 ? step : 1, 0);
    }

    /// Codes of real numbers (equation 2).
    public Buffer quantize(float[] values, QuantizationParameters parameters) {
        double scale = parameters.scale(0);
        int zeroPoint = parameters.zeroPoint(0);
        short[] codes = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            codes[i] = (short) Math.clamp(Int8.roundHalfAway(values[i] / scale) + zeroPoint, minimum, maximum);
        }
        if (this == INT16) {
            return Buffer.ofShorts(codes);
        }
        byte[] bytes = new byte[codes.length];
        for (int i = 0; i < codes.length; i++) {
            bytes[i] = (byte) codes[i];
        }
        return Buffer.of(bytes);
    }
}
