package dev.whittle.cli.conformance;

import java.util.List;
import java.util.SequencedMap;

/// What one variant gave.
///
/// @param path the variant's folder below the folder that was searched
/// @param wholeModel true for a real model, false for a single operator
/// @param operator the operator, or the name of the model
/// @param equalTo the sets of recorded outputs that it equals in every element of every case
/// @param problems one line each; empty when it passed
/// @param differences the largest difference from each set of recorded outputs, over all cases
/// @param sha256 of the bytes of its outputs, case by case
public record Result(String path, boolean wholeModel, String operator, String elementType, Verdict verdict,
        List<String> equalTo, List<String> problems, SequencedMap<String, Worst> differences, String sha256) {

    public Result {
        equalTo = List.copyOf(equalTo);
        problems = List.copyOf(problems);
    }

    /// The largest difference from one kernel's outputs.
    ///
    /// @param absolute in steps for integers
    /// @param relative to the largest magnitude of the output
    /// @param differing elements that are not equal, of `elementCount`
    public record Worst(double absolute, double relative, long differing, long elementCount) {
        static final Worst NONE = new Worst(0, 0, 0, 0);

        Worst and(Difference difference) {
            return new Worst(Math.max(absolute, difference.largest()), Math.max(relative, difference.relative()),
                    differing + difference.differing(), elementCount + difference.elementCount());
        }
    }
}
