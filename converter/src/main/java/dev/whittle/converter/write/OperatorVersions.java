package dev.whittle.converter.write;

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
                        version.number()));
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
            throw noRule(operator);
        }
        ElementType input = subgraph.tensor(operator.inputs().getFirst()).type();
        boolean int8 = input == ElementType.INT8;
        return switch (operator.options()) {
            case Options.Add _ -> int8 ? Version.of(2, 1, 14) : Version.of(1, 1, 5);
            case Options.AveragePool2d _,Options.MaxPool2d _ -> int8 ? Version.of(2, 1, 14) : Version.of(1, 1, 5);
            case Options.Concatenation _ -> int8 ? Version.of(2, 1, 14) : Version.of(1, 1, 5);
            case Options.Conv2d _ ->
                    isInt4(subgraph, operator) ? Version.of(7, 2, 11) : conv2d(int8, hybridFilter(subgraph, operator));
            case Options.DepthwiseConv2d conv -> isInt4(subgraph, operator)
                    ? Version.of(7, 2, 11)
                    : depthwise(conv, int8, hybridFilter(subgraph, operator));
            case Options.Plain.DEQUANTIZE -> switch (input) {
                case FLOAT16 -> Version.of(3, 1, 15);
                case INT8 -> Version.of(2, 1, 14);
                default -> Version.of(1, 1, 14);
            };
            case Options.FullyConnected dense ->
                    isInt4(subgraph, operator) ? Version.of(10, 2, 11) : fullyConnected(dense, operator, int8,
                            hybridFilter(subgraph, operator));
            case Options.LeakyRelu _ -> int8 ? Version.of(2, 2, 3) : Version.of(1, 1, 13);
            case Options.Plain.HARD_SWISH -> Version.of(1, 1, 15);
            case Options.Plain.LOGISTIC, Options.Plain.TANH -> Version.of(int8 ? 2 : 1, 1, 14);
            case Options.Plain.PAD -> int8 ? Version.of(2, 1, 14) : Version.of(1, 1, 5);
            case Options.Reduce reduce when reduce.code() == OperatorCode.MEAN ->
                    int8 ? Version.of(2, 1, 14) : Version.of(1, 1, 6);
            case Options.Mul _ -> mul(subgraph, operator, int8);
            case Options.Plain.QUANTIZE -> Version.of(1, 1, 14);
            case Options.Plain.DENSIFY -> Version.of(1, 2, 2);
            case Options.Plain.RELU -> int8 || input == ElementType.UINT8 ? Version.of(2, 2, 1) : Version.of(1, 1, 5);
            case Options.Plain.RELU6 -> int8 ? Version.of(2, 1, 14) : Version.of(1, 1, 5);
            case Options.Reshape _ -> Version.of(1, 1, 5);
            case Options.ResizeBilinear resize -> {
                if (resize.halfPixelCenters()) {
                    yield Version.of(3, 2, 2);
                }
                yield int8 ? Version.of(2, 1, 14) : Version.of(1, 1, 7);
            }
            case Options.Softmax _ -> int8 ? Version.of(2, 1, 14) : Version.of(1, 1, 5);
            case Options.Sub _,Options.Div _,Options.L2Normalization _ -> throw noRule(operator);
            case Options.DepthToSpace _,Options.SpaceToDepth _ -> throw noRule(operator);
            case Options.L2Pool2d _,Options.LocalResponseNormalization _ -> throw noRule(operator);
            case Options.LshProjection _,Options.Lstm _,Options.Rnn _,Options.SkipGram _ -> throw noRule(operator);
            case Options.Svdf _,Options.Call _,Options.CallOnce _,Options.Custom _ -> throw noRule(operator);
            case Options.EmbeddingLookupSparse _,Options.UnidirectionalSequenceRnn _ -> throw noRule(operator);
            case Options.Gather _,Options.Reduce _,Options.Squeeze _ -> throw noRule(operator);
            case Options.UnidirectionalSequenceLstm _,Options.StridedSlice _ -> throw noRule(operator);
            case Options.BidirectionalSequenceRnn _,Options.BidirectionalSequenceLstm _ -> throw noRule(operator);
            case Options.Split _,Options.SplitV _,Options.ArgExtreme _ -> throw noRule(operator);
            case Options.TransposeConv _,Options.SparseToDense _,Options.ShapeOf _ -> throw noRule(operator);
            case Options.FakeQuant _,Options.Pack _,Options.OneHot _,Options.Unpack _ -> throw noRule(operator);
            case Options.MirrorPad _,Options.Unique _ -> throw noRule(operator);
            case Options.ReverseSequence _,Options.ResizeNearestNeighbor _,Options.If _ -> throw noRule(operator);
            case Options.While _,Options.BatchMatMul _,Options.Cumsum _,Options.Hashtable _ -> throw noRule(operator);
            case Options.VarHandle _,Options.Conv3d _,Options.Gelu _,Options.Random _ -> throw noRule(operator);
            case Options.Bucketize _,Options.StablehloComposite _,Options.StablehloCase _ -> throw noRule(operator);
            case Options.StablehloGather _,Options.StablehloScatter _ -> throw noRule(operator);
            case Options.StablehloReduceWindow _,Options.ReduceWindow _ -> throw noRule(operator);
            case Options.StablehloRngBitGenerator _,Options.StablehloPad _ -> throw noRule(operator);
            case Options.Unsupported _,Options.Plain _ -> throw noRule(operator);
        };
    }

    private static IllegalArgumentException noRule(Operator operator) {
        return new IllegalArgumentException(
                operator.code() + " has no rule for its version, so the model cannot be given versions");
    }

    private static Version conv2d(boolean int8, @Nullable QuantizationParameters hybridFilter) {
        if (hybridFilter != null) {
            return hybridFilter.isPerChannel() ? Version.of(5, 2, 4) : Version.of(2, 1, 14);
        }
        return int8 ? Version.of(3, 1, 14) : Version.of(1, 1, 5);
    }

    private static Version depthwise(Options.DepthwiseConv2d conv, boolean int8,
            @Nullable QuantizationParameters hybridFilter) {
        if (hybridFilter != null) {
            return hybridFilter.isPerChannel() ? Version.of(6, 2, 3) : Version.of(4, 2, 2);
        }
        if (int8) {
            return Version.of(3, 1, 14);
        }
        return conv.dilationHeight() != 1 || conv.dilationWidth() != 1 ? Version.of(2, 1, 12) : Version.of(1, 1, 5);
    }

    private static Version fullyConnected(Options.FullyConnected dense, Operator operator, boolean int8,
            @Nullable QuantizationParameters hybridFilter) {
        if (hybridFilter != null && hybridFilter.isPerChannel()) {
            return Version.of(12, 2, 17);
        }
        if (operator.inputs().size() == 2) {
            return Version.of(6, 2, 1);
        }
        if (dense.keepNumDims()) {
            return Version.of(5, 2, 0);
        }
        if (int8) {
            return Version.of(4, 1, 14);
        }
        if (hybridFilter != null) {
            return dense.asymmetricQuantizeInputs() ? Version.of(9, 2, 3) : Version.of(3, 1, 14);
        }
        return Version.of(1, 1, 5);
    }

    /// From version 3 on, the output scale may be smaller than the product of the input scales.
    private static Version mul(Subgraph subgraph, Operator operator, boolean int8) {
        QuantizationParameters left = subgraph.tensor(operator.inputs().get(0)).quantization();
        QuantizationParameters right = subgraph.tensor(operator.inputs().get(1)).quantization();
        QuantizationParameters output = subgraph.tensor(operator.outputs().getFirst()).quantization();
        if (left != null && right != null && output != null
                && left.scale(0) * right.scale(0) / output.scale(0) >= 1) {
            return Version.of(3, 1, 15);
        }
        return int8 ? Version.of(2, 1, 14) : Version.of(1, 1, 5);
    }

    /// Whether int8 activations meet int4 weights.
    private static boolean isInt4(Subgraph subgraph, Operator operator) {
        return subgraph.tensor(operator.inputs().get(1)).type() == ElementType.INT4;
    }

    /// The parameters of int8 weights that a float input meets; null where the operator is not hybrid.
    private static @Nullable QuantizationParameters hybridFilter(Subgraph subgraph, Operator operator) {
        Tensor filter = subgraph.tensor(operator.inputs().get(1));
        boolean isHybrid = subgraph.tensor(operator.inputs().getFirst()).type() == ElementType.FLOAT32
                && filter.type() == ElementType.INT8;
        return isHybrid ? filter.quantization() : null;
    }
}
