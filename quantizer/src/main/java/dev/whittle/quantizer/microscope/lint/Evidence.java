package dev.whittle.quantizer.microscope.lint;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is known of a model beside its file.
///
/// @param name what the file is called
/// @param isCalledQat whether somebody says that it was trained quantization-aware
/// @param targets where it is meant to run
/// @param calibrationImages SHA-256 of images that ranges were measured on, in hexadecimal digits, beside those that the
///        model's own calibration record names; the first 16 digits count
/// @param testImages SHA-256 of those that it is tested with
/// @param predictions what a program made of the model's output
/// @param samples inputs as real numbers, one array for each input of the model
public record Evidence(String name, boolean isCalledQat, Set<Target> targets, Set<String> calibrationImages,
        Set<String> testImages, List<Prediction> predictions, List<List<float[]>> samples) {
    public Evidence {
        targets = Set.copyOf(targets);
        calibrationImages = Set.copyOf(calibrationImages);
        testImages = Set.copyOf(testImages);
        predictions = List.copyOf(predictions);
        samples = List.copyOf(samples);
    }

    /// What a program recorded of one run.
    ///
    /// @param codes of the first output as the model gave them, or null where they were not kept
    /// @param scores the real numbers that the program took them for
    public record Prediction(@Nullable List<Integer> codes, List<Double> scores) {
        public Prediction {
            codes = codes == null ? null : List.copyOf(codes);
            scores = List.copyOf(scores);
            if (codes != null && codes.size() != scores.size()) {
                throw new IllegalArgumentException(
                        codes.size() + " codes and " + scores.size() + " scores, expected as many");
            }
        }
    }

    /// The file alone.
    public static Evidence ofName(String name) {
        return new Evidence(name, false, Set.of(), Set.of(), Set.of(), List.of(), List.of());
    }

    /// As this, of a model that is said to be trained quantization-aware.
    public Evidence calledQat() {
        return new Evidence(name, true, targets, calibrationImages, testImages, predictions, samples);
    }

    /// As this, with where the model is meant to run.
    public Evidence withTargets(Set<Target> newTargets) {
        return new Evidence(name, isCalledQat, newTargets, calibrationImages, testImages, predictions, samples);
    }

    /// As this, with the images of calibration and of the test.
    public Evidence withImages(Set<String> calibration, Set<String> test) {
        return new Evidence(name, isCalledQat, targets, calibration, test, predictions, samples);
    }

    /// As this, with recorded predictions.
    public Evidence withPredictions(List<Prediction> newPredictions) {
        return new Evidence(name, isCalledQat, targets, calibrationImages, testImages, newPredictions, samples);
    }

    /// As this, with inputs to run the model on.
    public Evidence withSamples(List<List<float[]>> newSamples) {
        return new Evidence(name, isCalledQat, targets, calibrationImages, testImages, predictions, newSamples);
    }
}
