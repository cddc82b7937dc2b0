package dev.whittle.quantizer.recipe;

import dev.whittle.engine.model.OperatorCode;
import dev.whittle.quantizer.observe.CalibrationMethod;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/// What is to be done with the operators that it matches.
///
/// @param operator matches operators of this type; null for all
/// @param name a regular expression, found anywhere in the name of an operator's first output; null for all
/// @param weightBits of the weights, as [Mode#weightBits] allows
/// @param granularity of integer weights; null for what is customary for mode and operator: one scale for a tensor under
///        [Mode#UINT8] and for FULLY_CONNECTED under [Mode#DYNAMIC_RANGE], one for each output channel otherwise
/// @param calibration how ranges of the operator's outputs are measured, where its mode is of integers
public record Rule(@Nullable OperatorCode operator, @Nullable String name, Mode mode, int weightBits,
        @Nullable Granularity granularity, CalibrationMethod calibration) {

    public Rule {
        if (!mode.weightBits().contains(weightBits)) {
            throw new IllegalArgumentException("weight bits of " + mode + " are " + weightBits + ", supported are "
                    + mode.weightBits());
        }
        if (granularity != null && !isSupported(mode, weightBits, granularity)) {
            throw new IllegalArgumentException(
                    "weights of " + weightBits + " bits under " + mode + " cannot have scales " + granularity);
        }
        if (name != null) {
            try {
                Pattern.compile(name);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException("name \"" + name + "\" is no regular expression: "
                        + e.getDescription(), e);
            }
        }
    }

    /// Every operator in the given mode, with customary weights and ranges from minimum to maximum.
    public static Rule of(Mode mode) {
        return new Rule(null, null, mode, mode.weightBits().getFirst(), null, new CalibrationMethod.MinMax());
    }

    /// As this, for operators of one type.
    public Rule forOperator(OperatorCode code) {
        return new Rule(code, name, mode, weightBits, granularity, calibration);
    }

    /// As this, for operators whose name the regular expression is found in.
    public Rule forName(String pattern) {
        return new Rule(operator, pattern, mode, weightBits, granularity, calibration);
    }

    public Rule withWeights(int bits, @Nullable Granularity newGranularity) {
        return new Rule(operator, name, mode, bits, newGranularity, calibration);
    }

    public Rule withCalibration(CalibrationMethod method) {
        return new Rule(operator, name, mode, weightBits, granularity, method);
    }

    /// Whether it is for the operator.
    ///
    /// @param outputName of the first output
    public boolean matches(OperatorCode code, String outputName) {
        return (operator == null || operator == code)
                && (name == null || Pattern.compile(name).matcher(outputName).find());
    }

    private static boolean isSupported(Mode mode, int weightBits, Granularity granularity) {
        return switch (granularity) {
            case Granularity.PerTensor _ -> mode.hasIntegerWeights();
            case Granularity.PerChannel _ -> mode.hasIntegerWeights() && mode != Mode.UINT8;
            // The hybrid kernel for blocks knows weights of 4 bits only.
            case Granularity.Blockwise _ -> mode == Mode.WEIGHT_ONLY
                    || (mode == Mode.DYNAMIC_RANGE && weightBits == 4);
        };
    }
}
