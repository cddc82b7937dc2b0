package dev.whittle.cli.conformance;

import java.util.Set;

/// How far an output may be from the nearest recorded one.
///
/// Floats: `|a − b| ≤ relative · max|b| + absolute`, plus `steps` quantization steps where the float is a dequantized
/// integer. Quantized integers: at most `steps`, and any at all in at most `share` of the elements.
/// Everything else (indices, strings, plain integers) is exact.
///
/// @param share of the elements that may differ at all, 0 to 1; one element always may
record Tolerance(double relative, double absolute, int steps, double share) {
    /// Whole models, where differences of many operators add up: a step, or 1e-5 of the largest output.
    static final Tolerance WHOLE_MODEL = new Tolerance(1e-5, 1e-6, 1, 1);

    /// Operators that only move or compare elements.
    private static final Set<String> EXACT = Set.of("ABS", "ARG_MAX", "ARG_MIN", "BATCH_TO_SPACE_ND", "BROADCAST_TO",
            "DEPTH_TO_SPACE", "DYNAMIC_UPDATE_SLICE", "EXPAND_DIMS", "FILL", "GATHER", "GATHER_ND", "MAX_POOL_2D",
            "MIRROR_PAD", "PACK", "PAD", "PADV2", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "REVERSE_V2", "SELECT",
            "SELECT_V2", "SLICE", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE",
            "TILE", "TOPK_V2", "TRANSPOSE", "UNPACK", "WHERE");
    /// INT16 operators whose rounding rule is the same in every kernel.
    private static final Set<String> EXACT_INT16 = Set.of("DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "MUL", "MEAN");

    /// What single-operator models are held to.
    static Tolerance of(String operator, String elementType) {
        if (EXACT.contains(operator)) {
            return new Tolerance(0, 0, 0, 0);
        }
        boolean chain = operator.equals("CHAIN");
        double relative = chain || operator.equals("EXP") ? 2e-6 : 1e-6;
        return switch (elementType) {
            case "int8", "uint8", "int4" -> new Tolerance(relative, 0, chain ? 2 : 1, chain ? 1 : 0.01);
            case "int16", "int16x8" ->
                    new Tolerance(relative, 0, int16Steps(operator), operator.equals("CONV_2D") ? 1e-4 : 1);
            default -> new Tolerance(relative, 0, 0, 0);
        };
    }

    private static int int16Steps(String operator) {
        return switch (operator) {
            case "LOGISTIC" -> 6;
            case "TANH" -> 12;
            default -> EXACT_INT16.contains(operator) ? 0 : 1;
        };
    }
}
