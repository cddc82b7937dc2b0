package dev.whittle.quantizer.microscope;

/// An operator whose error is larger than the format would make it.
///
/// @param operator its number; −1 for an input of the model
/// @param channel of the output; −1 where the cause is one for the tensor
/// @param avoidable the part of the error that a better scale, bias or range would spare, as a share of the signal's
///        power (equation M4)
/// @param explanation what was found, what it should be
public record Suspect(int operator, String type, String tensor, Cause cause, int channel, double avoidable,
        String explanation) {
    /// Below this share of the signal's power (30 dB) nothing is wrong that a person should look at.
    static final double NOTABLE = 1e-3;

    /// Whether it costs enough to be looked at.
    public boolean isNotable() {
        return avoidable >= NOTABLE;
    }
}
