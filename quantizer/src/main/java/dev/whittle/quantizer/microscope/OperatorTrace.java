package dev.whittle.quantizer.microscope;

import java.util.Map;

/// One output tensor beside its float twin, over all samples. Errors are mean squares, in the tensor's unit squared.
///
/// @param operator its number in the quantized model; −1 for an input of the model
/// @param type of the operator, as in the schema; `INPUT`
/// @param tensor the output's name
/// @param elements of the tensor, times samples
/// @param signal mean square of what the float twin has
/// @param error mean square of the whole error
/// @param parts what each cause contributes to `error` (equation M3); they add up to it, and one that works against
///        the others is negative
/// @param localError mean square of the error that the operator makes on the inputs that it has
/// @param cosine of the angle between the two tensors
/// @param largestError the largest magnitude of an element's error
/// @param saturated share of elements that lie beyond the codes
public record OperatorTrace(int operator, String type, String tensor, long elements, double signal, double error,
        Map<Cause, Double> parts, double localError, double cosine, double largestError, double saturated) {

    /// The signal-to-noise ratio of the whole error in dB; infinite where there is none.
    public double accumulatedSqnr() {
        return decibels(signal, error);
    }

    /// As [#accumulatedSqnr], of the operator's own error.
    public double localSqnr() {
        return decibels(signal, localError);
    }

    static double decibels(double signal, double noise) {
        return noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
    }
}
