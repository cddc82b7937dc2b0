package dev.whittle.quantizer.microscope;

import dev.whittle.quantizer.recipe.Recipe;
import java.util.List;

/// What each operator of a float model costs when it is quantized, and what can be had for how many bytes.
///
/// @param model the float model
/// @param samples how many there were
/// @param plain the float model itself
/// @param quantized with every operator int8 that can be
/// @param operators the one that costs most first
/// @param front the smallest file first; each point is better than all smaller ones
public record SensitivityReport(String model, int samples, Score plain, Score quantized,
        List<OperatorSensitivity> operators, List<ParetoPoint> front) {
    public SensitivityReport {
        operators = List.copyOf(operators);
        front = List.copyOf(front);
    }

    /// One operator.
    ///
    /// @param operator its number
    /// @param type as in the schema
    /// @param name of its output
    /// @param weights of its filter
    /// @param alone it int8, all others float
    /// @param leftFloat it float, all others int8
    public record OperatorSensitivity(int operator, String type, String name, long weights, Score alone,
            Score leftFloat) {
    }

    /// One choice of precisions.
    ///
    /// @param recipe that makes it
    /// @param floatOperators the operators that stay float
    /// @param fourBitOperators those whose weights have 4 bits
    /// @param bytes of the file
    public record ParetoPoint(Recipe recipe, List<Integer> floatOperators, List<Integer> fourBitOperators, long bytes,
            Score score) {
    }
}
