package dev.whittle.cli.pipeline;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One quantized model on the test images.
///
/// @param mode as recipes write it
/// @param weightBits of the weights; 32 in the float model
/// @param granularity what has a scale; null where weights are real numbers
/// @param ends the type of input and output
/// @param calibration the method, `learned` for quantization-aware training; null where no range is measured
/// @param corrections in the order in which they were made, or what training did
/// @param f1 the mean over the classes
/// @param changed images that get another class from it than from the float model
/// @param scoreChange how far a score is from the float model's: the mean over images and classes of the magnitude
/// @param bytes of the file
/// @param milliseconds of an inference, the median; null where times were not asked for
public record SweepRow(String mode, int weightBits, @Nullable String granularity, String ends,
        @Nullable String calibration, List<String> corrections, double accuracy, double f1, int wrong, int changed,
        double scoreChange, long bytes, @Nullable Double milliseconds) {
    public SweepRow {
        corrections = List.copyOf(corrections);
    }

    SweepRow withMilliseconds(double measured) {
        return new SweepRow(mode, weightBits, granularity, ends, calibration, corrections, accuracy, f1, wrong, changed,
                scoreChange, bytes, measured);
    }
}
