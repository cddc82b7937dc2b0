package dev.whittle.engine.schema;

import dev.whittle.engine.model.OperatorCode;

/// Where an operator's options stand: a member of the `BuiltinOptions` union or of `BuiltinOptions2`, which the schema
/// opened when the first was full. Written once, for the reader here and the writer in the converter.
///
/// @param isSecond a member of `BuiltinOptions2`
/// @param number of the member in its union; 0 for an operator whose options have no fields
public record OptionsUnion(boolean isSecond, int number) {

    /// The member for an operator.
    public static OptionsUnion of(OperatorCode code) {
        return switch (code) {
            case CONV_2D -> first(Slots.BuiltinOptions.CONV_2D);
            case DEPTHWISE_CONV_2D -> first(Slots.BuiltinOptions.DEPTHWISE_CONV_2D);
            case LSH_PROJECTION -> first(Slots.BuiltinOptions.LSH_PROJECTION);
            case AVERAGE_POOL_2D, MAX_POOL_2D, L2_POOL_2D -> first(Slots.BuiltinOptions.POOL_2D);
            case SVDF -> first(Slots.BuiltinOptions.SVDF);
            case RNN -> first(Slots.BuiltinOptions.RNN);
            case FULLY_CONNECTED -> first(Slots.BuiltinOptions.FULLY_CONNECTED);
            case SOFTMAX -> first(Slots.BuiltinOptions.SOFTMAX);
            case CONCATENATION -> first(Slots.BuiltinOptions.CONCATENATION);
            case ADD -> first(Slots.BuiltinOptions.ADD);
            case L2_NORMALIZATION -> first(Slots.BuiltinOptions.L2_NORM);
            case LOCAL_RESPONSE_NORMALIZATION -> first(Slots.BuiltinOptions.LOCAL_RESPONSE_NORMALIZATION);
            case LSTM -> first(Slots.BuiltinOptions.LSTM);
            case RESIZE_BILINEAR -> first(Slots.BuiltinOptions.RESIZE_BILINEAR);
            case CALL -> first(Slots.BuiltinOptions.CALL);
            case RESHAPE -> first(Slots.BuiltinOptions.RESHAPE);
            case SKIP_GRAM -> first(Slots.BuiltinOptions.SKIP_GRAM);
            case SPACE_TO_DEPTH -> first(Slots.BuiltinOptions.SPACE_TO_DEPTH);
            case EMBEDDING_LOOKUP_SPARSE -> first(Slots.BuiltinOptions.EMBEDDING_LOOKUP_SPARSE);
            case MUL -> first(Slots.BuiltinOptions.MUL);
            case GATHER -> first(Slots.BuiltinOptions.GATHER);
            case MEAN, SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL ->
                    first(Slots.BuiltinOptions.REDUCER);
            case SUB -> first(Slots.BuiltinOptions.SUB);
            case DIV -> first(Slots.BuiltinOptions.DIV);
            case SQUEEZE -> first(Slots.BuiltinOptions.SQUEEZE);
            case UNIDIRECTIONAL_SEQUENCE_RNN -> first(Slots.BuiltinOptions.SEQUENCE_RNN);
            case STRIDED_SLICE -> first(Slots.BuiltinOptions.STRIDED_SLICE);
            case SPLIT -> first(Slots.BuiltinOptions.SPLIT);
            case ARG_MAX -> first(Slots.BuiltinOptions.ARG_MAX);
            case TRANSPOSE_CONV -> first(Slots.BuiltinOptions.TRANSPOSE_CONV);
            case SPARSE_TO_DENSE -> first(Slots.BuiltinOptions.SPARSE_TO_DENSE);
            case SHAPE -> first(Slots.BuiltinOptions.SHAPE);
            case ARG_MIN -> first(Slots.BuiltinOptions.ARG_MIN);
            case FAKE_QUANT -> first(Slots.BuiltinOptions.FAKE_QUANT);
            case PACK -> first(Slots.BuiltinOptions.PACK);
            case ONE_HOT -> first(Slots.BuiltinOptions.ONE_HOT);
            case UNPACK -> first(Slots.BuiltinOptions.UNPACK);
            case BIDIRECTIONAL_SEQUENCE_LSTM -> first(Slots.BuiltinOptions.BIDIRECTIONAL_SEQUENCE_LSTM);
            case BIDIRECTIONAL_SEQUENCE_RNN -> first(Slots.BuiltinOptions.BIDIRECTIONAL_SEQUENCE_RNN);
            case UNIDIRECTIONAL_SEQUENCE_LSTM -> first(Slots.BuiltinOptions.UNIDIRECTIONAL_SEQUENCE_LSTM);
            case RESIZE_NEAREST_NEIGHBOR -> first(Slots.BuiltinOptions.RESIZE_NEAREST_NEIGHBOR);
            case LEAKY_RELU -> first(Slots.BuiltinOptions.LEAKY_RELU);
            case MIRROR_PAD -> first(Slots.BuiltinOptions.MIRROR_PAD);
            case SPLIT_V -> first(Slots.BuiltinOptions.SPLIT_V);
            case UNIQUE -> first(Slots.BuiltinOptions.UNIQUE);
            case REVERSE_SEQUENCE -> first(Slots.BuiltinOptions.REVERSE_SEQUENCE);
            case IF -> first(Slots.BuiltinOptions.IF);
            case WHILE -> first(Slots.BuiltinOptions.WHILE);
            case DEPTH_TO_SPACE -> first(Slots.BuiltinOptions.DEPTH_TO_SPACE);
            case BATCH_MATMUL -> first(Slots.BuiltinOptions.BATCH_MATMUL);
            case CUMSUM -> first(Slots.BuiltinOptions.CUMSUM);
            case CALL_ONCE -> first(Slots.BuiltinOptions.CALL_ONCE);
            case CONV_3D, CONV_3D_TRANSPOSE -> first(Slots.BuiltinOptions.CONV_3D);
            case HASHTABLE -> first(Slots.BuiltinOptions.HASHTABLE);
            case VAR_HANDLE -> first(Slots.BuiltinOptions.VAR_HANDLE);
            case RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL, MULTINOMIAL -> first(Slots.BuiltinOptions.RANDOM);
            case BUCKETIZE -> first(Slots.BuiltinOptions.BUCKETIZE);
            case GELU -> first(Slots.BuiltinOptions.GELU);
            case STABLEHLO_SCATTER -> second(Slots.BuiltinOptions2.STABLEHLO_SCATTER);
            case STABLEHLO_PAD -> second(Slots.BuiltinOptions2.STABLEHLO_PAD);
            case STABLEHLO_REDUCE_WINDOW -> second(Slots.BuiltinOptions2.STABLEHLO_REDUCE_WINDOW);
            case STABLEHLO_GATHER -> second(Slots.BuiltinOptions2.STABLEHLO_GATHER);
            case STABLEHLO_RNG_BIT_GENERATOR -> second(Slots.BuiltinOptions2.STABLEHLO_RNG_BIT_GENERATOR);
            case REDUCE_WINDOW -> second(Slots.BuiltinOptions2.REDUCE_WINDOW);
            case STABLEHLO_COMPOSITE -> second(Slots.BuiltinOptions2.STABLEHLO_COMPOSITE);
            case STABLEHLO_CASE -> second(Slots.BuiltinOptions2.STABLEHLO_CASE);
            default -> first(Slots.BuiltinOptions.NONE);
        };
    }

    private static OptionsUnion first(int number) {
        return new OptionsUnion(false, number);
    }

    private static OptionsUnion second(int number) {
        return new OptionsUnion(true, number);
    }

    /// True where the options have fields.
    public boolean hasFields() {
        return number != 0;
    }

    /// The slot of the operator table with the union's type; its value is the slot after it.
    public int typeSlot() {
        return isSecond ? Slots.Operator.BUILTIN_OPTIONS_2_TYPE : Slots.Operator.BUILTIN_OPTIONS_TYPE;
    }
}
