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

    private static final Tolerance EXACT = new Tolerance(0, 0, 0, 0);
    /// Operators that only move or compare elements.
    private static final Set<String> MOVES = Set.of("ABS", "ARG_MAX", "ARG_MIN", "BATCH_TO_SPACE_ND", "BITCAST",
            "BROADCAST_ARGS", "BROADCAST_TO", "DEPTH_TO_SPACE", "DYNAMIC_UPDATE_SLICE", "EXPAND_DIMS", "FILL", "GATHER",
            "GATHER_ND", "HASHTABLE_LOOKUP", "IMAG", "MATRIX_DIAG", "MATRIX_SET_DIAG", "MAX_POOL_2D", "MIRROR_PAD",
            "ONE_HOT", "PACK", "PAD", "PADV2", "REAL", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "REVERSE_SEQUENCE",
            "REVERSE_V2", "SCATTER_ND", "SELECT", "SELECT_V2", "SHAPE", "SLICE", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH",
            "SPARSE_TO_DENSE", "SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "TILE", "TOPK_V2", "TRANSPOSE", "UNIQUE",
            "UNPACK", "WHERE", "ZEROS_LIKE");
    /// INT16 operators whose rounding rule is the same in every kernel.
    private static final Set<String> EXACT_INT16 = Set.of("DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "MUL", "MEAN");

    /// What models of one operator, or of a short chain of them, are held to: INT8 and UINT8 of one operator are exact,
    /// since each kernel's rounding is known; so are all integers that are not quantized.
    ///
    /// @param inputScale of the first input; 1 where it has none
    static Tolerance of(String operator, String elementType, double inputScale) {
        if (MOVES.contains(operator)) {
            return EXACT;
        }
        if (operator.equals("CHAIN")) {
            return switch (elementType) {
                case "int8", "uint8", "int4" -> new Tolerance(2e-6, 0, 2, 1);
                case "int16", "int16x8" -> new Tolerance(2e-6, 0, 1, 1);
                default -> new Tolerance(2e-6, 0, 0, 0);
            };
        }
        return switch (elementType) {
            case "int16", "int16x8" -> new Tolerance(1e-6, 0, int16Steps(operator, inputScale),
                    operator.equals("CONV_2D") ? 1e-4 : 1);
            default -> new Tolerance(1e-6, 0, 0, 0);
        };
    }

    /// The two kernels of LOGISTIC and TANH part where the input scale is a power of two, and nowhere else.
    private static int int16Steps(String operator, double inputScale) {
        boolean isPowerOfTwo = Math.scalb(1, Math.getExponent(inputScale)) == inputScale;
        return switch (operator) {
            case "LOGISTIC" -> isPowerOfTwo ? 6 : 1;
            case "TANH" -> isPowerOfTwo ? 12 : 1;
            default -> EXACT_INT16.contains(operator) ? 0 : 1;
        };
    }
}
