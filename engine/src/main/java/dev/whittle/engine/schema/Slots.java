package dev.whittle.engine.schema;

/// Field slots of the tables in the TFLite schema (`schema.fbs`, version 3): a field's number in the order of its table,
/// deprecated fields counted. Written once, for the reader here and the writer in the converter.
public final class Slots {
    private Slots() {}

    /// The root table.
    public static final class Model {
        public static final int VERSION = 0;
        public static final int OPERATOR_CODES = 1;
        public static final int SUBGRAPHS = 2;
        public static final int DESCRIPTION = 3;
        public static final int BUFFERS = 4;
        public static final int METADATA = 6;
        public static final int SIGNATURE_DEFS = 7;
        public static final int EXTERNAL_BUFFER_GROUPS = 8;
        public static final int EXTERNAL_BUFFERS = 9;
        public static final int FIELD_COUNT = 10;

        private Model() {}
    }

    /// One operator with its version, referred to by index.
    public static final class OperatorCode {
        public static final int DEPRECATED_BUILTIN_CODE = 0;
        public static final int CUSTOM_CODE = 1;
        public static final int VERSION = 2;
        public static final int BUILTIN_CODE = 3;
        public static final int FIELD_COUNT = 4;

        /// The largest number that `DEPRECATED_BUILTIN_CODE` (a byte) may carry.
        public static final int PLACEHOLDER_FOR_GREATER_OP_CODES = 127;

        private OperatorCode() {}
    }

    /// Tensors, operators and their ends.
    public static final class SubGraph {
        public static final int TENSORS = 0;
        public static final int INPUTS = 1;
        public static final int OUTPUTS = 2;
        public static final int OPERATORS = 3;
        public static final int NAME = 4;
        public static final int FIELD_COUNT = 5;

        private SubGraph() {}
    }

    /// Shape, type, data and quantization.
    public static final class Tensor {
        public static final int SHAPE = 0;
        public static final int TYPE = 1;
        public static final int BUFFER = 2;
        public static final int NAME = 3;
        public static final int QUANTIZATION = 4;
        public static final int IS_VARIABLE = 5;
        public static final int SPARSITY = 6;
        public static final int SHAPE_SIGNATURE = 7;
        public static final int HAS_RANK = 8;
        public static final int EXTERNAL_BUFFER = 10;
        public static final int FIELD_COUNT = 11;

        /// Element types that are in the schema and not in the model.
        static final int FLOAT8_E4M3FN = 21;
        static final int FLOAT8_E5M2 = 22;

        private Tensor() {}
    }

    /// Scales and zero points.
    public static final class QuantizationParameters {
        public static final int MIN = 0;
        public static final int MAX = 1;
        public static final int SCALE = 2;
        public static final int ZERO_POINT = 3;
        /// The union's type; its value is the slot after it.
        public static final int DETAILS_TYPE = 4;
        public static final int QUANTIZED_DIMENSION = 6;
        public static final int FIELD_COUNT = 7;

        private QuantizationParameters() {}
    }

    /// One step of a subgraph.
    public static final class Operator {
        public static final int OPCODE_INDEX = 0;
        public static final int INPUTS = 1;
        public static final int OUTPUTS = 2;
        public static final int BUILTIN_OPTIONS_TYPE = 3;
        public static final int BUILTIN_OPTIONS = 4;
        public static final int CUSTOM_OPTIONS = 5;
        public static final int CUSTOM_OPTIONS_FORMAT = 6;
        public static final int MUTATING_VARIABLE_INPUTS = 7;
        public static final int INTERMEDIATES = 8;
        public static final int LARGE_CUSTOM_OPTIONS_OFFSET = 9;
        public static final int LARGE_CUSTOM_OPTIONS_SIZE = 10;
        public static final int BUILTIN_OPTIONS_2_TYPE = 11;
        public static final int BUILTIN_OPTIONS_2 = 12;
        public static final int FIELD_COUNT = 13;

        private Operator() {}
    }

    /// Constant bytes.
    public static final class Buffer {
        public static final int DATA = 0;
        /// From the start of the file, for data outside the flatbuffer.
        public static final int OFFSET = 1;
        public static final int SIZE = 2;
        public static final int FIELD_COUNT = 3;

        private Buffer() {}
    }

    /// A file beside the model.
    public static final class ExternalBufferGroup {
        public static final int NAME = 0;
        public static final int FIELD_COUNT = 1;

        private ExternalBufferGroup() {}
    }

    /// Constant bytes in a file beside the model.
    public static final class ExternalBuffer {
        public static final int ID = 0;
        public static final int GROUP = 1;
        public static final int OFFSET = 2;
        public static final int LENGTH = 3;
        public static final int PACKING = 4;
        public static final int FIELD_COUNT = 5;

        private ExternalBuffer() {}
    }

    /// How the data of a sparse tensor is laid out.
    public static final class SparsityParameters {
        public static final int TRAVERSAL_ORDER = 0;
        public static final int BLOCK_MAP = 1;
        public static final int DIM_METADATA = 2;
        public static final int FIELD_COUNT = 3;

        private SparsityParameters() {}
    }

    /// One dimension of a sparse tensor.
    public static final class DimensionMetadata {
        public static final int FORMAT = 0;
        public static final int DENSE_SIZE = 1;
        /// The union's type; its value is the slot after it.
        public static final int ARRAY_SEGMENTS_TYPE = 2;
        /// The union's type; its value is the slot after it.
        public static final int ARRAY_INDICES_TYPE = 4;
        public static final int FIELD_COUNT = 6;

        private DimensionMetadata() {}
    }

    /// Members of the `SparseIndexVector` union, by their number in it. Each is a table with the vector in its slot 0.
    public static final class SparseIndexVector {
        public static final int INT32 = 1;
        public static final int UINT16 = 2;
        public static final int UINT8 = 3;
        public static final int VALUES = 0;

        private SparseIndexVector() {}
    }

    /// Members of the `QuantizationDetails` union, by their number in it.
    public static final class QuantizationDetails {
        public static final int NONE = 0;
        public static final int CUSTOM = 1;
        public static final int BLOCKWISE = 2;
        public static final int MULTI_AXIS = 3;

        private QuantizationDetails() {}
    }

    /// Scales for blocks, in tensors of their own.
    public static final class BlockwiseQuantization {
        public static final int SCALES = 0;
        public static final int ZERO_POINTS = 1;
        public static final int BLOCK_SIZE = 2;
        public static final int FIELD_COUNT = 3;

        private BlockwiseQuantization() {}
    }

    /// A named buffer beside the graph.
    public static final class Metadata {
        public static final int NAME = 0;
        public static final int BUFFER = 1;
        public static final int FIELD_COUNT = 2;

        private Metadata() {}
    }

    /// A name for a tensor index.
    public static final class TensorMap {
        public static final int NAME = 0;
        public static final int TENSOR_INDEX = 1;
        public static final int FIELD_COUNT = 2;

        private TensorMap() {}
    }

    /// A named entry point.
    public static final class SignatureDef {
        public static final int INPUTS = 0;
        public static final int OUTPUTS = 1;
        public static final int SIGNATURE_KEY = 2;
        public static final int SUBGRAPH_INDEX = 4;
        public static final int FIELD_COUNT = 5;

        private SignatureDef() {}
    }

    /// Members of the `BuiltinOptions` union that have fields, by their number in it.
    public static final class BuiltinOptions {
        public static final int NONE = 0;
        public static final int CONV_2D = 1;
        public static final int DEPTHWISE_CONV_2D = 2;
        public static final int LSH_PROJECTION = 4;
        public static final int POOL_2D = 5;
        public static final int SVDF = 6;
        public static final int RNN = 7;
        public static final int FULLY_CONNECTED = 8;
        public static final int SOFTMAX = 9;
        public static final int CONCATENATION = 10;
        public static final int ADD = 11;
        public static final int L2_NORM = 12;
        public static final int LOCAL_RESPONSE_NORMALIZATION = 13;
        public static final int LSTM = 14;
        public static final int RESIZE_BILINEAR = 15;
        public static final int CALL = 16;
        public static final int RESHAPE = 17;
        public static final int SKIP_GRAM = 18;
        public static final int SPACE_TO_DEPTH = 19;
        public static final int EMBEDDING_LOOKUP_SPARSE = 20;
        public static final int MUL = 21;
        public static final int GATHER = 23;
        public static final int REDUCER = 27;
        public static final int SUB = 28;
        public static final int DIV = 29;
        public static final int SQUEEZE = 30;
        public static final int SEQUENCE_RNN = 31;
        public static final int STRIDED_SLICE = 32;
        public static final int SPLIT = 35;
        public static final int ARG_MAX = 40;
        public static final int TRANSPOSE_CONV = 49;
        public static final int SPARSE_TO_DENSE = 50;
        public static final int SHAPE = 55;
        public static final int ARG_MIN = 57;
        public static final int FAKE_QUANT = 58;
        public static final int PACK = 59;
        public static final int ONE_HOT = 61;
        public static final int UNPACK = 64;
        public static final int BIDIRECTIONAL_SEQUENCE_LSTM = 69;
        public static final int BIDIRECTIONAL_SEQUENCE_RNN = 70;
        public static final int UNIDIRECTIONAL_SEQUENCE_LSTM = 71;
        public static final int RESIZE_NEAREST_NEIGHBOR = 74;
        public static final int LEAKY_RELU = 75;
        public static final int MIRROR_PAD = 77;
        public static final int SPLIT_V = 79;
        public static final int UNIQUE = 80;
        public static final int REVERSE_SEQUENCE = 87;
        public static final int IF = 92;
        public static final int WHILE = 93;
        public static final int DEPTH_TO_SPACE = 94;
        public static final int BATCH_MATMUL = 101;
        public static final int CUMSUM = 102;
        public static final int CALL_ONCE = 103;
        public static final int CONV_3D = 106;
        public static final int HASHTABLE = 107;
        public static final int VAR_HANDLE = 111;
        public static final int RANDOM = 114;
        public static final int BUCKETIZE = 115;
        public static final int GELU = 116;

        private BuiltinOptions() {}
    }

    /// Members of the `BuiltinOptions2` union that have fields, by their number in it.
    public static final class BuiltinOptions2 {
        public static final int NONE = 0;
        public static final int STABLEHLO_SCATTER = 7;
        public static final int STABLEHLO_PAD = 10;
        public static final int STABLEHLO_REDUCE_WINDOW = 13;
        public static final int STABLEHLO_GATHER = 16;
        public static final int STABLEHLO_RNG_BIT_GENERATOR = 19;
        public static final int REDUCE_WINDOW = 20;
        public static final int STABLEHLO_COMPOSITE = 21;
        public static final int STABLEHLO_CASE = 23;

        private BuiltinOptions2() {}
    }

    /// Options of CONV_2D.
    public static final class Conv2DOptions {
        public static final int PADDING = 0;
        public static final int STRIDE_W = 1;
        public static final int STRIDE_H = 2;
        public static final int FUSED_ACTIVATION_FUNCTION = 3;
        public static final int DILATION_W_FACTOR = 4;
        public static final int DILATION_H_FACTOR = 5;
        public static final int FIELD_COUNT = 6;

        private Conv2DOptions() {}
    }

    /// Options of DEPTHWISE_CONV_2D.
    public static final class DepthwiseConv2DOptions {
        public static final int PADDING = 0;
        public static final int STRIDE_W = 1;
        public static final int STRIDE_H = 2;
        public static final int DEPTH_MULTIPLIER = 3;
        public static final int FUSED_ACTIVATION_FUNCTION = 4;
        public static final int DILATION_W_FACTOR = 5;
        public static final int DILATION_H_FACTOR = 6;
        public static final int FIELD_COUNT = 7;

        private DepthwiseConv2DOptions() {}
    }

    /// Options of the pooling operators.
    public static final class Pool2DOptions {
        public static final int PADDING = 0;
        public static final int STRIDE_W = 1;
        public static final int STRIDE_H = 2;
        public static final int FILTER_WIDTH = 3;
        public static final int FILTER_HEIGHT = 4;
        public static final int FUSED_ACTIVATION_FUNCTION = 5;
        public static final int FIELD_COUNT = 6;

        private Pool2DOptions() {}
    }

    /// Options of FULLY_CONNECTED.
    public static final class FullyConnectedOptions {
        public static final int FUSED_ACTIVATION_FUNCTION = 0;
        public static final int WEIGHTS_FORMAT = 1;
        public static final int KEEP_NUM_DIMS = 2;
        public static final int ASYMMETRIC_QUANTIZE_INPUTS = 3;
        public static final int FIELD_COUNT = 4;

        private FullyConnectedOptions() {}
    }

    /// Options of SOFTMAX.
    public static final class SoftmaxOptions {
        public static final int BETA = 0;
        public static final int FIELD_COUNT = 1;

        private SoftmaxOptions() {}
    }

    /// Options of ADD, SUB, MUL and DIV.
    public static final class ArithmeticOptions {
        public static final int FUSED_ACTIVATION_FUNCTION = 0;
        /// Of ADD and SUB alone; true where a table leaves it out.
        public static final int POT_SCALE_INT16 = 1;
        public static final int FIELD_COUNT = 2;

        private ArithmeticOptions() {}
    }

    /// Options of RESIZE_BILINEAR; slots 0 and 1 are deprecated sizes.
    public static final class ResizeBilinearOptions {
        public static final int ALIGN_CORNERS = 2;
        public static final int HALF_PIXEL_CENTERS = 3;
        public static final int FIELD_COUNT = 4;

        private ResizeBilinearOptions() {}
    }

    /// Options of RESHAPE.
    public static final class ReshapeOptions {
        public static final int NEW_SHAPE = 0;
        public static final int FIELD_COUNT = 1;

        private ReshapeOptions() {}
    }

    /// Options of CONV_3D and CONV_3D_TRANSPOSE.
    public static final class Conv3DOptions {
        public static final int PADDING = 0;
        public static final int STRIDE_D = 1;
        public static final int STRIDE_W = 2;
        public static final int STRIDE_H = 3;
        public static final int FUSED_ACTIVATION_FUNCTION = 4;
        public static final int DILATION_D_FACTOR = 5;
        public static final int DILATION_W_FACTOR = 6;
        public static final int DILATION_H_FACTOR = 7;
        public static final int FIELD_COUNT = 8;

        private Conv3DOptions() {}
    }

    /// Options of LSH_PROJECTION.
    public static final class LSHProjectionOptions {
        public static final int TYPE = 0;
        public static final int FIELD_COUNT = 1;

        private LSHProjectionOptions() {}
    }

    /// Options of SVDF.
    public static final class SVDFOptions {
        public static final int RANK = 0;
        public static final int FUSED_ACTIVATION_FUNCTION = 1;
        public static final int ASYMMETRIC_QUANTIZE_INPUTS = 2;
        public static final int FIELD_COUNT = 3;

        private SVDFOptions() {}
    }

    /// Options of RNN.
    public static final class RNNOptions {
        public static final int FUSED_ACTIVATION_FUNCTION = 0;
        public static final int ASYMMETRIC_QUANTIZE_INPUTS = 1;
        public static final int FIELD_COUNT = 2;

        private RNNOptions() {}
    }

    /// Options of UNIDIRECTIONAL_SEQUENCE_RNN.
    public static final class SequenceRNNOptions {
        public static final int TIME_MAJOR = 0;
        public static final int FUSED_ACTIVATION_FUNCTION = 1;
        public static final int ASYMMETRIC_QUANTIZE_INPUTS = 2;
        public static final int FIELD_COUNT = 3;

        private SequenceRNNOptions() {}
    }

    /// Options of BIDIRECTIONAL_SEQUENCE_RNN.
    public static final class BidirectionalSequenceRNNOptions {
        public static final int TIME_MAJOR = 0;
        public static final int FUSED_ACTIVATION_FUNCTION = 1;
        public static final int MERGE_OUTPUTS = 2;
        public static final int ASYMMETRIC_QUANTIZE_INPUTS = 3;
        public static final int FIELD_COUNT = 4;

        private BidirectionalSequenceRNNOptions() {}
    }

    /// Options of CONCATENATION.
    public static final class ConcatenationOptions {
        public static final int AXIS = 0;
        public static final int FUSED_ACTIVATION_FUNCTION = 1;
        public static final int FIELD_COUNT = 2;

        private ConcatenationOptions() {}
    }

    /// Options of L2_NORMALIZATION.
    public static final class L2NormOptions {
        public static final int FUSED_ACTIVATION_FUNCTION = 0;
        public static final int FIELD_COUNT = 1;

        private L2NormOptions() {}
    }

    /// Options of LOCAL_RESPONSE_NORMALIZATION.
    public static final class LocalResponseNormalizationOptions {
        public static final int RADIUS = 0;
        public static final int BIAS = 1;
        public static final int ALPHA = 2;
        public static final int BETA = 3;
        public static final int FIELD_COUNT = 4;

        private LocalResponseNormalizationOptions() {}
    }

    /// Options of LSTM.
    public static final class LSTMOptions {
        public static final int FUSED_ACTIVATION_FUNCTION = 0;
        public static final int CELL_CLIP = 1;
        public static final int PROJ_CLIP = 2;
        public static final int KERNEL_TYPE = 3;
        public static final int ASYMMETRIC_QUANTIZE_INPUTS = 4;
        public static final int FIELD_COUNT = 5;

        private LSTMOptions() {}
    }

    /// Options of UNIDIRECTIONAL_SEQUENCE_LSTM.
    public static final class UnidirectionalSequenceLSTMOptions {
        public static final int FUSED_ACTIVATION_FUNCTION = 0;
        public static final int CELL_CLIP = 1;
        public static final int PROJ_CLIP = 2;
        public static final int TIME_MAJOR = 3;
        public static final int ASYMMETRIC_QUANTIZE_INPUTS = 4;
        public static final int DIAGONAL_RECURRENT_TENSORS = 5;
        public static final int FIELD_COUNT = 6;

        private UnidirectionalSequenceLSTMOptions() {}
    }

    /// Options of BIDIRECTIONAL_SEQUENCE_LSTM.
    public static final class BidirectionalSequenceLSTMOptions {
        public static final int FUSED_ACTIVATION_FUNCTION = 0;
        public static final int CELL_CLIP = 1;
        public static final int PROJ_CLIP = 2;
        public static final int MERGE_OUTPUTS = 3;
        public static final int TIME_MAJOR = 4;
        public static final int ASYMMETRIC_QUANTIZE_INPUTS = 5;
        public static final int FIELD_COUNT = 6;

        private BidirectionalSequenceLSTMOptions() {}
    }

    /// Options of RESIZE_NEAREST_NEIGHBOR.
    public static final class ResizeNearestNeighborOptions {
        public static final int ALIGN_CORNERS = 0;
        public static final int HALF_PIXEL_CENTERS = 1;
        public static final int FIELD_COUNT = 2;

        private ResizeNearestNeighborOptions() {}
    }

    /// Options of CALL.
    public static final class CallOptions {
        public static final int SUBGRAPH = 0;
        public static final int FIELD_COUNT = 1;

        private CallOptions() {}
    }

    /// Options of SKIP_GRAM.
    public static final class SkipGramOptions {
        public static final int NGRAM_SIZE = 0;
        public static final int MAX_SKIP_SIZE = 1;
        public static final int INCLUDE_ALL_NGRAMS = 2;
        public static final int FIELD_COUNT = 3;

        private SkipGramOptions() {}
    }

    /// Options of SPACE_TO_DEPTH.
    public static final class SpaceToDepthOptions {
        public static final int BLOCK_SIZE = 0;
        public static final int FIELD_COUNT = 1;

        private SpaceToDepthOptions() {}
    }

    /// Options of DEPTH_TO_SPACE.
    public static final class DepthToSpaceOptions {
        public static final int BLOCK_SIZE = 0;
        public static final int FIELD_COUNT = 1;

        private DepthToSpaceOptions() {}
    }

    /// Options of EMBEDDING_LOOKUP_SPARSE.
    public static final class EmbeddingLookupSparseOptions {
        public static final int COMBINER = 0;
        public static final int FIELD_COUNT = 1;

        private EmbeddingLookupSparseOptions() {}
    }

    /// Options of GATHER.
    public static final class GatherOptions {
        public static final int AXIS = 0;
        public static final int BATCH_DIMS = 1;
        public static final int FIELD_COUNT = 2;

        private GatherOptions() {}
    }

    /// Options of the reductions.
    public static final class ReducerOptions {
        public static final int KEEP_DIMS = 0;
        public static final int FIELD_COUNT = 1;

        private ReducerOptions() {}
    }

    /// Options of SQUEEZE.
    public static final class SqueezeOptions {
        public static final int SQUEEZE_DIMS = 0;
        public static final int FIELD_COUNT = 1;

        private SqueezeOptions() {}
    }

    /// Options of SPLIT.
    public static final class SplitOptions {
        public static final int NUM_SPLITS = 0;
        public static final int FIELD_COUNT = 1;

        private SplitOptions() {}
    }

    /// Options of SPLIT_V.
    public static final class SplitVOptions {
        public static final int NUM_SPLITS = 0;
        public static final int FIELD_COUNT = 1;

        private SplitVOptions() {}
    }

    /// Options of STRIDED_SLICE.
    public static final class StridedSliceOptions {
        public static final int BEGIN_MASK = 0;
        public static final int END_MASK = 1;
        public static final int ELLIPSIS_MASK = 2;
        public static final int NEW_AXIS_MASK = 3;
        public static final int SHRINK_AXIS_MASK = 4;
        public static final int OFFSET = 5;
        public static final int FIELD_COUNT = 6;

        private StridedSliceOptions() {}
    }

    /// Options of ARG_MAX.
    public static final class ArgMaxOptions {
        public static final int OUTPUT_TYPE = 0;
        public static final int FIELD_COUNT = 1;

        private ArgMaxOptions() {}
    }

    /// Options of ARG_MIN.
    public static final class ArgMinOptions {
        public static final int OUTPUT_TYPE = 0;
        public static final int FIELD_COUNT = 1;

        private ArgMinOptions() {}
    }

    /// Options of TRANSPOSE_CONV.
    public static final class TransposeConvOptions {
        public static final int PADDING = 0;
        public static final int STRIDE_W = 1;
        public static final int STRIDE_H = 2;
        public static final int FUSED_ACTIVATION_FUNCTION = 3;
        public static final int FIELD_COUNT = 4;

        private TransposeConvOptions() {}
    }

    /// Options of SPARSE_TO_DENSE.
    public static final class SparseToDenseOptions {
        public static final int VALIDATE_INDICES = 0;
        public static final int FIELD_COUNT = 1;

        private SparseToDenseOptions() {}
    }

    /// Options of SHAPE.
    public static final class ShapeOptions {
        public static final int OUT_TYPE = 0;
        public static final int FIELD_COUNT = 1;

        private ShapeOptions() {}
    }

    /// Options of FAKE_QUANT.
    public static final class FakeQuantOptions {
        public static final int MIN = 0;
        public static final int MAX = 1;
        public static final int NUM_BITS = 2;
        public static final int NARROW_RANGE = 3;
        public static final int FIELD_COUNT = 4;

        private FakeQuantOptions() {}
    }

    /// Options of PACK.
    public static final class PackOptions {
        public static final int VALUES_COUNT = 0;
        public static final int AXIS = 1;
        public static final int FIELD_COUNT = 2;

        private PackOptions() {}
    }

    /// Options of ONE_HOT.
    public static final class OneHotOptions {
        public static final int AXIS = 0;
        public static final int FIELD_COUNT = 1;

        private OneHotOptions() {}
    }

    /// Options of UNPACK.
    public static final class UnpackOptions {
        public static final int NUM = 0;
        public static final int AXIS = 1;
        public static final int FIELD_COUNT = 2;

        private UnpackOptions() {}
    }

    /// Options of LEAKY_RELU.
    public static final class LeakyReluOptions {
        public static final int ALPHA = 0;
        public static final int FIELD_COUNT = 1;

        private LeakyReluOptions() {}
    }

    /// Options of MIRROR_PAD.
    public static final class MirrorPadOptions {
        public static final int MODE = 0;
        public static final int FIELD_COUNT = 1;

        private MirrorPadOptions() {}
    }

    /// Options of UNIQUE.
    public static final class UniqueOptions {
        public static final int IDX_OUT_TYPE = 0;
        public static final int FIELD_COUNT = 1;

        private UniqueOptions() {}
    }

    /// Options of REVERSE_SEQUENCE.
    public static final class ReverseSequenceOptions {
        public static final int SEQ_DIM = 0;
        public static final int BATCH_DIM = 1;
        public static final int FIELD_COUNT = 2;

        private ReverseSequenceOptions() {}
    }

    /// Options of IF.
    public static final class IfOptions {
        public static final int THEN_SUBGRAPH_INDEX = 0;
        public static final int ELSE_SUBGRAPH_INDEX = 1;
        public static final int FIELD_COUNT = 2;

        private IfOptions() {}
    }

    /// Options of WHILE.
    public static final class WhileOptions {
        public static final int COND_SUBGRAPH_INDEX = 0;
        public static final int BODY_SUBGRAPH_INDEX = 1;
        public static final int FIELD_COUNT = 2;

        private WhileOptions() {}
    }

    /// Options of CALL_ONCE.
    public static final class CallOnceOptions {
        public static final int INIT_SUBGRAPH_INDEX = 0;
        public static final int FIELD_COUNT = 1;

        private CallOnceOptions() {}
    }

    /// Options of BATCH_MATMUL.
    public static final class BatchMatMulOptions {
        public static final int ADJ_X = 0;
        public static final int ADJ_Y = 1;
        public static final int ASYMMETRIC_QUANTIZE_INPUTS = 2;
        public static final int FIELD_COUNT = 3;

        private BatchMatMulOptions() {}
    }

    /// Options of CUMSUM.
    public static final class CumsumOptions {
        public static final int EXCLUSIVE = 0;
        public static final int REVERSE = 1;
        public static final int FIELD_COUNT = 2;

        private CumsumOptions() {}
    }

    /// Options of HASHTABLE.
    public static final class HashtableOptions {
        public static final int TABLE_ID = 0;
        public static final int KEY_DTYPE = 1;
        public static final int VALUE_DTYPE = 2;
        public static final int FIELD_COUNT = 3;

        private HashtableOptions() {}
    }

    /// Options of VAR_HANDLE.
    public static final class VarHandleOptions {
        public static final int CONTAINER = 0;
        public static final int SHARED_NAME = 1;
        public static final int FIELD_COUNT = 2;

        private VarHandleOptions() {}
    }

    /// Options of the random numbers.
    public static final class RandomOptions {
        public static final int SEED = 0;
        public static final int SEED2 = 1;
        public static final int FIELD_COUNT = 2;

        private RandomOptions() {}
    }

    /// Options of BUCKETIZE.
    public static final class BucketizeOptions {
        public static final int BOUNDARIES = 0;
        public static final int FIELD_COUNT = 1;

        private BucketizeOptions() {}
    }

    /// Options of GELU.
    public static final class GeluOptions {
        public static final int APPROXIMATE = 0;
        public static final int FIELD_COUNT = 1;

        private GeluOptions() {}
    }

    /// Options of STABLEHLO_SCATTER.
    public static final class StablehloScatterOptions {
        public static final int INDICES_ARE_SORTED = 0;
        public static final int UPDATE_WINDOW_DIMS = 1;
        public static final int INSERTED_WINDOW_DIMS = 2;
        public static final int SCATTER_DIMS_TO_OPERAND_DIMS = 3;
        public static final int INDEX_VECTOR_DIM = 4;
        public static final int UNIQUE_INDICES = 5;
        public static final int UPDATE_COMPUTATION_SUBGRAPH_INDEX = 6;
        public static final int FIELD_COUNT = 7;

        private StablehloScatterOptions() {}
    }

    /// Options of STABLEHLO_PAD.
    public static final class StablehloPadOptions {
        public static final int EDGE_PADDING_LOW = 0;
        public static final int EDGE_PADDING_HIGH = 1;
        public static final int INTERIOR_PADDING = 2;
        public static final int FIELD_COUNT = 3;

        private StablehloPadOptions() {}
    }

    /// Options of STABLEHLO_REDUCE_WINDOW.
    public static final class StablehloReduceWindowOptions {
        public static final int WINDOW_DIMENSIONS = 0;
        public static final int WINDOW_STRIDES = 1;
        public static final int BASE_DILATIONS = 2;
        public static final int WINDOW_DILATIONS = 3;
        public static final int PADDING = 4;
        public static final int BODY_SUBGRAPH_INDEX = 5;
        public static final int FIELD_COUNT = 6;

        private StablehloReduceWindowOptions() {}
    }

    /// Options of STABLEHLO_GATHER.
    public static final class StablehloGatherOptions {
        public static final int OFFSET_DIMS = 0;
        public static final int COLLAPSED_SLICE_DIMS = 1;
        public static final int START_INDEX_MAP = 2;
        public static final int INDEX_VECTOR_DIM = 3;
        public static final int SLICE_SIZES = 4;
        public static final int INDICES_ARE_SORTED = 5;
        public static final int FIELD_COUNT = 6;

        private StablehloGatherOptions() {}
    }

    /// Options of STABLEHLO_RNG_BIT_GENERATOR.
    public static final class StablehloRngBitGeneratorOptions {
        public static final int ALGORITHM = 0;
        public static final int FIELD_COUNT = 1;

        private StablehloRngBitGeneratorOptions() {}
    }

    /// Options of REDUCE_WINDOW.
    public static final class ReduceWindowOptions {
        public static final int REDUCE_FUNCTION = 0;
        public static final int FIELD_COUNT = 1;

        private ReduceWindowOptions() {}
    }

    /// Options of STABLEHLO_COMPOSITE.
    public static final class StablehloCompositeOptions {
        public static final int NAME = 0;
        public static final int DECOMPOSITION_SUBGRAPH_INDEX = 1;
        public static final int COMPOSITE_ATTRIBUTES = 2;
        public static final int COMPOSITE_ATTRIBUTES_FORMAT = 3;
        public static final int VERSION = 4;
        public static final int FIELD_COUNT = 5;

        private StablehloCompositeOptions() {}
    }

    /// Options of STABLEHLO_CASE.
    public static final class StablehloCaseOptions {
        public static final int BRANCH_SUBGRAPH_INDICES = 0;
        public static final int FIELD_COUNT = 1;

        private StablehloCaseOptions() {}
    }
}
