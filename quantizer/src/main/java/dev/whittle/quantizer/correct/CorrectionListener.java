package dev.whittle.quantizer.correct;

/// Hears how far a correction is.
public interface CorrectionListener {
    /// A layer is done.
    ///
    /// @param layer named after the tensor that it puts out
    /// @param done layers so far, this one among them
    void layer(Correction correction, String layer, int done, int total);

    /// Hears nothing.
    static CorrectionListener silent() {
        return (_, _, _, _) -> {
            // Nobody asked.
        };
    }
}
