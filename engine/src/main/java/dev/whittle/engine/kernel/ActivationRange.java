package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;

/// The codes that a fused activation leaves: `[min, max]`, both within the type.
record ActivationRange(int min, int max) {

    /// The clamp of an activation on an output with one scale: its bounds are divided by the scale in float and rounded
    /// half away from zero, as the reference does (`CalculateActivationRangeQuantized`).
    static ActivationRange of(Activation activation, ElementType type, QuantizationParameters output) {
        return of(activation.minimum(), activation.maximum(), type, output);
    }

    /// As [#of(Activation, ElementType, QuantizationParameters)], from bounds in real units.
    static ActivationRange of(float minimum, float maximum, ElementType type, QuantizationParameters output) {
        int min = TensorChecks.minimumCode(type);
        int max = TensorChecks.maximumCode(type);
        if (minimum > Float.NEGATIVE_INFINITY) {
            min = Math.max(min, code(minimum, output));
        }
        if (maximum < Float.POSITIVE_INFINITY) {
            max = Math.min(max, code(maximum, output));
        }
        return new ActivationRange(min, max);
    }

    /// The clamp of an activation on integers that stand for themselves.
    static ActivationRange ofIntegers(Activation activation, ElementType type) {
        // An infinite bound becomes the end of int.
        return new ActivationRange(Math.max(TensorChecks.minimumCode(type), (int) activation.minimum()),
                Math.min(TensorChecks.maximumCode(type), (int) activation.maximum()));
    }

    /// The lower bound for reals in the arithmetic operators: where there is none, the reference keeps to finite numbers.
    static float realMinimum(Activation activation) {
        return Math.max(activation.minimum(), -Float.MAX_VALUE);
    }

    /// As [#realMinimum], the upper bound.
    static float realMaximum(Activation activation) {
        return Math.min(activation.maximum(), Float.MAX_VALUE);
    }

    /// Refuses the activations that are no clamp.
    static void requireClamp(Preparation p, Activation activation) {
        if (!activation.isClamp()) {
            throw p.unsupported("fused activation is " + activation + ", must be NONE, RELU, RELU_N1_TO_1 or RELU6");
        }
    }

    int clamp(int code) {
        return Math.min(max, Math.max(min, code));
    }

    private static int code(float real, QuantizationParameters output) {
        // Far out of range is as good as the range's end; the sum must not wrap.
        float steps = Rounding.halfAwayFromZero(real / output.scale(0));
        return output.zeroPoint(0) + (int) Math.clamp(steps, -1e9f, 1e9f);
    }
}
