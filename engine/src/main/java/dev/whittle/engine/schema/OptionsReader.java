package dev.whittle.engine.schema;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Decodes one operator's options, one row per operator that has fields, and checks that each value can be. A file may
/// leave a table or a field out, which stands for the schema's default; it may not give the table of another operator.
///
/// Source: `schema.fbs` and `flatbuffer_conversions.cc` of TensorFlow Lite.
final class OptionsReader {
    private static final Map<OperatorCode, Options> PLAIN = new EnumMap<>(OperatorCode.class);

    static {
        for (Options.Plain plain : Options.Plain.values()) {
            PLAIN.put(plain.code(), plain);
        }
    }

    private final FlatFile file;
    private final String where;
    private final OperatorCode code;
    private final int subgraphCount;
    private final @Nullable FlatTable table;

    /// @param where names the operator in messages, as in `CONV_2D #12`
    /// @param operator the operator's table
    /// @param subgraphCount of the model, for options that name a subgraph
    OptionsReader(FlatFile file, String where, OperatorCode code, FlatTable operator, int subgraphCount) {
        this.file = file;
        this.where = where;
        this.code = code;
        this.subgraphCount = subgraphCount;
        OptionsUnion union = OptionsUnion.of(code);
        int type = operator.uint8(union.typeSlot(), 0);
        FlatTable given = type == 0 ? null : operator.table(union.typeSlot() + 1);
        if (union.hasFields() && given != null && type != union.number()) {
            throw file.malformed(where, "builtin options type " + type + ", expected " + union.number());
        }
        this.table = union.hasFields() ? given : null;
    }

    /// The options of a builtin operator.
    Options read() {
        return switch (code) {
            case ADD -> new Options.Add(activation(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION),
                    bool(Slots.ArithmeticOptions.POT_SCALE_INT16, true));
            case AVERAGE_POOL_2D -> new Options.AveragePool2d(pool());
            case CONCATENATION -> new Options.Concatenation(int32(Slots.ConcatenationOptions.AXIS),
                    activation(Slots.ConcatenationOptions.FUSED_ACTIVATION_FUNCTION));
            case CONV_2D -> new Options.Conv2d(padding(Slots.Conv2DOptions.PADDING),
                    positive(Slots.Conv2DOptions.STRIDE_H, 0, "stride_h"),
                    positive(Slots.Conv2DOptions.STRIDE_W, 0, "stride_w"),
                    positive(Slots.Conv2DOptions.DILATION_H_FACTOR, 1, "dilation_h_factor"),
                    positive(Slots.Conv2DOptions.DILATION_W_FACTOR, 1, "dilation_w_factor"),
                    activation(Slots.Conv2DOptions.FUSED_ACTIVATION_FUNCTION));
            case DEPTHWISE_CONV_2D -> new Options.DepthwiseConv2d(padding(Slots.DepthwiseConv2DOptions.PADDING),
                    positive(Slots.DepthwiseConv2DOptions.STRIDE_H, 0, "stride_h"),
                    positive(Slots.DepthwiseConv2DOptions.STRIDE_W, 0, "stride_w"),
                    int32(Slots.DepthwiseConv2DOptions.DEPTH_MULTIPLIER),
                    positive(Slots.DepthwiseConv2DOptions.DILATION_H_FACTOR, 1, "dilation_h_factor"),
                    positive(Slots.DepthwiseConv2DOptions.DILATION_W_FACTOR, 1, "dilation_w_factor"),
                    activation(Slots.DepthwiseConv2DOptions.FUSED_ACTIVATION_FUNCTION));
            case DEPTH_TO_SPACE ->
                    new Options.DepthToSpace(positive(Slots.DepthToSpaceOptions.BLOCK_SIZE, 0, "block_size"));
            case FULLY_CONNECTED -> fullyConnected();
            case L2_NORMALIZATION ->
                    new Options.L2Normalization(activation(Slots.L2NormOptions.FUSED_ACTIVATION_FUNCTION));
            case L2_POOL_2D -> new Options.L2Pool2d(pool());
            case LOCAL_RESPONSE_NORMALIZATION -> new Options.LocalResponseNormalization(
                    nonNegative(Slots.LocalResponseNormalizationOptions.RADIUS, "radius"),
                    finite(Slots.LocalResponseNormalizationOptions.BIAS, "bias"),
                    finite(Slots.LocalResponseNormalizationOptions.ALPHA, "alpha"),
                    finite(Slots.LocalResponseNormalizationOptions.BETA, "beta"));
            case LSH_PROJECTION ->
                    new Options.LshProjection(choice(Slots.LSHProjectionOptions.TYPE, 1, 2, "projection type"));
            case LSTM -> new Options.Lstm(activation(Slots.LSTMOptions.FUSED_ACTIVATION_FUNCTION),
                    clip(Slots.LSTMOptions.CELL_CLIP, "cell_clip"), clip(Slots.LSTMOptions.PROJ_CLIP, "proj_clip"),
                    choice(Slots.LSTMOptions.KERNEL_TYPE, 0, 1, "kernel type") == 1,
                    bool(Slots.LSTMOptions.ASYMMETRIC_QUANTIZE_INPUTS));
            case MAX_POOL_2D -> new Options.MaxPool2d(pool());
            case MUL -> new Options.Mul(activation(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION));
            case RESHAPE -> new Options.Reshape(newShape());
            case RESIZE_BILINEAR -> new Options.ResizeBilinear(bool(Slots.ResizeBilinearOptions.ALIGN_CORNERS),
                    bool(Slots.ResizeBilinearOptions.HALF_PIXEL_CENTERS));
            case RNN -> new Options.Rnn(activation(Slots.RNNOptions.FUSED_ACTIVATION_FUNCTION),
                    bool(Slots.RNNOptions.ASYMMETRIC_QUANTIZE_INPUTS));
            case SOFTMAX -> new Options.Softmax(finite(Slots.SoftmaxOptions.BETA, "beta"));
            case SPACE_TO_DEPTH ->
                    new Options.SpaceToDepth(positive(Slots.SpaceToDepthOptions.BLOCK_SIZE, 0, "block_size"));
            case SVDF -> new Options.Svdf(positive(Slots.SVDFOptions.RANK, 0, "rank"),
                    activation(Slots.SVDFOptions.FUSED_ACTIVATION_FUNCTION),
                    bool(Slots.SVDFOptions.ASYMMETRIC_QUANTIZE_INPUTS));
            case SKIP_GRAM -> new Options.SkipGram(positive(Slots.SkipGramOptions.NGRAM_SIZE, 0, "ngram_size"),
                    nonNegative(Slots.SkipGramOptions.MAX_SKIP_SIZE, "max_skip_size"),
                    bool(Slots.SkipGramOptions.INCLUDE_ALL_NGRAMS));
            case CALL -> new Options.Call(subgraph(Slots.CallOptions.SUBGRAPH));
            case EMBEDDING_LOOKUP_SPARSE -> new Options.EmbeddingLookupSparse(
                    choice(Slots.EmbeddingLookupSparseOptions.COMBINER, 0, 2, "combiner"));
            case UNIDIRECTIONAL_SEQUENCE_RNN ->
                    new Options.UnidirectionalSequenceRnn(bool(Slots.SequenceRNNOptions.TIME_MAJOR),
                            activation(Slots.SequenceRNNOptions.FUSED_ACTIVATION_FUNCTION),
                            bool(Slots.SequenceRNNOptions.ASYMMETRIC_QUANTIZE_INPUTS));
            case GATHER -> new Options.Gather(int32(Slots.GatherOptions.AXIS), int32(Slots.GatherOptions.BATCH_DIMS));
            case MEAN, SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL ->
                    new Options.Reduce(code, bool(Slots.ReducerOptions.KEEP_DIMS));
            case SUB -> new Options.Sub(activation(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION),
                    bool(Slots.ArithmeticOptions.POT_SCALE_INT16, true));
            case DIV -> new Options.Div(activation(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION));
            case SQUEEZE -> new Options.Squeeze(int32s(Slots.SqueezeOptions.SQUEEZE_DIMS));
            case UNIDIRECTIONAL_SEQUENCE_LSTM -> new Options.UnidirectionalSequenceLstm(
                    activation(Slots.UnidirectionalSequenceLSTMOptions.FUSED_ACTIVATION_FUNCTION),
                    clip(Slots.UnidirectionalSequenceLSTMOptions.CELL_CLIP, "cell_clip"),
                    clip(Slots.UnidirectionalSequenceLSTMOptions.PROJ_CLIP, "proj_clip"),
                    bool(Slots.UnidirectionalSequenceLSTMOptions.TIME_MAJOR),
                    bool(Slots.UnidirectionalSequenceLSTMOptions.ASYMMETRIC_QUANTIZE_INPUTS),
                    bool(Slots.UnidirectionalSequenceLSTMOptions.DIAGONAL_RECURRENT_TENSORS));
            case STRIDED_SLICE -> new Options.StridedSlice(int32(Slots.StridedSliceOptions.BEGIN_MASK),
                    int32(Slots.StridedSliceOptions.END_MASK), int32(Slots.StridedSliceOptions.ELLIPSIS_MASK),
                    int32(Slots.StridedSliceOptions.NEW_AXIS_MASK),
                    int32(Slots.StridedSliceOptions.SHRINK_AXIS_MASK), bool(Slots.StridedSliceOptions.OFFSET));
            case BIDIRECTIONAL_SEQUENCE_RNN ->
                    new Options.BidirectionalSequenceRnn(bool(Slots.BidirectionalSequenceRNNOptions.TIME_MAJOR),
                            activation(Slots.BidirectionalSequenceRNNOptions.FUSED_ACTIVATION_FUNCTION),
                            bool(Slots.BidirectionalSequenceRNNOptions.MERGE_OUTPUTS),
                            bool(Slots.BidirectionalSequenceRNNOptions.ASYMMETRIC_QUANTIZE_INPUTS));
            case BIDIRECTIONAL_SEQUENCE_LSTM -> new Options.BidirectionalSequenceLstm(
                    activation(Slots.BidirectionalSequenceLSTMOptions.FUSED_ACTIVATION_FUNCTION),
                    clip(Slots.BidirectionalSequenceLSTMOptions.CELL_CLIP, "cell_clip"),
                    clip(Slots.BidirectionalSequenceLSTMOptions.PROJ_CLIP, "proj_clip"),
                    bool(Slots.BidirectionalSequenceLSTMOptions.MERGE_OUTPUTS),
                    bool(Slots.BidirectionalSequenceLSTMOptions.TIME_MAJOR, true),
                    bool(Slots.BidirectionalSequenceLSTMOptions.ASYMMETRIC_QUANTIZE_INPUTS));
            case SPLIT -> new Options.Split(positive(Slots.SplitOptions.NUM_SPLITS, 0, "num_splits"));
            case SPLIT_V -> new Options.SplitV(positive(Slots.SplitVOptions.NUM_SPLITS, 0, "num_splits"));
            case ARG_MAX -> new Options.ArgExtreme(code, elementType(Slots.ArgMaxOptions.OUTPUT_TYPE));
            case ARG_MIN -> new Options.ArgExtreme(code, elementType(Slots.ArgMinOptions.OUTPUT_TYPE));
            case TRANSPOSE_CONV -> new Options.TransposeConv(padding(Slots.TransposeConvOptions.PADDING),
                    positive(Slots.TransposeConvOptions.STRIDE_H, 0, "stride_h"),
                    positive(Slots.TransposeConvOptions.STRIDE_W, 0, "stride_w"),
                    activation(Slots.TransposeConvOptions.FUSED_ACTIVATION_FUNCTION));
            case SPARSE_TO_DENSE -> new Options.SparseToDense(bool(Slots.SparseToDenseOptions.VALIDATE_INDICES));
            case SHAPE -> new Options.ShapeOf(elementType(Slots.ShapeOptions.OUT_TYPE));
            case FAKE_QUANT -> new Options.FakeQuant(finite(Slots.FakeQuantOptions.MIN, "min"),
                    finite(Slots.FakeQuantOptions.MAX, "max"),
                    between(Slots.FakeQuantOptions.NUM_BITS, 2, 16, "number of bits"),
                    bool(Slots.FakeQuantOptions.NARROW_RANGE));
            case PACK -> new Options.Pack(positive(Slots.PackOptions.VALUES_COUNT, 0, "values_count"),
                    int32(Slots.PackOptions.AXIS));
            case ONE_HOT -> new Options.OneHot(int32(Slots.OneHotOptions.AXIS));
            case UNPACK -> new Options.Unpack(nonNegative(Slots.UnpackOptions.NUM, "num"),
                    int32(Slots.UnpackOptions.AXIS));
            case LEAKY_RELU -> new Options.LeakyRelu(finite(Slots.LeakyReluOptions.ALPHA, "alpha"));
            case MIRROR_PAD -> new Options.MirrorPad(choice(Slots.MirrorPadOptions.MODE, 0, 1, "mirror mode") == 1);
            case UNIQUE -> new Options.Unique(elementType(Slots.UniqueOptions.IDX_OUT_TYPE, ElementType.INT32));
            case REVERSE_SEQUENCE -> new Options.ReverseSequence(int32(Slots.ReverseSequenceOptions.SEQ_DIM),
                    int32(Slots.ReverseSequenceOptions.BATCH_DIM));
            case RESIZE_NEAREST_NEIGHBOR ->
                    new Options.ResizeNearestNeighbor(bool(Slots.ResizeNearestNeighborOptions.ALIGN_CORNERS),
                            bool(Slots.ResizeNearestNeighborOptions.HALF_PIXEL_CENTERS));
            case IF -> new Options.If(subgraph(Slots.IfOptions.THEN_SUBGRAPH_INDEX),
                    subgraph(Slots.IfOptions.ELSE_SUBGRAPH_INDEX));
            case WHILE -> new Options.While(subgraph(Slots.WhileOptions.COND_SUBGRAPH_INDEX),
                    subgraph(Slots.WhileOptions.BODY_SUBGRAPH_INDEX));
            case BATCH_MATMUL -> new Options.BatchMatMul(bool(Slots.BatchMatMulOptions.ADJ_X),
                    bool(Slots.BatchMatMulOptions.ADJ_Y), bool(Slots.BatchMatMulOptions.ASYMMETRIC_QUANTIZE_INPUTS));
            case CUMSUM -> new Options.Cumsum(bool(Slots.CumsumOptions.EXCLUSIVE), bool(Slots.CumsumOptions.REVERSE));
            case CALL_ONCE -> new Options.CallOnce(subgraph(Slots.CallOnceOptions.INIT_SUBGRAPH_INDEX));
            case CONV_3D, CONV_3D_TRANSPOSE -> new Options.Conv3d(code, padding(Slots.Conv3DOptions.PADDING),
                    positive(Slots.Conv3DOptions.STRIDE_D, 0, "stride_d"),
                    positive(Slots.Conv3DOptions.STRIDE_H, 0, "stride_h"),
                    positive(Slots.Conv3DOptions.STRIDE_W, 0, "stride_w"),
                    positive(Slots.Conv3DOptions.DILATION_D_FACTOR, 1, "dilation_d_factor"),
                    positive(Slots.Conv3DOptions.DILATION_H_FACTOR, 1, "dilation_h_factor"),
                    positive(Slots.Conv3DOptions.DILATION_W_FACTOR, 1, "dilation_w_factor"),
                    activation(Slots.Conv3DOptions.FUSED_ACTIVATION_FUNCTION));
            case HASHTABLE -> new Options.Hashtable(int32(Slots.HashtableOptions.TABLE_ID),
                    elementType(Slots.HashtableOptions.KEY_DTYPE), elementType(Slots.HashtableOptions.VALUE_DTYPE));
            case VAR_HANDLE -> new Options.VarHandle(string(Slots.VarHandleOptions.CONTAINER),
                    string(Slots.VarHandleOptions.SHARED_NAME));
            case RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL, MULTINOMIAL -> new Options.Random(code,
                    int64(Slots.RandomOptions.SEED), int64(Slots.RandomOptions.SEED2));
            case BUCKETIZE -> new Options.Bucketize(boundaries());
            case GELU -> new Options.Gelu(bool(Slots.GeluOptions.APPROXIMATE));
            case STABLEHLO_SCATTER -> new Options.StablehloScatter(
                    bool(Slots.StablehloScatterOptions.INDICES_ARE_SORTED),
                    int64s(Slots.StablehloScatterOptions.UPDATE_WINDOW_DIMS),
                    int64s(Slots.StablehloScatterOptions.INSERTED_WINDOW_DIMS),
                    int64s(Slots.StablehloScatterOptions.SCATTER_DIMS_TO_OPERAND_DIMS),
                    int64(Slots.StablehloScatterOptions.INDEX_VECTOR_DIM),
                    bool(Slots.StablehloScatterOptions.UNIQUE_INDICES),
                    subgraph(Slots.StablehloScatterOptions.UPDATE_COMPUTATION_SUBGRAPH_INDEX));
            case STABLEHLO_PAD -> stablehloPad();
            case STABLEHLO_REDUCE_WINDOW -> stablehloReduceWindow();
            case STABLEHLO_GATHER ->
                    new Options.StablehloGather(int64s(Slots.StablehloGatherOptions.OFFSET_DIMS),
                            int64s(Slots.StablehloGatherOptions.COLLAPSED_SLICE_DIMS),
                            int64s(Slots.StablehloGatherOptions.START_INDEX_MAP),
                            int64(Slots.StablehloGatherOptions.INDEX_VECTOR_DIM),
                            int64s(Slots.StablehloGatherOptions.SLICE_SIZES),
                            bool(Slots.StablehloGatherOptions.INDICES_ARE_SORTED));
            case STABLEHLO_RNG_BIT_GENERATOR -> new Options.StablehloRngBitGenerator(
                    choice(Slots.StablehloRngBitGeneratorOptions.ALGORITHM, 0, 2, "random number algorithm"));
            case REDUCE_WINDOW -> new Options.ReduceWindow(
                    between(Slots.ReduceWindowOptions.REDUCE_FUNCTION, 1, 6, "reduce function"));
            case STABLEHLO_COMPOSITE -> new Options.StablehloComposite(string(Slots.StablehloCompositeOptions.NAME),
                    subgraph(Slots.StablehloCompositeOptions.DECOMPOSITION_SUBGRAPH_INDEX), attributes(),
                    int32(Slots.StablehloCompositeOptions.VERSION));
            case STABLEHLO_CASE -> new Options.StablehloCase(branches());
            default -> PLAIN.getOrDefault(code, new Options.Unsupported(code));
        };
    }

    private @Nullable List<Integer> newShape() {
        return table != null && table.has(Slots.ReshapeOptions.NEW_SHAPE)
                ? int32s(Slots.ReshapeOptions.NEW_SHAPE)
                : null;
    }

    private Options fullyConnected() {
        int format = choice(Slots.FullyConnectedOptions.WEIGHTS_FORMAT, 0, 1, "weights format");
        if (format != 0) {
            throw file.unsupported(where, "weights format " + format + ", supported is 0 (default)");
        }
        return new Options.FullyConnected(activation(Slots.FullyConnectedOptions.FUSED_ACTIVATION_FUNCTION),
                bool(Slots.FullyConnectedOptions.KEEP_NUM_DIMS),
                bool(Slots.FullyConnectedOptions.ASYMMETRIC_QUANTIZE_INPUTS));
    }

    private Options.Pool2d pool() {
        return new Options.Pool2d(padding(Slots.Pool2DOptions.PADDING),
                positive(Slots.Pool2DOptions.STRIDE_H, 0, "stride_h"),
                positive(Slots.Pool2DOptions.STRIDE_W, 0, "stride_w"),
                positive(Slots.Pool2DOptions.FILTER_HEIGHT, 0, "filter_height"),
                positive(Slots.Pool2DOptions.FILTER_WIDTH, 0, "filter_width"),
                activation(Slots.Pool2DOptions.FUSED_ACTIVATION_FUNCTION));
    }

    private Options stablehloPad() {
        List<Long> low = int64s(Slots.StablehloPadOptions.EDGE_PADDING_LOW);
        List<Long> high = int64s(Slots.StablehloPadOptions.EDGE_PADDING_HIGH);
        List<Long> interior = int64s(Slots.StablehloPadOptions.INTERIOR_PADDING);
        if (low.size() != high.size() || low.size() != interior.size()) {
            throw file.malformed(where, "edge_padding_low, edge_padding_high and interior_padding have " + low.size()
                    + ", " + high.size() + " and " + interior.size() + " entries, must have as many");
        }
        for (long elements : interior) {
            if (elements < 0) {
                throw file.malformed(where, "interior_padding " + elements + ", must be 0 or more");
            }
        }
        return new Options.StablehloPad(low, high, interior);
    }

    /// The reference demands the window and fills in what else is left out.
    private Options stablehloReduceWindow() {
        List<Long> window = int64s(Slots.StablehloReduceWindowOptions.WINDOW_DIMENSIONS);
        int rank = window.size();
        if (rank == 0) {
            throw file.malformed(where, "no window_dimensions, must have one per dimension");
        }
        return new Options.StablehloReduceWindow(positive(window, rank, "window_dimensions"),
                positive(int64s(Slots.StablehloReduceWindowOptions.WINDOW_STRIDES), rank, "window_strides"),
                positive(int64s(Slots.StablehloReduceWindowOptions.BASE_DILATIONS), rank, "base_dilations"),
                positive(int64s(Slots.StablehloReduceWindowOptions.WINDOW_DILATIONS), rank, "window_dilations"),
                counted(int64s(Slots.StablehloReduceWindowOptions.PADDING), 2 * rank, 0, "padding"),
                subgraph(Slots.StablehloReduceWindowOptions.BODY_SUBGRAPH_INDEX));
    }

    private List<Long> positive(List<Long> values, int count, String field) {
        for (long value : values) {
            if (value < 1) {
                throw file.malformed(where, field + " has " + value + ", must be 1 or more");
            }
        }
        return counted(values, count, 1, field);
    }

    private List<Long> counted(List<Long> values, int count, long absent, String field) {
        if (values.isEmpty()) {
            return Collections.nCopies(count, absent);
        }
        if (values.size() != count) {
            throw file.malformed(where, field + " has " + values.size() + " entries, expected " + count);
        }
        return values;
    }

    private Buffer attributes() {
        return table == null
                ? Buffer.of()
                : Buffer.wrap(table.bytes(Slots.StablehloCompositeOptions.COMPOSITE_ATTRIBUTES));
    }

    private List<Integer> branches() {
        List<Integer> branches = int32s(Slots.StablehloCaseOptions.BRANCH_SUBGRAPH_INDICES);
        if (branches.isEmpty()) {
            throw file.malformed(where, "no branch, expected at least one");
        }
        branches.forEach(this::requireSubgraph);
        return branches;
    }

    private List<Float> boundaries() {
        float[] values = table == null ? new float[0] : table.float32s(Slots.BucketizeOptions.BOUNDARIES);
        Float[] boxed = new Float[values.length];
        for (int i = 0; i < values.length; i++) {
            if (Float.isNaN(values[i]) || i > 0 && values[i] < values[i - 1]) {
                throw file.malformed(where,
                        "boundary " + i + " is " + values[i] + ", must not be less than the one before");
            }
            boxed[i] = values[i];
        }
        return List.of(boxed);
    }

    private int int32(int slot) {
        return table == null ? 0 : table.int32(slot, 0);
    }

    private long int64(int slot) {
        return table == null ? 0 : table.int64(slot, 0);
    }

    private List<Integer> int32s(int slot) {
        return table == null ? List.of() : Arrays.stream(table.int32s(slot)).boxed().toList();
    }

    private List<Long> int64s(int slot) {
        return table == null ? List.of() : Arrays.stream(table.int64s(slot)).boxed().toList();
    }

    private String string(int slot) {
        return table == null ? "" : table.string(slot);
    }

    private boolean bool(int slot) {
        return bool(slot, false);
    }

    /// @param absent the value where the table is there and the field is not; without a table it is false, as in the
    ///        reference
    private boolean bool(int slot, boolean absent) {
        return table != null && table.bool(slot, absent);
    }

    private int positive(int slot, int absent, String field) {
        int value = table == null ? absent : table.int32(slot, absent);
        if (value <= 0) {
            throw file.malformed(where, field + " is " + value + ", must be 1 or more");
        }
        return value;
    }

    private int nonNegative(int slot, String field) {
        int value = int32(slot);
        if (value < 0) {
            throw file.malformed(where, field + " is " + value + ", must be 0 or more");
        }
        return value;
    }

    private float finite(int slot, String field) {
        float value = table == null ? 0 : table.float32(slot, 0);
        if (!Float.isFinite(value)) {
            throw file.malformed(where, field + " is " + value + ", must be finite");
        }
        return value;
    }

    /// A bound on a state's magnitude; 0 stands for none.
    private float clip(int slot, String field) {
        float value = finite(slot, field);
        if (value < 0) {
            throw file.malformed(where, field + " is " + value + ", must be 0 or more");
        }
        return value;
    }

    private int choice(int slot, int smallest, int largest, String what) {
        return requireBetween(table == null ? 0 : table.int8(slot, 0), smallest, largest, what);
    }

    private int between(int slot, int smallest, int largest, String what) {
        return requireBetween(int32(slot), smallest, largest, what);
    }

    private int requireBetween(int number, int smallest, int largest, String what) {
        if (number < smallest || number > largest) {
            throw file.malformed(where, what + " " + number + ", expected " + smallest + " to " + largest);
        }
        return number;
    }

    private int subgraph(int slot) {
        return requireSubgraph(int32(slot));
    }

    private int requireSubgraph(int index) {
        if (index < 0 || index >= subgraphCount) {
            throw file.malformed(where, "subgraph " + index + ", expected 0 to " + (subgraphCount - 1));
        }
        return index;
    }

    private ElementType elementType(int slot) {
        return elementType(slot, ElementType.FLOAT32);
    }

    private ElementType elementType(int slot, ElementType absent) {
        int number = table == null ? absent.number() : table.int8(slot, absent.number());
        ElementType type = ElementType.of(number);
        if (type == null) {
            throw file.malformed(where, "element type " + number + ", expected 0 to "
                    + (ElementType.values().length - 1));
        }
        return type;
    }

    private Padding padding(int slot) {
        int number = table == null ? 0 : table.int8(slot, 0);
        if (number < 0 || number >= Padding.values().length) {
            throw file.malformed(where, "padding " + number + ", expected 0 (SAME) or 1 (VALID)");
        }
        return Padding.values()[number];
    }

    private Activation activation(int slot) {
        int number = table == null ? 0 : table.int8(slot, 0);
        if (number < 0 || number >= Activation.values().length) {
            throw file.malformed(where, "fused activation function " + number + ", expected 0 to "
                    + (Activation.values().length - 1));
        }
        return Activation.values()[number];
    }
}
