package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.QuantizationParameters;

/// What a [TensorChange] does.
///
/// @param model the quantized model
/// @param tensor that was changed; those that share its codes by rule were changed with it
/// @param operatorsRun how many operators lie at or behind the change, and were run again for each sample
/// @param operators of the model
public record WhatIfReport(String model, String tensor, int samples, int operatorsRun, int operators, State before,
        State after) {

    /// The model in one of its two forms.
    ///
    /// @param parameters of the tensor
    /// @param bits of its codes
    /// @param tensorSqnr of the tensor beside its float twin, in dB
    /// @param bytes of the file
    public record State(QuantizationParameters parameters, int bits, double tensorSqnr, Score score, long bytes) {
    }
}
