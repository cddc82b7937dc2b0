package dev.whittle.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an operator does and with which settings: one record per operator, the fields those of its options table in the
/// TFLite schema. Every place that must decide about an operator is a switch over this interface without a default, so
/// that the compiler lists what a new operator still lacks.
public sealed interface Options {

    /// The operator's name and number in the schema.
    OperatorCode code();

    /// The subgraphs that the operator may run, by their numbers.
    default List<Integer> callees() {
        return List.of();
    }

    /// `output = activation(input0 + input1)`, with broadcasting.
    ///
    /// @param potScaleInt16 INT16 scales are powers of two and the kernel shifts
    record Add(Activation activation, boolean potScaleInt16) implements Options {
        /// With the scale rule that floats and 8-bit codes have.
        public Add(Activation activation) {
            this(activation, false);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.ADD;
        }
    }

    /// The mean of each window, padding left out of the count.
    record AveragePool2d(Pool2d pool) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.AVERAGE_POOL_2D;
        }
    }

    /// Convolution of `[batch, height, width, inChannel]` with filters `[outChannel, filterY, filterX, inChannel]` and
    /// an optional bias `[outChannel]`.
    record Conv2d(Padding padding, int strideHeight, int strideWidth, int dilationHeight, int dilationWidth,
            Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.CONV_2D;
        }
    }

    /// Convolution of each channel by itself, filters `[1, filterY, filterX, outChannel]`; `outChannel` is
    /// `inChannel · depthMultiplier`, and kernels derive the multiplier from the shapes.
    record DepthwiseConv2d(Padding padding, int strideHeight, int strideWidth, int depthMultiplier, int dilationHeight,
            int dilationWidth, Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.DEPTHWISE_CONV_2D;
        }
    }

    /// `output = activation(input · weightsᵀ + bias)`, weights `[outChannel, inChannel]`.
    ///
    /// @param keepNumDims the output keeps the input's rank, its last dimension replaced
    /// @param asymmetricQuantizeInputs hybrid kernels quantize their float input with a zero point
    record FullyConnected(Activation activation, boolean keepNumDims, boolean asymmetricQuantizeInputs)
            implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.FULLY_CONNECTED;
        }
    }

    /// The largest element of each window.
    record MaxPool2d(Pool2d pool) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.MAX_POOL_2D;
        }
    }

    /// `output = activation(input0 · input1)`, with broadcasting.
    record Mul(Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.MUL;
        }
    }

    /// The same elements under another shape, which is input 1 where there is one, else `newShape`; one dimension may
    /// be −1.
    record Reshape(@Nullable List<Integer> newShape) implements Options {
        public Reshape {
            newShape = newShape == null ? null : List.copyOf(newShape);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.RESHAPE;
        }
    }

    /// Bilinear interpolation of `[batch, height, width, channel]` to the `[height, width]` in input 1.
    record ResizeBilinear(boolean alignCorners, boolean halfPixelCenters) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.RESIZE_BILINEAR;
        }
    }

    /// `exp(beta · x) / Σ exp(beta · x)` along the last dimension.
    record Softmax(float beta) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SOFTMAX;
        }
    }

    /// The operators without settings that matter to a kernel, each named as its [OperatorCode].
    enum Plain implements Options {
        DEQUANTIZE, EMBEDDING_LOOKUP, FLOOR, HASHTABLE_LOOKUP, LOGISTIC, RELU, RELU_N1_TO_1, RELU6, TANH, PAD,
        BATCH_TO_SPACE_ND, SPACE_TO_BATCH_ND, TRANSPOSE, EXP, TOPK_V2, LOG_SOFTMAX, CAST, PRELU, MAXIMUM, MINIMUM, LESS,
        NEG, PADV2, GREATER, GREATER_EQUAL, LESS_EQUAL, SELECT, SLICE, SIN, TILE, EXPAND_DIMS, EQUAL, NOT_EQUAL, LOG,
        SQRT, RSQRT, POW, LOGICAL_OR, LOGICAL_AND, LOGICAL_NOT, FLOOR_DIV, SQUARE, ZEROS_LIKE, FILL, FLOOR_MOD, RANGE,
        SQUARED_DIFFERENCE, ABS, CEIL, REVERSE_V2, ADD_N, GATHER_ND, COS, WHERE, RANK, ELU, MATRIX_DIAG, QUANTIZE,
        MATRIX_SET_DIAG, ROUND, HARD_SWISH, NON_MAX_SUPPRESSION_V4, NON_MAX_SUPPRESSION_V5, SCATTER_ND, SELECT_V2,
        DENSIFY, SEGMENT_SUM, BROADCAST_TO, RFFT2D, IMAG, REAL, COMPLEX_ABS, HASHTABLE_FIND, HASHTABLE_IMPORT,
        HASHTABLE_SIZE, READ_VARIABLE, ASSIGN_VARIABLE, BROADCAST_ARGS, DYNAMIC_UPDATE_SLICE, RELU_0_TO_1,
        UNSORTED_SEGMENT_PROD, UNSORTED_SEGMENT_MAX, UNSORTED_SEGMENT_SUM, ATAN2, UNSORTED_SEGMENT_MIN, SIGN, BITCAST,
        BITWISE_XOR, RIGHT_SHIFT, STABLEHLO_ADD, STABLEHLO_MULTIPLY, STABLEHLO_MAXIMUM, STABLEHLO_MINIMUM,
        STABLEHLO_AND, STABLEHLO_SHIFT_LEFT, STABLEHLO_CLAMP, DILATE;

        private final OperatorCode code = OperatorCode.valueOf(name());

        @Override
        public OperatorCode code() {
            return code;
        }
    }

    /// `output = activation(input0 − input1)`, with broadcasting.
    ///
    /// @param potScaleInt16 INT16 scales are powers of two and the kernel shifts
    record Sub(Activation activation, boolean potScaleInt16) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SUB;
        }
    }

    /// `output = activation(input0 / input1)`, with broadcasting.
    record Div(Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.DIV;
        }
    }

    /// Each vector along the last dimension divided by its Euclidean length.
    record L2Normalization(Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.L2_NORMALIZATION;
        }
    }

    /// The inputs one after another along `axis`; a negative axis counts from the end.
    record Concatenation(int axis, Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.CONCATENATION;
        }
    }

    /// Channels to blocks of `blockSize · blockSize` pixels.
    record DepthToSpace(int blockSize) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.DEPTH_TO_SPACE;
        }
    }

    /// Blocks of `blockSize · blockSize` pixels to channels.
    record SpaceToDepth(int blockSize) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SPACE_TO_DEPTH;
        }
    }

    /// The root of the mean of the squares of each window.
    record L2Pool2d(Pool2d pool) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.L2_POOL_2D;
        }
    }

    /// `x / (bias + alpha · Σ x²)^beta` over the `2 · radius + 1` channels around each.
    record LocalResponseNormalization(int radius, float bias, float alpha, float beta) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.LOCAL_RESPONSE_NORMALIZATION;
        }
    }

    /// Locality-sensitive hashes of the input.
    ///
    /// @param type 1 sparse, 2 dense, as in the schema
    record LshProjection(int type) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.LSH_PROJECTION;
        }
    }

    /// One step of a long short-term memory.
    ///
    /// @param isBasic the kernel with five inputs and one concatenated weight matrix
    record Lstm(Activation activation, float cellClip, float projectionClip, boolean isBasic,
            boolean asymmetricQuantizeInputs) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.LSTM;
        }
    }

    /// One step of a recurrent layer.
    record Rnn(Activation activation, boolean asymmetricQuantizeInputs) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.RNN;
        }
    }

    /// The n-grams of a string, with skips.
    record SkipGram(int ngramSize, int maxSkipSize, boolean includeAllNgrams) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SKIP_GRAM;
        }
    }

    /// A layer factored by singular value decomposition, with memory over time.
    record Svdf(int rank, Activation activation, boolean asymmetricQuantizeInputs) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SVDF;
        }
    }

    /// Runs another subgraph.
    record Call(int subgraph) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.CALL;
        }

        @Override
        public List<Integer> callees() {
            return List.of(subgraph);
        }
    }

    /// Runs a subgraph the first time only.
    record CallOnce(int initSubgraph) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.CALL_ONCE;
        }

        @Override
        public List<Integer> callees() {
            return List.of(initSubgraph);
        }
    }

    /// An operator outside the schema, known by name.
    ///
    /// @param data its options, usually FlexBuffers; empty where there are none
    record Custom(String name, Buffer data) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.CUSTOM;
        }
    }

    /// Weighted rows of a table, combined.
    ///
    /// @param combiner 0 sum, 1 mean, 2 square root of the summed squares, as in the schema
    record EmbeddingLookupSparse(int combiner) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.EMBEDDING_LOOKUP_SPARSE;
        }
    }

    /// A recurrent layer over a sequence.
    record UnidirectionalSequenceRnn(boolean timeMajor, Activation activation,
            boolean asymmetricQuantizeInputs) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.UNIDIRECTIONAL_SEQUENCE_RNN;
        }
    }

    /// Slices of input 0 along `axis`, picked by the indices of input 1.
    record Gather(int axis, int batchDims) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.GATHER;
        }
    }

    /// Reduction over the axes in input 1.
    ///
    /// @param code MEAN, SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY or REDUCE_ALL
    record Reduce(OperatorCode code, boolean keepDims) implements Options {
    }

    /// Takes dimensions of 1 away: those named, or all.
    record Squeeze(List<Integer> squeezeDims) implements Options {
        public Squeeze {
            squeezeDims = List.copyOf(squeezeDims);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.SQUEEZE;
        }
    }

    /// A long short-term memory over a sequence.
    record UnidirectionalSequenceLstm(Activation activation, float cellClip, float projectionClip, boolean timeMajor,
            boolean asymmetricQuantizeInputs, boolean diagonalRecurrentTensors) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM;
        }
    }

    /// A slice with steps; bit i of a mask speaks of entry i of begin, end and strides.
    record StridedSlice(int beginMask, int endMask, int ellipsisMask, int newAxisMask, int shrinkAxisMask,
            boolean offset) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.STRIDED_SLICE;
        }
    }

    /// Two recurrent layers over a sequence, one from each end.
    record BidirectionalSequenceRnn(boolean timeMajor, Activation activation, boolean mergeOutputs,
            boolean asymmetricQuantizeInputs) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.BIDIRECTIONAL_SEQUENCE_RNN;
        }
    }

    /// Two long short-term memories over a sequence, one from each end.
    record BidirectionalSequenceLstm(Activation activation, float cellClip, float projectionClip,
            boolean mergeOutputs, boolean timeMajor, boolean asymmetricQuantizeInputs) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.BIDIRECTIONAL_SEQUENCE_LSTM;
        }
    }

    /// Equal parts along the axis in input 0.
    record Split(int numSplits) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SPLIT;
        }
    }

    /// Parts of the sizes in input 1, along the axis in input 2.
    record SplitV(int numSplits) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SPLIT_V;
        }
    }

    /// The index of the largest or smallest element along the axis in input 1.
    ///
    /// @param code ARG_MAX or ARG_MIN
    record ArgExtreme(OperatorCode code, ElementType outputType) implements Options {
    }

    /// The gradient of a convolution by its input: output shape in input 0, filter `[outChannel, filterY, filterX, inChannel]`
    /// in input 1, data in input 2, an optional bias in input 3.
    record TransposeConv(Padding padding, int strideHeight, int strideWidth, Activation activation) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.TRANSPOSE_CONV;
        }
    }

    /// Values scattered into a tensor filled with a default.
    record SparseToDense(boolean validateIndices) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SPARSE_TO_DENSE;
        }
    }

    /// The shape of the input.
    record ShapeOf(ElementType outputType) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.SHAPE;
        }
    }

    /// Quantizes to `numBits` and back, in float.
    record FakeQuant(float min, float max, int numBits, boolean narrowRange) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.FAKE_QUANT;
        }
    }

    /// The inputs stacked along a new axis.
    record Pack(int valuesCount, int axis) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.PACK;
        }
    }

    /// Indices to vectors with one entry on.
    record OneHot(int axis) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.ONE_HOT;
        }
    }

    /// The slices along `axis`, each an output.
    record Unpack(int num, int axis) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.UNPACK;
        }
    }

    /// `x` where it is positive, else `alpha · x`.
    record LeakyRelu(float alpha) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.LEAKY_RELU;
        }
    }

    /// Padding that mirrors the input.
    ///
    /// @param isSymmetric the edge is repeated (SYMMETRIC), else it is not (REFLECT)
    record MirrorPad(boolean isSymmetric) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.MIRROR_PAD;
        }
    }

    /// The distinct elements, and where each element went.
    record Unique(ElementType indexType) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.UNIQUE;
        }
    }

    /// Reverses the first elements of each sequence; their number is input 1.
    record ReverseSequence(int seqDim, int batchDim) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.REVERSE_SEQUENCE;
        }
    }

    /// Nearest neighbour of `[batch, height, width, channel]` at the `[height, width]` in input 1.
    record ResizeNearestNeighbor(boolean alignCorners, boolean halfPixelCenters) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.RESIZE_NEAREST_NEIGHBOR;
        }
    }

    /// Runs one of two subgraphs, as input 0 says.
    record If(int thenSubgraph, int elseSubgraph) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.IF;
        }

        @Override
        public List<Integer> callees() {
            return List.of(thenSubgraph, elseSubgraph);
        }
    }

    /// Runs `bodySubgraph` as long as `condSubgraph` says so.
    record While(int condSubgraph, int bodySubgraph) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.WHILE;
        }

        @Override
        public List<Integer> callees() {
            return List.of(condSubgraph, bodySubgraph);
        }
    }

    /// Matrix products of the last two dimensions, batches broadcast.
    ///
    /// @param adjX input 0 is transposed first
    /// @param adjY input 1 is transposed first
    record BatchMatMul(boolean adjX, boolean adjY, boolean asymmetricQuantizeInputs) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.BATCH_MATMUL;
        }
    }

    /// Running sums along the axis in input 1.
    record Cumsum(boolean exclusive, boolean reverse) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.CUMSUM;
        }
    }

    /// A table from keys to values, by number.
    record Hashtable(int tableId, ElementType keyType, ElementType valueType) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.HASHTABLE;
        }
    }

    /// A variable, by name.
    record VarHandle(String container, String sharedName) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.VAR_HANDLE;
        }
    }

    /// Convolution in three dimensions, or its gradient by the input.
    ///
    /// @param code CONV_3D or CONV_3D_TRANSPOSE
    record Conv3d(OperatorCode code, Padding padding, int strideDepth, int strideHeight, int strideWidth,
            int dilationDepth, int dilationHeight, int dilationWidth, Activation activation) implements Options {
    }

    /// `x · Φ(x)`, Φ the normal distribution, or its approximation by tanh.
    record Gelu(boolean approximate) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.GELU;
        }
    }

    /// Random numbers.
    ///
    /// @param code RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL or MULTINOMIAL
    record Random(OperatorCode code, long seed, long seed2) implements Options {
    }

    /// The number of the bucket that each element falls into.
    record Bucketize(List<Float> boundaries) implements Options {
        public Bucketize {
            boundaries = List.copyOf(boundaries);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.BUCKETIZE;
        }
    }

    /// A subgraph that stands for one operator.
    record StablehloComposite(String name, int decompositionSubgraph, Buffer attributes, int compositeVersion)
            implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.STABLEHLO_COMPOSITE;
        }

        @Override
        public List<Integer> callees() {
            return List.of(decompositionSubgraph);
        }
    }

    /// Runs the subgraph whose number in the list is input 0.
    record StablehloCase(List<Integer> branchSubgraphs) implements Options {
        public StablehloCase {
            branchSubgraphs = List.copyOf(branchSubgraphs);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.STABLEHLO_CASE;
        }

        @Override
        public List<Integer> callees() {
            return branchSubgraphs;
        }
    }

    /// Slices gathered at computed starts.
    record StablehloGather(List<Long> offsetDims, List<Long> collapsedSliceDims, List<Long> startIndexMap,
            long indexVectorDim,
            List<Long> sliceSizes, boolean indicesAreSorted) implements Options {
        public StablehloGather {
            offsetDims = List.copyOf(offsetDims);
            collapsedSliceDims = List.copyOf(collapsedSliceDims);
            startIndexMap = List.copyOf(startIndexMap);
            sliceSizes = List.copyOf(sliceSizes);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.STABLEHLO_GATHER;
        }
    }

    /// Slices scattered to computed starts and combined by a subgraph.
    record StablehloScatter(boolean indicesAreSorted, List<Long> updateWindowDims, List<Long> insertedWindowDims,
            List<Long> scatterDimsToOperandDims, long indexVectorDim, boolean uniqueIndices,
            int updateComputationSubgraph) implements Options {
        public StablehloScatter {
            updateWindowDims = List.copyOf(updateWindowDims);
            insertedWindowDims = List.copyOf(insertedWindowDims);
            scatterDimsToOperandDims = List.copyOf(scatterDimsToOperandDims);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.STABLEHLO_SCATTER;
        }

        @Override
        public List<Integer> callees() {
            return List.of(updateComputationSubgraph);
        }
    }

    /// Windows reduced by a subgraph.
    record StablehloReduceWindow(List<Long> windowDimensions, List<Long> windowStrides, List<Long> baseDilations,
            List<Long> windowDilations, List<Long> padding, int bodySubgraph) implements Options {
        public StablehloReduceWindow {
            windowDimensions = List.copyOf(windowDimensions);
            windowStrides = List.copyOf(windowStrides);
            baseDilations = List.copyOf(baseDilations);
            windowDilations = List.copyOf(windowDilations);
            padding = List.copyOf(padding);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.STABLEHLO_REDUCE_WINDOW;
        }

        @Override
        public List<Integer> callees() {
            return List.of(bodySubgraph);
        }
    }

    /// Windows reduced by a function; window sizes, strides and dilations are inputs.
    ///
    /// @param function 1 add, 2 mul, 3 minimum, 4 maximum, 5 all, 6 any, as in the schema
    record ReduceWindow(int function) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.REDUCE_WINDOW;
        }
    }

    /// Random bits.
    ///
    /// @param algorithm 0 default, 1 Philox, 2 Threefry, as in the schema
    record StablehloRngBitGenerator(int algorithm) implements Options {
        @Override
        public OperatorCode code() {
            return OperatorCode.STABLEHLO_RNG_BIT_GENERATOR;
        }
    }

    /// Padding at both edges and between elements.
    record StablehloPad(List<Long> edgePaddingLow, List<Long> edgePaddingHigh, List<Long> interiorPadding)
            implements Options {
        public StablehloPad {
            edgePaddingLow = List.copyOf(edgePaddingLow);
            edgePaddingHigh = List.copyOf(edgePaddingHigh);
            interiorPadding = List.copyOf(interiorPadding);
        }

        @Override
        public OperatorCode code() {
            return OperatorCode.STABLEHLO_PAD;
        }
    }

    /// An operator of the schema that the engine does not run. Models with one can be read and looked at, not planned.
    record Unsupported(OperatorCode code) implements Options {
    }

    /// The window of a pooling operator; a part of options, not an operator.
    record Pool2d(Padding padding, int strideHeight, int strideWidth, int filterHeight, int filterWidth,
            Activation activation) {
    }
}
