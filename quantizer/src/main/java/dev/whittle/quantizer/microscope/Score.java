package dev.whittle.quantizer.microscope;

/// How well a model does on some samples.
///
/// @param accuracy share of samples whose largest output is that of their class; NaN where classes are not known
/// @param agreement share of samples whose largest output is the one that the float model has
/// @param sqnr of the first output beside the float model's, in dB; infinite where they are the same
public record Score(double accuracy, double agreement, double sqnr) {
    /// Whether it is better than another: by accuracy where classes are known, and by signal-to-noise ratio else.
    public boolean isBetterThan(Score other) {
        return Double.isNaN(accuracy) ? sqnr > other.sqnr : accuracy > other.accuracy;
    }
}
