package dev.whittle.converter.write;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The version that each operator needs, by its options and the types of its tensors, and the oldest runtime that has
/// them all. Runtimes refuse a file whose operator versions they do not know, so a model carries the lowest that will
/// do.
///
/// Source: `op_version.cc` and `runtime_version.cc` of TensorFlow Lite.
public final class OperatorVersions {
    /// The metadata entry that names the oldest runtime able to run the model, as in `2.4.0`, padded to 16 bytes.
    public static final String MINIMUM_RUNTIME_VERSION = "min_runtime_version";

    private static final int RUNTIME_VERSION_BYTES = 16;

    private OperatorVersions() {}

    /// An operator's version and the first release that runs it.
    private record Version(int number, Release since) {
        static Version of(int number, int major, int minor) {
            return new Version(number, new Release(major, minor));
        }
    }

    /// A release of the runtime.
    private record Release(int major, int minor) implements Comparable<Release> {
        @Override
        public int compareTo(Release other) {
            return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
        }

        @Override
        public String toString() {
            return major + "." + minor + ".0";
        }
    }

    /// The model with every operator's version set, and with [#MINIMUM_RUNTIME_VERSION] as its first metadata entry.
    public static Model assign(Model model) {
        Release oldest = new Release(1, 5);
        List<Subgraph> subgraphs = new ArrayList<>();
        for (Subgraph subgraph : model.subgraphs()) {
            List<Operator> operators = new ArrayList<>();
            for (Operator operator : subgraph.operators()) {
                Version version = of(subgraph, operator);
                oldest = oldest.compareTo(version.since()) < 0 ? version.since() : oldest;
                operators.add(new Operator(operator.options(), operator.inputs(), operator.outputs(),
                        operator.intermediates(), version.number()));
            }
            subgraphs.add(new Subgraph(subgraph.name(), subgraph.tensors(), subgraph.inputs(), subgraph.outputs(),
                    operators));
        }
        byte[] text = Arrays.copyOf(oldest.toString().getBytes(StandardCharsets.US_ASCII), RUNTIME_VERSION_BYTES);
        List<Metadata> metadata = new ArrayList<>();
        metadata.add(new Metadata(MINIMUM_RUNTIME_VERSION, Buffer.of(text)));
        model.metadata().stream().filter(entry -> !entry.name().equals(MINIMUM_RUNTIME_VERSION)).forEach(metadata::add);
        return new Model(model.source(), model.version(), model.description(), subgraphs, model.signatures(), metadata);
    }

    private static Version of(Subgraph subgraph, Operator operator) {
        if (operator.inputs().isEmpty() || operator.inputs().getFirst() == Operator.ABSENT) {
            return asItWas(operator);
        }
        Tensor first = subgraph.tensor(operator.inputs().getFirst());
        ElementType input = first.type();
        return switch (operator.options()) {
            case Options.Add add -> byType(input, Version.of(1, 1, 5), Version.of(2, 1, 14),
                    add.potScaleInt16() ? Version.of(1, 1, 5) : Version.of(3, 2, 4));
            case Options.Sub sub -> byType(input, Version.of(1, 1, 6), Version.of(2, 1, 14),
                    sub.potScaleInt16() ? Version.of(1, 1, 6) : Version.of(5, 2, 4));
            case Options.AveragePool2d _,Options.MaxPool2d _ ->
                    byType(input, Version.of(1, 1, 5), Version.of(2, 1, 14), Version.of(3, 2, 3));
            case Options.Concatenation _ ->
                    byType(input, Version.of(1, 1, 5), Version.of(2, 1, 14), Version.of(3, 2, 3));
            case Options.Conv2d _ -> conv2d(subgraph, operator);
            case Options.DepthwiseConv2d conv -> depthwise(conv, subgraph, operator);
            case Options.Plain.DEQUANTIZE -> dequantize(first);
            case Options.FullyConnected dense -> fullyConnected(dense, subgraph, operator);
            case Options.LeakyRelu _ ->
                    byType(input, Version.of(1, 1, 13), Version.of(1, 1, 13), Version.of(2, 2, 3));
            case Options.Plain.HARD_SWISH -> Version.of(1, 1, 15);
            case Options.Plain.LOGISTIC, Options.Plain.TANH ->
                    byType(input, Version.of(1, 1, 14), Version.of(2, 1, 14), Version.of(3, 2, 3));
            case Options.Plain.PAD ->
                    byType(input, Version.of(1, 1, 5), Version.of(2, 1, 14), Version.of(3, 2, 4));
            case Options.Reduce reduce when reduce.code() == OperatorCode.MEAN ->
                    byType(input, Version.of(1, 1, 6), Version.of(2, 1, 14), Version.of(3, 2, 4));
            case Options.Mul _ -> mul(subgraph, operator, input);
            case Options.Plain.QUANTIZE ->
                    subgraph.tensor(operator.outputs().getFirst()).type() == ElementType.INT16
                            ? Version.of(2, 2, 3)
                            : Version.of(1, 1, 14);
            case Options.Plain.DENSIFY -> Version.of(1, 2, 2);
            case Options.Plain.RELU -> switch (input) {
                case INT8, UINT8 -> Version.of(2, 2, 1);
                case INT16 -> Version.of(3, 2, 5);
                default -> Version.of(1, 1, 5);
            };
            case Options.Plain.RELU6 ->
                    byType(input, Version.of(1, 1, 5), Version.of(2, 1, 14), Version.of(3, 2, 5));
            case Options.Reshape _ -> Version.of(1, 1, 5);
            case Options.ResizeBilinear resize -> {
                Version widest = Version.of(4, 2, 5);
                if (resize.halfPixelCenters()) {
                    yield byType(input, Version.of(3, 2, 2), Version.of(3, 2, 2), widest);
                }
                yield byType(input, Version.of(1, 1, 7), Version.of(2, 1, 14), widest);
            }
            case Options.Softmax _ ->
                    byType(input, Version.of(1, 1, 5), Version.of(2, 1, 14), Version.of(3, 2, 3));
            case Options.ResizeNearestNeighbor resize -> byType(input, asItWas(operator),
                    resize.halfPixelCenters() || resize.alignCorners() ? Version.of(3, 2, 3) : Version.of(2, 1, 14),
                    Version.of(4, 2, 4));
            case Options.MirrorPad _ -> byType(input, asItWas(operator), Version.of(2, 2, 3), Version.of(3, 2, 12));
            case Options.Plain.TRANSPOSE ->
                    byType(input, asItWas(operator), Version.of(2, 1, 14), Version.of(5, 2, 4));
            case Options.Plain.SLICE -> byType(input, asItWas(operator), Version.of(2, 1, 14), Version.of(4, 2, 4));
            case Options.StridedSlice _ ->
                    byType(input, asItWas(operator), Version.of(2, 1, 14), asItWas(operator));
            case Options.DepthToSpace _ -> byType(input, asItWas(operator), Version.of(2, 2, 5), asItWas(operator));
            case Options.SpaceToDepth _ ->
                    byType(input, asItWas(operator), Version.of(2, 1, 14), asItWas(operator));
            case Options.Plain.MAXIMUM, Options.Plain.MINIMUM ->
                    byType(input, asItWas(operator), Version.of(2, 1, 14), Version.of(4, 2, 3));
            case Options.Reduce reduce when reduce.code() == OperatorCode.REDUCE_MAX
                    || reduce.code() == OperatorCode.REDUCE_MIN ->
                    byType(input, asItWas(operator), Version.of(2, 1, 14), Version.of(3, 2, 5));
            case Options.Split _ -> byType(subgraph.tensor(operator.inputs().get(1)).type(), asItWas(operator),
                    Version.of(2, 1, 14), Version.of(4, 2, 3));
            case Options.SplitV _ -> byType(input, asItWas(operator), Version.of(2, 2, 3), asItWas(operator));
            case Options.Pack _ -> byType(input, asItWas(operator), Version.of(2, 1, 14), Version.of(3, 2, 3));
            case Options.Unpack _ -> byType(input, asItWas(operator), Version.of(2, 1, 14), Version.of(4, 2, 3));
            case Options.Gather gather when gather.batchDims() == 0 ->
                    byType(input, asItWas(operator), Version.of(2, 1, 14), Version.of(4, 2, 4));
            case Options.BatchMatMul _ ->
                    byType(input, asItWas(operator), Version.of(2, 2, 3), Version.of(3, 2, 4));
            case Options.TransposeConv conv -> transposeConv(conv, subgraph, operator);
            case Options.Div _,Options.L2Normalization _ -> asItWas(operator);
            case Options.L2Pool2d _,Options.LocalResponseNormalization _ -> asItWas(operator);
            case Options.LshProjection _,Options.Lstm _,Options.Rnn _,Options.SkipGram _ -> asItWas(operator);
            case Options.Svdf _,Options.Call _,Options.CallOnce _,Options.Custom _ -> asItWas(operator);
            case Options.EmbeddingLookupSparse _,Options.UnidirectionalSequenceRnn _ -> asItWas(operator);
            case Options.Gather _,Options.Reduce _,Options.Squeeze _ -> asItWas(operator);
            case Options.UnidirectionalSequenceLstm _ -> asItWas(operator);
            case Options.BidirectionalSequenceRnn _,Options.BidirectionalSequenceLstm _ -> asItWas(operator);
            case Options.ArgExtreme _,Options.SparseToDense _,Options.ShapeOf _ -> asItWas(operator);
            case Options.FakeQuant _,Options.OneHot _ -> asItWas(operator);
            case Options.Unique _ -> asItWas(operator);
            case Options.ReverseSequence _,Options.If _ -> asItWas(operator);
            case Options.While _,Options.Cumsum _,Options.Hashtable _ -> asItWas(operator);
            case Options.VarHandle _,Options.Conv3d _,Options.Gelu _,Options.Random _ -> asItWas(operator);
            case Options.Bucketize _,Options.StablehloComposite _,Options.StablehloCase _ -> asItWas(operator);
            case Options.StablehloGather _,Options.StablehloScatter _ -> asItWas(operator);
            case Options.StablehloReduceWindow _,Options.ReduceWindow _ -> asItWas(operator);
            case Options.StablehloRngBitGenerator _,Options.StablehloPad _ -> asItWas(operator);
            case Options.Unsupported _,Options.Plain _ -> asItWas(operator);
        };
    }

    /// An operator of which this class knows nothing keeps the version that it came with.
    private static Version asItWas(Operator operator) {
        return Version.of(operator.version(), 1, 5);
    }

    /// The version of an operator that took INT8 and then INT16 beside floats.
    private static Version byType(ElementType input, Version real, Version int8, Version int16) {
        return switch (input) {
            case INT8 -> int8;
            case INT16 -> int16;
            default -> real;
        };
    }

    /// A fused activation, a bias and INT16 came later than 8-bit filters.
    private static Version transposeConv(Options.TransposeConv conv, Subgraph subgraph, Operator operator) {
        ElementType filter = subgraph.tensor(operator.inputs().get(1)).type();
        if (filter != ElementType.INT8) {
            return asItWas(operator);
        }
        if (conv.activation() != Activation.NONE) {
            return Version.of(4, 2, 13);
        }
        int bias = 3;
        boolean hasBias = operator.inputs().size() > bias && operator.inputs().get(bias) != Operator.ABSENT;
        boolean isWide = subgraph.tensor(operator.inputs().get(2)).type() == ElementType.INT16;
        return hasBias || isWide ? Version.of(3, 2, 3) : Version.of(2, 2, 2);
    }

    private static Version conv2d(Subgraph subgraph, Operator operator) {
        QuantizationParameters hybridFilter = hybridFilter(subgraph, operator);
        if (hybridFilter != null) {
            return hybridFilter.isPerChannel() ? Version.of(5, 2, 4) : Version.of(2, 1, 14);
        }
        Version int8 = isInt4(subgraph, operator) ? Version.of(7, 2, 11) : Version.of(3, 1, 14);
        return byType(input(subgraph, operator), Version.of(1, 1, 5), int8, Version.of(4, 2, 3));
    }

    private static Version depthwise(Options.DepthwiseConv2d conv, Subgraph subgraph, Operator operator) {
        QuantizationParameters hybridFilter = hybridFilter(subgraph, operator);
        if (hybridFilter != null) {
            return hybridFilter.isPerChannel() ? Version.of(6, 2, 3) : Version.of(4, 2, 2);
        }
        Version int8 = isInt4(subgraph, operator) ? Version.of(7, 2, 11) : Version.of(3, 1, 14);
        Version real = conv.dilationHeight() != 1 || conv.dilationWidth() != 1
                ? Version.of(2, 1, 12)
                : Version.of(1, 1, 5);
        return byType(input(subgraph, operator), real, int8, Version.of(5, 2, 3));
    }

    private static Version fullyConnected(Options.FullyConnected dense, Subgraph subgraph, Operator operator) {
        QuantizationParameters hybridFilter = hybridFilter(subgraph, operator);
        if (hybridFilter != null && hybridFilter.isPerChannel()) {
            return Version.of(12, 2, 17);
        }
        ElementType input = input(subgraph, operator);
        if (input == ElementType.INT16) {
            return Version.of(7, 2, 3);
        }
        if (isInt4(subgraph, operator) && input == ElementType.INT8) {
            return Version.of(10, 2, 11);
        }
        if (operator.inputs().size() == 2) {
            return Version.of(6, 2, 1);
        }
        if (dense.keepNumDims()) {
            return Version.of(5, 2, 0);
        }
        if (input == ElementType.INT8) {
            return Version.of(4, 1, 14);
        }
        if (hybridFilter != null) {
            return dense.asymmetricQuantizeInputs() ? Version.of(9, 2, 3) : Version.of(3, 1, 14);
        }
        return Version.of(1, 1, 5);
    }

    private static Version dequantize(Tensor input) {
        QuantizationParameters parameters = input.quantization();
        return switch (input.type()) {
            case INT4 -> Version.of(6, 2, 18);
            case INT16 -> Version.of(3, 2, 3);
            case FLOAT16 -> Version.of(3, 1, 15);
            case INT8 -> parameters != null && parameters.isPerChannel() ? Version.of(5, 2, 7) : Version.of(2, 1, 14);
            default -> Version.of(1, 1, 14);
        };
    }

    /// From version 3 on, the output scale may be smaller than the product of the input scales.
    private static Version mul(Subgraph subgraph, Operator operator, ElementType input) {
        if (input == ElementType.INT16) {
            return Version.of(4, 2, 3);
        }
        QuantizationParameters left = subgraph.tensor(operator.inputs().get(0)).quantization();
        QuantizationParameters right = subgraph.tensor(operator.inputs().get(1)).quantization();
        QuantizationParameters output = subgraph.tensor(operator.outputs().getFirst()).quantization();
        if (left != null && right != null && output != null
                && left.scale(0) * right.scale(0) / output.scale(0) >= 1) {
            return Version.of(3, 1, 15);
        }
        return input == ElementType.INT8 ? Version.of(2, 1, 14) : Version.of(1, 1, 5);
    }

    private static ElementType input(Subgraph subgraph, Operator operator) {
        return subgraph.tensor(operator.inputs().getFirst()).type();
    }

    private static boolean isInt4(Subgraph subgraph, Operator operator) {
        return subgraph.tensor(operator.inputs().get(1)).type() == ElementType.INT4;
    }

    /// The parameters of integer weights that a float input meets; null where the operator is not hybrid.
    private static @Nullable QuantizationParameters hybridFilter(Subgraph subgraph, Operator operator) {
        Tensor filter = subgraph.tensor(operator.inputs().get(1));
        boolean isHybrid = input(subgraph, operator) == ElementType.FLOAT32
                && (filter.type() == ElementType.INT8 || filter.type() == ElementType.INT4);
        return isHybrid ? filter.quantization() : null;
    }
}
