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
        public static final int FIELD_COUNT = 8;

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
        public static final int FIELD_COUNT = 9;

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
        public static final int FIELD_COUNT = 5;

        private Operator() {}
    }

    /// Constant bytes.
    public static final class Buffer {
        public static final int DATA = 0;
        public static final int OFFSET = 1;
        public static final int FIELD_COUNT = 1;

        private Buffer() {}
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

    /// Members of the `BuiltinOptions` union, by their number in it.
    public static final class BuiltinOptions {
        public static final int NONE = 0;
        public static final int CONV_2D = 1;
        public static final int DEPTHWISE_CONV_2D = 2;
        public static final int POOL_2D = 5;
        public static final int FULLY_CONNECTED = 8;
        public static final int SOFTMAX = 9;
        public static final int ADD = 11;
        public static final int RESIZE_BILINEAR = 15;
        public static final int RESHAPE = 17;
        public static final int MUL = 21;
        public static final int DEQUANTIZE = 38;
        public static final int QUANTIZE = 89;

        private BuiltinOptions() {}
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

    /// Options of ADD, MUL and the like: the activation alone is read.
    public static final class ArithmeticOptions {
        public static final int FUSED_ACTIVATION_FUNCTION = 0;
        public static final int FIELD_COUNT = 1;

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
}
