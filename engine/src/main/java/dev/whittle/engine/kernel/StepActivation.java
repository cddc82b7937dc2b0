package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;

/// Activations within recurrent layers, in place, on floats.
final class StepActivation {
    private StepActivation() {}

    static void apply(Activation activation, float[] x, int offset, int count) {
        switch (activation) {
            case NONE -> {
                // Stays as it is.
            }
            case RELU, RELU_N1_TO_1, RELU6 -> {
                for (int i = offset; i < offset + count; i++) {
                    x[i] = Math.min(activation.maximum(), Math.max(activation.minimum(), x[i]));
                }
            }
            case TANH -> {
                for (int i = offset; i < offset + count; i++) {
                    x[i] = (float) StrictMath.tanh(x[i]);
                }
            }
            case SIGN_BIT -> {
                for (int i = offset; i < offset + count; i++) {
                    x[i] = Float.floatToRawIntBits(x[i]) >>> 31;
                }
            }
        }
    }

    /// `1 / (1 + e^(−x))`.
    static void logistic(float[] x, int offset, int count) {
        for (int i = offset; i < offset + count; i++) {
            x[i] = (float) (1 / (1 + StrictMath.exp(-x[i])));
        }
    }

    /// Clamps to `[−limit, limit]`; a limit of 0 stands for none.
    static void clip(float limit, float[] x, int offset, int count) {
        if (limit > 0) {
            for (int i = offset; i < offset + count; i++) {
                x[i] = Math.min(limit, Math.max(-limit, x[i]));
            }
        }
    }
}
