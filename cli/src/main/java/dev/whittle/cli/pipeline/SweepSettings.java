package dev.whittle.cli.pipeline;

import dev.whittle.quantizer.correct.Correction;
import dev.whittle.quantizer.observe.CalibrationMethod;
import java.util.List;
import java.util.Set;

/// What a [Sweep] tries.
///
/// @param methods of calibration; modes are compared with the first where the method does not matter
/// @param corrections tried one by one and all together
/// @param calibrationImages at most
/// @param part the images that are judged
/// @param timed whether inferences are timed
/// @param qatEpochs of quantization-aware training, with weights of 8 bits and of 4; 0 for none
/// @param qatLearningRate of its first epoch
/// @param threads to compute with; inferences that are timed have one
public record SweepSettings(List<CalibrationMethod> methods, Set<Correction> corrections, int calibrationImages,
        Photographs.Part part, boolean timed, int qatEpochs, float qatLearningRate, long seed, int threads) {
    public SweepSettings {
        methods = List.copyOf(methods);
        corrections = Set.copyOf(corrections);
        if (methods.isEmpty()) {
            throw new IllegalArgumentException("no method of calibration, expected at least one");
        }
        if (calibrationImages < 1 || qatEpochs < 0) {
            throw new IllegalArgumentException("%d calibration images and %d epochs, must be at least 1 and 0"
                    .formatted(calibrationImages, qatEpochs));
        }
    }
}
