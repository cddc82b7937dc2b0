package dev.whittle.converter.write;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Padding;
import dev.whittle.engine.schema.Slots;
import java.util.List;

/// Encodes one operator's options as a table, one row per operator: the inverse of the decoding in `OptionsReader`.
/// Values that the schema has as defaults are left out.
final class OptionsWriter {
    /// Stands for "no table": an operator whose options have no fields.
    static final int NONE = 0;

    private final FlatBufferBuilder builder;

    OptionsWriter(FlatBufferBuilder builder) {
        this.builder = builder;
    }

    /// The offset of the table, or [#NONE].
    ///
    /// @throws IllegalArgumentException for an operator whose options are not known
    int write(Options options) {
        return switch (options) {
            case Options.Add add -> arithmetic(add.activation(), add.potScaleInt16());
            case Options.AveragePool2d average -> pool(average.pool());
            case Options.Conv2d conv -> {
                builder.startTable(Slots.Conv2DOptions.FIELD_COUNT);
                padding(Slots.Conv2DOptions.PADDING, conv.padding());
                int32(Slots.Conv2DOptions.STRIDE_W, conv.strideWidth());
                int32(Slots.Conv2DOptions.STRIDE_H, conv.strideHeight());
                activation(Slots.Conv2DOptions.FUSED_ACTIVATION_FUNCTION, conv.activation());
                builder.addInt(Slots.Conv2DOptions.DILATION_W_FACTOR, conv.dilationWidth(), 1);
                builder.addInt(Slots.Conv2DOptions.DILATION_H_FACTOR, conv.dilationHeight(), 1);
                yield builder.endTable();
            }
            case Options.DepthwiseConv2d conv -> {
                builder.startTable(Slots.DepthwiseConv2DOptions.FIELD_COUNT);
                padding(Slots.DepthwiseConv2DOptions.PADDING, conv.padding());
                int32(Slots.DepthwiseConv2DOptions.STRIDE_W, conv.strideWidth());
                int32(Slots.DepthwiseConv2DOptions.STRIDE_H, conv.strideHeight());
                int32(Slots.DepthwiseConv2DOptions.DEPTH_MULTIPLIER, conv.depthMultiplier());
                activation(Slots.DepthwiseConv2DOptions.FUSED_ACTIVATION_FUNCTION, conv.activation());
                builder.addInt(Slots.DepthwiseConv2DOptions.DILATION_W_FACTOR, conv.dilationWidth(), 1);
                builder.addInt(Slots.DepthwiseConv2DOptions.DILATION_H_FACTOR, conv.dilationHeight(), 1);
                yield builder.endTable();
            }
            case Options.FullyConnected dense -> {
                builder.startTable(Slots.FullyConnectedOptions.FIELD_COUNT);
                activation(Slots.FullyConnectedOptions.FUSED_ACTIVATION_FUNCTION, dense.activation());
                bool(Slots.FullyConnectedOptions.KEEP_NUM_DIMS, dense.keepNumDims());
                bool(Slots.FullyConnectedOptions.ASYMMETRIC_QUANTIZE_INPUTS, dense.asymmetricQuantizeInputs());
                yield builder.endTable();
            }
            case Options.MaxPool2d max -> pool(max.pool());
            case Options.Mul mul ->
                    activationAlone(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION, mul.activation());
            case Options.Reshape reshape -> {
                List<Integer> newShape = reshape.newShape();
                if (newShape == null) {
                    yield NONE;
                }
                int shape = int32s(newShape);
                builder.startTable(Slots.ReshapeOptions.FIELD_COUNT);
                offset(Slots.ReshapeOptions.NEW_SHAPE, shape);
                yield builder.endTable();
            }
            case Options.ResizeBilinear resize -> {
                builder.startTable(Slots.ResizeBilinearOptions.FIELD_COUNT);
                bool(Slots.ResizeBilinearOptions.ALIGN_CORNERS, resize.alignCorners());
                bool(Slots.ResizeBilinearOptions.HALF_PIXEL_CENTERS, resize.halfPixelCenters());
                yield builder.endTable();
            }
            case Options.Softmax softmax -> {
                builder.startTable(Slots.SoftmaxOptions.FIELD_COUNT);
                float32(Slots.SoftmaxOptions.BETA, softmax.beta());
                yield builder.endTable();
            }
            case Options.Plain _ -> NONE;
            case Options.Sub sub -> arithmetic(sub.activation(), sub.potScaleInt16());
            case Options.Div div ->
                    activationAlone(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION, div.activation());
            case Options.L2Normalization normalization ->
                    activationAlone(Slots.L2NormOptions.FUSED_ACTIVATION_FUNCTION, normalization.activation());
            case Options.Concatenation concatenation -> {
                builder.startTable(Slots.ConcatenationOptions.FIELD_COUNT);
                int32(Slots.ConcatenationOptions.AXIS, concatenation.axis());
                activation(Slots.ConcatenationOptions.FUSED_ACTIVATION_FUNCTION, concatenation.activation());
                yield builder.endTable();
            }
            case Options.DepthToSpace toSpace -> oneInt(Slots.DepthToSpaceOptions.BLOCK_SIZE, toSpace.blockSize());
            case Options.SpaceToDepth toDepth -> oneInt(Slots.SpaceToDepthOptions.BLOCK_SIZE, toDepth.blockSize());
            case Options.L2Pool2d l2 -> pool(l2.pool());
            case Options.LocalResponseNormalization normalization -> {
                builder.startTable(Slots.LocalResponseNormalizationOptions.FIELD_COUNT);
                int32(Slots.LocalResponseNormalizationOptions.RADIUS, normalization.radius());
                float32(Slots.LocalResponseNormalizationOptions.BIAS, normalization.bias());
                float32(Slots.LocalResponseNormalizationOptions.ALPHA, normalization.alpha());
                float32(Slots.LocalResponseNormalizationOptions.BETA, normalization.beta());
                yield builder.endTable();
            }
            case Options.LshProjection projection -> oneByte(Slots.LSHProjectionOptions.TYPE, projection.type());
            case Options.Lstm lstm -> {
                builder.startTable(Slots.LSTMOptions.FIELD_COUNT);
                activation(Slots.LSTMOptions.FUSED_ACTIVATION_FUNCTION, lstm.activation());
                float32(Slots.LSTMOptions.CELL_CLIP, lstm.cellClip());
                float32(Slots.LSTMOptions.PROJ_CLIP, lstm.projectionClip());
                bool(Slots.LSTMOptions.KERNEL_TYPE, lstm.isBasic());
                bool(Slots.LSTMOptions.ASYMMETRIC_QUANTIZE_INPUTS, lstm.asymmetricQuantizeInputs());
                yield builder.endTable();
            }
            case Options.Rnn rnn -> {
                builder.startTable(Slots.RNNOptions.FIELD_COUNT);
                activation(Slots.RNNOptions.FUSED_ACTIVATION_FUNCTION, rnn.activation());
                bool(Slots.RNNOptions.ASYMMETRIC_QUANTIZE_INPUTS, rnn.asymmetricQuantizeInputs());
                yield builder.endTable();
            }
            case Options.SkipGram skipGram -> {
                builder.startTable(Slots.SkipGramOptions.FIELD_COUNT);
                int32(Slots.SkipGramOptions.NGRAM_SIZE, skipGram.ngramSize());
                int32(Slots.SkipGramOptions.MAX_SKIP_SIZE, skipGram.maxSkipSize());
                bool(Slots.SkipGramOptions.INCLUDE_ALL_NGRAMS, skipGram.includeAllNgrams());
                yield builder.endTable();
            }
            case Options.Svdf svdf -> {
                builder.startTable(Slots.SVDFOptions.FIELD_COUNT);
                int32(Slots.SVDFOptions.RANK, svdf.rank());
                activation(Slots.SVDFOptions.FUSED_ACTIVATION_FUNCTION, svdf.activation());
                bool(Slots.SVDFOptions.ASYMMETRIC_QUANTIZE_INPUTS, svdf.asymmetricQuantizeInputs());
                yield builder.endTable();
            }
            case Options.Call call -> oneInt(Slots.CallOptions.SUBGRAPH, call.subgraph());
            case Options.CallOnce call -> oneInt(Slots.CallOnceOptions.INIT_SUBGRAPH_INDEX, call.initSubgraph());
            case Options.Custom _ -> NONE;
            case Options.EmbeddingLookupSparse lookup ->
                    oneByte(Slots.EmbeddingLookupSparseOptions.COMBINER, lookup.combiner());
            case Options.UnidirectionalSequenceRnn rnn -> {
                builder.startTable(Slots.SequenceRNNOptions.FIELD_COUNT);
                bool(Slots.SequenceRNNOptions.TIME_MAJOR, rnn.timeMajor());
                activation(Slots.SequenceRNNOptions.FUSED_ACTIVATION_FUNCTION, rnn.activation());
                bool(Slots.SequenceRNNOptions.ASYMMETRIC_QUANTIZE_INPUTS, rnn.asymmetricQuantizeInputs());
                yield builder.endTable();
            }
            case Options.Gather gather -> {
                builder.startTable(Slots.GatherOptions.FIELD_COUNT);
                int32(Slots.GatherOptions.AXIS, gather.axis());
                int32(Slots.GatherOptions.BATCH_DIMS, gather.batchDims());
                yield builder.endTable();
            }
            case Options.Reduce reduce -> oneBool(Slots.ReducerOptions.KEEP_DIMS, reduce.keepDims());
            case Options.Squeeze squeeze -> {
                int dimensions = int32s(squeeze.squeezeDims());
                builder.startTable(Slots.SqueezeOptions.FIELD_COUNT);
                offset(Slots.SqueezeOptions.SQUEEZE_DIMS, dimensions);
                yield builder.endTable();
            }
            case Options.UnidirectionalSequenceLstm lstm -> {
                builder.startTable(Slots.UnidirectionalSequenceLSTMOptions.FIELD_COUNT);
                activation(Slots.UnidirectionalSequenceLSTMOptions.FUSED_ACTIVATION_FUNCTION, lstm.activation());
                float32(Slots.UnidirectionalSequenceLSTMOptions.CELL_CLIP, lstm.cellClip());
                float32(Slots.UnidirectionalSequenceLSTMOptions.PROJ_CLIP, lstm.projectionClip());
                bool(Slots.UnidirectionalSequenceLSTMOptions.TIME_MAJOR, lstm.timeMajor());
                bool(Slots.UnidirectionalSequenceLSTMOptions.ASYMMETRIC_QUANTIZE_INPUTS,
                        lstm.asymmetricQuantizeInputs());
                bool(Slots.UnidirectionalSequenceLSTMOptions.DIAGONAL_RECURRENT_TENSORS,
                        lstm.diagonalRecurrentTensors());
                yield builder.endTable();
            }
            case Options.StridedSlice slice -> {
                builder.startTable(Slots.StridedSliceOptions.FIELD_COUNT);
                int32(Slots.StridedSliceOptions.BEGIN_MASK, slice.beginMask());
                int32(Slots.StridedSliceOptions.END_MASK, slice.endMask());
                int32(Slots.StridedSliceOptions.ELLIPSIS_MASK, slice.ellipsisMask());
                int32(Slots.StridedSliceOptions.NEW_AXIS_MASK, slice.newAxisMask());
                int32(Slots.StridedSliceOptions.SHRINK_AXIS_MASK, slice.shrinkAxisMask());
                bool(Slots.StridedSliceOptions.OFFSET, slice.offset());
                yield builder.endTable();
            }
            case Options.BidirectionalSequenceRnn rnn -> {
                builder.startTable(Slots.BidirectionalSequenceRNNOptions.FIELD_COUNT);
                bool(Slots.BidirectionalSequenceRNNOptions.TIME_MAJOR, rnn.timeMajor());
                activation(Slots.BidirectionalSequenceRNNOptions.FUSED_ACTIVATION_FUNCTION, rnn.activation());
                bool(Slots.BidirectionalSequenceRNNOptions.MERGE_OUTPUTS, rnn.mergeOutputs());
                bool(Slots.BidirectionalSequenceRNNOptions.ASYMMETRIC_QUANTIZE_INPUTS,
                        rnn.asymmetricQuantizeInputs());
                yield builder.endTable();
            }
            case Options.BidirectionalSequenceLstm lstm -> {
                builder.startTable(Slots.BidirectionalSequenceLSTMOptions.FIELD_COUNT);
                activation(Slots.BidirectionalSequenceLSTMOptions.FUSED_ACTIVATION_FUNCTION, lstm.activation());
                float32(Slots.BidirectionalSequenceLSTMOptions.CELL_CLIP, lstm.cellClip());
                float32(Slots.BidirectionalSequenceLSTMOptions.PROJ_CLIP, lstm.projectionClip());
                bool(Slots.BidirectionalSequenceLSTMOptions.MERGE_OUTPUTS, lstm.mergeOutputs());
                builder.addBoolean(Slots.BidirectionalSequenceLSTMOptions.TIME_MAJOR, lstm.timeMajor(), true);
                bool(Slots.BidirectionalSequenceLSTMOptions.ASYMMETRIC_QUANTIZE_INPUTS,
                        lstm.asymmetricQuantizeInputs());
                yield builder.endTable();
            }
            case Options.Split split -> oneInt(Slots.SplitOptions.NUM_SPLITS, split.numSplits());
            case Options.SplitV split -> oneInt(Slots.SplitVOptions.NUM_SPLITS, split.numSplits());
            case Options.ArgExtreme extreme -> oneByte(Slots.ArgMaxOptions.OUTPUT_TYPE, extreme.outputType().number());
            case Options.TransposeConv conv -> {
                builder.startTable(Slots.TransposeConvOptions.FIELD_COUNT);
                padding(Slots.TransposeConvOptions.PADDING, conv.padding());
                int32(Slots.TransposeConvOptions.STRIDE_W, conv.strideWidth());
                int32(Slots.TransposeConvOptions.STRIDE_H, conv.strideHeight());
                activation(Slots.TransposeConvOptions.FUSED_ACTIVATION_FUNCTION, conv.activation());
                yield builder.endTable();
            }
            case Options.SparseToDense dense ->
                    oneBool(Slots.SparseToDenseOptions.VALIDATE_INDICES, dense.validateIndices());
            case Options.ShapeOf shape -> oneByte(Slots.ShapeOptions.OUT_TYPE, shape.outputType().number());
            case Options.FakeQuant fakeQuant -> {
                builder.startTable(Slots.FakeQuantOptions.FIELD_COUNT);
                float32(Slots.FakeQuantOptions.MIN, fakeQuant.min());
                float32(Slots.FakeQuantOptions.MAX, fakeQuant.max());
                int32(Slots.FakeQuantOptions.NUM_BITS, fakeQuant.numBits());
                bool(Slots.FakeQuantOptions.NARROW_RANGE, fakeQuant.narrowRange());
                yield builder.endTable();
            }
            case Options.Pack pack -> {
                builder.startTable(Slots.PackOptions.FIELD_COUNT);
                int32(Slots.PackOptions.VALUES_COUNT, pack.valuesCount());
                int32(Slots.PackOptions.AXIS, pack.axis());
                yield builder.endTable();
            }
            case Options.OneHot oneHot -> oneInt(Slots.OneHotOptions.AXIS, oneHot.axis());
            case Options.Unpack unpack -> {
                builder.startTable(Slots.UnpackOptions.FIELD_COUNT);
                int32(Slots.UnpackOptions.NUM, unpack.num());
                int32(Slots.UnpackOptions.AXIS, unpack.axis());
                yield builder.endTable();
            }
            case Options.LeakyRelu relu -> {
                builder.startTable(Slots.LeakyReluOptions.FIELD_COUNT);
                float32(Slots.LeakyReluOptions.ALPHA, relu.alpha());
                yield builder.endTable();
            }
            case Options.MirrorPad pad -> oneBool(Slots.MirrorPadOptions.MODE, pad.isSymmetric());
            case Options.Unique unique -> {
                builder.startTable(Slots.UniqueOptions.FIELD_COUNT);
                builder.addByte(Slots.UniqueOptions.IDX_OUT_TYPE, (byte) unique.indexType().number(),
                        ElementType.INT32.number());
                yield builder.endTable();
            }
            case Options.ReverseSequence reverse -> {
                builder.startTable(Slots.ReverseSequenceOptions.FIELD_COUNT);
                int32(Slots.ReverseSequenceOptions.SEQ_DIM, reverse.seqDim());
                int32(Slots.ReverseSequenceOptions.BATCH_DIM, reverse.batchDim());
                yield builder.endTable();
            }
            case Options.ResizeNearestNeighbor resize -> {
                builder.startTable(Slots.ResizeNearestNeighborOptions.FIELD_COUNT);
                bool(Slots.ResizeNearestNeighborOptions.ALIGN_CORNERS, resize.alignCorners());
                bool(Slots.ResizeNearestNeighborOptions.HALF_PIXEL_CENTERS, resize.halfPixelCenters());
                yield builder.endTable();
            }
            case Options.If branch -> {
                builder.startTable(Slots.IfOptions.FIELD_COUNT);
                int32(Slots.IfOptions.THEN_SUBGRAPH_INDEX, branch.thenSubgraph());
                int32(Slots.IfOptions.ELSE_SUBGRAPH_INDEX, branch.elseSubgraph());
                yield builder.endTable();
            }
            case Options.While loop -> {
                builder.startTable(Slots.WhileOptions.FIELD_COUNT);
                int32(Slots.WhileOptions.COND_SUBGRAPH_INDEX, loop.condSubgraph());
                int32(Slots.WhileOptions.BODY_SUBGRAPH_INDEX, loop.bodySubgraph());
                yield builder.endTable();
            }
            case Options.BatchMatMul product -> {
                builder.startTable(Slots.BatchMatMulOptions.FIELD_COUNT);
                bool(Slots.BatchMatMulOptions.ADJ_X, product.adjX());
                bool(Slots.BatchMatMulOptions.ADJ_Y, product.adjY());
                bool(Slots.BatchMatMulOptions.ASYMMETRIC_QUANTIZE_INPUTS, product.asymmetricQuantizeInputs());
                yield builder.endTable();
            }
            case Options.Cumsum sum -> {
                builder.startTable(Slots.CumsumOptions.FIELD_COUNT);
                bool(Slots.CumsumOptions.EXCLUSIVE, sum.exclusive());
                bool(Slots.CumsumOptions.REVERSE, sum.reverse());
                yield builder.endTable();
            }
            case Options.Hashtable table -> {
                builder.startTable(Slots.HashtableOptions.FIELD_COUNT);
                int32(Slots.HashtableOptions.TABLE_ID, table.tableId());
                int8(Slots.HashtableOptions.KEY_DTYPE, table.keyType().number());
                int8(Slots.HashtableOptions.VALUE_DTYPE, table.valueType().number());
                yield builder.endTable();
            }
            case Options.VarHandle variable -> {
                int container = builder.createSharedString(variable.container());
                int sharedName = builder.createSharedString(variable.sharedName());
                builder.startTable(Slots.VarHandleOptions.FIELD_COUNT);
                offset(Slots.VarHandleOptions.CONTAINER, container);
                offset(Slots.VarHandleOptions.SHARED_NAME, sharedName);
                yield builder.endTable();
            }
            case Options.Conv3d conv -> {
                builder.startTable(Slots.Conv3DOptions.FIELD_COUNT);
                padding(Slots.Conv3DOptions.PADDING, conv.padding());
                int32(Slots.Conv3DOptions.STRIDE_D, conv.strideDepth());
                int32(Slots.Conv3DOptions.STRIDE_W, conv.strideWidth());
                int32(Slots.Conv3DOptions.STRIDE_H, conv.strideHeight());
                activation(Slots.Conv3DOptions.FUSED_ACTIVATION_FUNCTION, conv.activation());
                builder.addInt(Slots.Conv3DOptions.DILATION_D_FACTOR, conv.dilationDepth(), 1);
                builder.addInt(Slots.Conv3DOptions.DILATION_W_FACTOR, conv.dilationWidth(), 1);
                builder.addInt(Slots.Conv3DOptions.DILATION_H_FACTOR, conv.dilationHeight(), 1);
                yield builder.endTable();
            }
            case Options.Gelu gelu -> oneBool(Slots.GeluOptions.APPROXIMATE, gelu.approximate());
            case Options.Random random -> {
                builder.startTable(Slots.RandomOptions.FIELD_COUNT);
                builder.addLong(Slots.RandomOptions.SEED, random.seed(), 0);
                builder.addLong(Slots.RandomOptions.SEED2, random.seed2(), 0);
                yield builder.endTable();
            }
            case Options.Bucketize bucketize -> {
                builder.startVector(Float.BYTES, bucketize.boundaries().size(), Float.BYTES);
                bucketize.boundaries().reversed().forEach(builder::addFloat);
                int boundaries = builder.endVector();
                builder.startTable(Slots.BucketizeOptions.FIELD_COUNT);
                offset(Slots.BucketizeOptions.BOUNDARIES, boundaries);
                yield builder.endTable();
            }
            case Options.StablehloComposite composite -> {
                int name = builder.createSharedString(composite.name());
                int attributes = bytes(composite.attributes());
                builder.startTable(Slots.StablehloCompositeOptions.FIELD_COUNT);
                offset(Slots.StablehloCompositeOptions.NAME, name);
                int32(Slots.StablehloCompositeOptions.DECOMPOSITION_SUBGRAPH_INDEX,
                        composite.decompositionSubgraph());
                offset(Slots.StablehloCompositeOptions.COMPOSITE_ATTRIBUTES, attributes);
                int32(Slots.StablehloCompositeOptions.VERSION, composite.compositeVersion());
                yield builder.endTable();
            }
            case Options.StablehloCase branches -> {
                int indices = int32s(branches.branchSubgraphs());
                builder.startTable(Slots.StablehloCaseOptions.FIELD_COUNT);
                offset(Slots.StablehloCaseOptions.BRANCH_SUBGRAPH_INDICES, indices);
                yield builder.endTable();
            }
            case Options.StablehloGather gather -> {
                int offsetDims = int64s(gather.offsetDims());
                int collapsedSliceDims = int64s(gather.collapsedSliceDims());
                int startIndexMap = int64s(gather.startIndexMap());
                int sliceSizes = int64s(gather.sliceSizes());
                builder.startTable(Slots.StablehloGatherOptions.FIELD_COUNT);
                offset(Slots.StablehloGatherOptions.OFFSET_DIMS, offsetDims);
                offset(Slots.StablehloGatherOptions.COLLAPSED_SLICE_DIMS, collapsedSliceDims);
                offset(Slots.StablehloGatherOptions.START_INDEX_MAP, startIndexMap);
                builder.addLong(Slots.StablehloGatherOptions.INDEX_VECTOR_DIM, gather.indexVectorDim(), 0);
                offset(Slots.StablehloGatherOptions.SLICE_SIZES, sliceSizes);
                bool(Slots.StablehloGatherOptions.INDICES_ARE_SORTED, gather.indicesAreSorted());
                yield builder.endTable();
            }
            case Options.StablehloScatter scatter -> {
                int updateWindowDims = int64s(scatter.updateWindowDims());
                int insertedWindowDims = int64s(scatter.insertedWindowDims());
                int scatterDims = int64s(scatter.scatterDimsToOperandDims());
                builder.startTable(Slots.StablehloScatterOptions.FIELD_COUNT);
                bool(Slots.StablehloScatterOptions.INDICES_ARE_SORTED, scatter.indicesAreSorted());
                offset(Slots.StablehloScatterOptions.UPDATE_WINDOW_DIMS, updateWindowDims);
                offset(Slots.StablehloScatterOptions.INSERTED_WINDOW_DIMS, insertedWindowDims);
                offset(Slots.StablehloScatterOptions.SCATTER_DIMS_TO_OPERAND_DIMS, scatterDims);
                builder.addLong(Slots.StablehloScatterOptions.INDEX_VECTOR_DIM, scatter.indexVectorDim(), 0);
                bool(Slots.StablehloScatterOptions.UNIQUE_INDICES, scatter.uniqueIndices());
                int32(Slots.StablehloScatterOptions.UPDATE_COMPUTATION_SUBGRAPH_INDEX,
                        scatter.updateComputationSubgraph());
                yield builder.endTable();
            }
            case Options.StablehloReduceWindow reduce -> {
                int windowDimensions = int64s(reduce.windowDimensions());
                int windowStrides = int64s(reduce.windowStrides());
                int baseDilations = int64s(reduce.baseDilations());
                int windowDilations = int64s(reduce.windowDilations());
                int padding = int64s(reduce.padding());
                builder.startTable(Slots.StablehloReduceWindowOptions.FIELD_COUNT);
                offset(Slots.StablehloReduceWindowOptions.WINDOW_DIMENSIONS, windowDimensions);
                offset(Slots.StablehloReduceWindowOptions.WINDOW_STRIDES, windowStrides);
                offset(Slots.StablehloReduceWindowOptions.BASE_DILATIONS, baseDilations);
                offset(Slots.StablehloReduceWindowOptions.WINDOW_DILATIONS, windowDilations);
                offset(Slots.StablehloReduceWindowOptions.PADDING, padding);
                int32(Slots.StablehloReduceWindowOptions.BODY_SUBGRAPH_INDEX, reduce.bodySubgraph());
                yield builder.endTable();
            }
            case Options.ReduceWindow reduce -> oneInt(Slots.ReduceWindowOptions.REDUCE_FUNCTION, reduce.function());
            case Options.StablehloRngBitGenerator generator ->
                    oneByte(Slots.StablehloRngBitGeneratorOptions.ALGORITHM, generator.algorithm());
            case Options.StablehloPad pad -> {
                int low = int64s(pad.edgePaddingLow());
                int high = int64s(pad.edgePaddingHigh());
                int interior = int64s(pad.interiorPadding());
                builder.startTable(Slots.StablehloPadOptions.FIELD_COUNT);
                offset(Slots.StablehloPadOptions.EDGE_PADDING_LOW, low);
                offset(Slots.StablehloPadOptions.EDGE_PADDING_HIGH, high);
                offset(Slots.StablehloPadOptions.INTERIOR_PADDING, interior);
                yield builder.endTable();
            }
            case Options.Unsupported unsupported -> throw new IllegalArgumentException(
                    unsupported.code() + " cannot be written: its options are not known");
        };
    }

    private int arithmetic(Activation activation, boolean potScaleInt16) {
        builder.startTable(Slots.ArithmeticOptions.FIELD_COUNT);
        activation(Slots.ArithmeticOptions.FUSED_ACTIVATION_FUNCTION, activation);
        builder.addBoolean(Slots.ArithmeticOptions.POT_SCALE_INT16, potScaleInt16, true);
        return builder.endTable();
    }

    private int activationAlone(int slot, Activation activation) {
        return oneByte(slot, activation.ordinal());
    }

    private int pool(Options.Pool2d pool) {
        builder.startTable(Slots.Pool2DOptions.FIELD_COUNT);
        padding(Slots.Pool2DOptions.PADDING, pool.padding());
        int32(Slots.Pool2DOptions.STRIDE_W, pool.strideWidth());
        int32(Slots.Pool2DOptions.STRIDE_H, pool.strideHeight());
        int32(Slots.Pool2DOptions.FILTER_WIDTH, pool.filterWidth());
        int32(Slots.Pool2DOptions.FILTER_HEIGHT, pool.filterHeight());
        activation(Slots.Pool2DOptions.FUSED_ACTIVATION_FUNCTION, pool.activation());
        return builder.endTable();
    }

    private int oneInt(int slot, int value) {
        builder.startTable(slot + 1);
        int32(slot, value);
        return builder.endTable();
    }

    private int oneByte(int slot, int value) {
        builder.startTable(slot + 1);
        int8(slot, value);
        return builder.endTable();
    }

    private int oneBool(int slot, boolean value) {
        return oneByte(slot, value ? 1 : 0);
    }

    private void int32(int slot, int value) {
        builder.addInt(slot, value, 0);
    }

    private void int8(int slot, int value) {
        builder.addByte(slot, (byte) value, 0);
    }

    private void bool(int slot, boolean value) {
        builder.addBoolean(slot, value, false);
    }

    /// Goes by the bits, so that −0 is not taken for the default.
    private void float32(int slot, float value) {
        if (Float.floatToRawIntBits(value) != 0) {
            builder.addFloat(value);
            builder.slot(slot);
        }
    }

    private void offset(int slot, int offset) {
        builder.addOffset(slot, offset, 0);
    }

    private void padding(int slot, Padding padding) {
        int8(slot, padding.ordinal());
    }

    private void activation(int slot, Activation activation) {
        int8(slot, activation.ordinal());
    }

    private int int32s(List<Integer> values) {
        builder.startVector(Integer.BYTES, values.size(), Integer.BYTES);
        values.reversed().forEach(builder::addInt);
        return builder.endVector();
    }

    private int int64s(List<Long> values) {
        builder.startVector(Long.BYTES, values.size(), Long.BYTES);
        values.reversed().forEach(builder::addLong);
        return builder.endVector();
    }

    private int bytes(Buffer buffer) {
        return builder.createByteVector(buffer.bytes());
    }
}
