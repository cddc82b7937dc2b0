package dev.whittle.quantizer.microscope.device;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// What the Edge TPU runs of a model.
///
/// The rules are those of Coral's page "TensorFlow models on the Edge TPU": its table of supported operations with their
/// known limitations, its model requirements (8-bit tensors of a fixed size, constant parameters, at most the three
/// innermost dimensions larger than 1), and that the compiler partitions a graph once: from the first unsupported operator
/// on, everything runs on the CPU. That is read as everything that depends on it. An operator on the CPU before the first
/// that is mapped, such as the QUANTIZE of a float input, ends nothing. An unknown dimension counts as 1, as the compiler
/// reads it from the tensor's shape.
///
/// What each rule was checked against:
///
/// - ADD to RESIZE_BILINEAR in the order of the page, which is alphabetical: the table as Axis repeats it for the Edge TPU
///   in its cameras, <https://developer.axis.com/computer-vision/on-device/system-on-chip/artpec-7/supported-ops/>, and its
///   page of optimization tips beside that for the requirements;
/// - RESIZE_NEAREST_NEIGHBOR, SLICE, SOFTMAX, SPACE_TO_DEPTH, SPLIT, SQUEEZE, STRIDED_SLICE, SUB, TANH: the page's table of
///   2019, repeated in `Edge_TPU/convert_model_for_Edge_TPU.md` of github.com/dgist-datalab/Datalab_Intern, commit 6b78cf3;
/// - TRANSPOSE: issue 193 of github.com/google-coral/edgetpu (2021-08-03; from compiler 16 on, the last one);
///   TRANSPOSE_CONV: issues 684 and 686 (2022); LEAKY_RELU and HARD_SWISH, which are not mapped: issue 272;
/// - RSQRT, SQUARED_DIFFERENCE and SUM could not be checked, and a report says so.
///
/// The compiler itself is closed and may refuse more, which it calls an unspecified limitation; where the page itself
/// leaves that open, the reason says so.
public final class EdgeTpu {
    /// Where the rules come from.
    public static final String SOURCE = "https://coral.ai/docs/edgetpu/models-intro/";

    private static final int INNER_DIMENSIONS = 3;
    private static final int SOFTMAX_ELEMENTS = 16_000;
    private static final int DEPTH_MULTIPLE = 4;
    private static final String TAKEN = "";
    private static final String UNCONFIRMED = "is said to be mapped, which is not confirmed by the published table";
    private static final String SIZE_DEPENDS = "mapped, unless the compiler finds it too large or too imprecise";

    private final Subgraph graph;

    private EdgeTpu(Subgraph graph) {
        this.graph = graph;
    }

    /// The mapping of the model's first subgraph.
    public static Mapping map(Model model) {
        return new EdgeTpu(model.primary()).map();
    }

    private Mapping map() {
        List<Placement> placements = new ArrayList<>();
        Set<Integer> mapped = new HashSet<>();
        Set<Integer> afterCpu = new HashSet<>();
        for (int index = 0; index < graph.operators().size(); index++) {
            Operator operator = graph.operators().get(index);
            Verdict verdict = verdict(operator);
            boolean isLate = operator.inputs().stream().anyMatch(afterCpu::contains);
            boolean isMapped = verdict.isTaken && !isLate;
            if (isMapped) {
                mapped.addAll(operator.outputs());
            } else if (isLate || operator.inputs().stream().anyMatch(mapped::contains)) {
                afterCpu.addAll(operator.outputs());
            }
            String reason = verdict.isTaken && isLate
                    ? "is supported, but comes after an operator on the CPU, and only the first partition is mapped"
                    : verdict.reason;
            placements.add(new Placement(index, Mapping.kind(operator), Mapping.name(graph, operator), isMapped,
                    reason));
        }
        return new Mapping("Edge TPU", SOURCE, placements);
    }

    /// @param reason why not, or a condition
    private record Verdict(boolean isTaken, String reason) {
        static Verdict taken() {
            return new Verdict(true, TAKEN);
        }

        static Verdict perhaps(String condition) {
            return new Verdict(true, condition);
        }

        static Verdict not(String reason) {
            return new Verdict(false, reason);
        }

        static Verdict unless(boolean isBroken, String reason) {
            return isBroken ? not(reason) : taken();
        }
    }

    private Verdict verdict(Operator operator) {
        Verdict rule = rule(operator);
        return rule.isTaken ? requirements(operator, rule) : rule;
    }

    /// The requirements that hold for every operator.
    private Verdict requirements(Operator operator, Verdict rule) {
        List<Integer> tensors = new ArrayList<>(operator.inputs());
        tensors.addAll(operator.outputs());
        for (int index : tensors) {
            if (index == Operator.ABSENT) {
                continue;
            }
            Tensor tensor = graph.tensor(index);
            boolean isSizes = tensor.isConstant() && tensor.type() == ElementType.INT32;
            if (!isSizes && (tensor.quantization() == null
                    || tensor.type() != ElementType.INT8 && tensor.type() != ElementType.UINT8)) {
                return Verdict.not("works on " + tensor.type()
                        + (tensor.quantization() == null ? " that is not quantized" : "")
                        + ", expected INT8 or UINT8 with a scale");
            }
            int[] dimensions = tensor.shape().toArray();
            boolean isActivation = !tensor.isConstant();
            for (int axis = 0; isActivation && axis < dimensions.length - INNER_DIMENSIONS; axis++) {
                if (dimensions[axis] > 1) {
                    return Verdict.not("works on the shape " + tensor.shape()
                            + ", expected 1 in all but the three innermost dimensions");
                }
            }
        }
        return rule;
    }

    /// The table of supported operations.
    private Verdict rule(Operator operator) {
        return switch (operator.options()) {
            case Options.Add(Activation _, boolean _) -> Verdict.taken();
            case Options.Sub _,Options.Mul _ -> Verdict.taken();
            case Options.AveragePool2d(Options.Pool2d pool) -> pool(pool);
            case Options.MaxPool2d(Options.Pool2d pool) -> pool(pool);
            case Options.Concatenation(int _, Activation activation) -> concatenation(operator, activation);
            case Options.Conv2d conv -> weighted(operator, conv.dilationHeight(), conv.dilationWidth());
            case Options.DepthwiseConv2d conv -> weighted(operator, conv.dilationHeight(), conv.dilationWidth());
            case Options.FullyConnected _ -> fullyConnected(operator);
            case Options.L2Normalization _,Options.SpaceToDepth _ -> Verdict.taken();
            case Options.Reduce(OperatorCode code, boolean _) -> reduce(operator, code);
            case Options.Pack(int _, int axis) -> Verdict.unless(isBatch(axis, output(operator).rank()),
                    "packs in the batch dimension");
            case Options.Reshape _ -> Verdict.perhaps("mapped, unless its tensors are too large");
            case Options.ResizeBilinear _,Options.ResizeNearestNeighbor _ -> Verdict.perhaps(SIZE_DEPENDS);
            case Options.Softmax _ -> softmax(operator);
            case Options.Split _ -> Verdict.taken();
            case Options.Squeeze _ -> squeeze(operator);
            case Options.StridedSlice slice -> stridedSlice(operator, slice);
            case Options.TransposeConv _ -> Verdict.taken();
            case Options.UnidirectionalSequenceLstm _ -> Verdict.taken();
            case Options.Plain plain -> plain(operator, plain);
            case Options.LeakyRelu _ -> Verdict.not("is not in the table of supported operations; RELU is");
            case Options.Div _,Options.DepthToSpace _,Options.L2Pool2d _,Options.LocalResponseNormalization _ ->
                    notListed();
            case Options.LshProjection _,Options.Lstm _,Options.Rnn _,Options.SkipGram _,Options.Svdf _ -> notListed();
            case Options.Call _,Options.CallOnce _,Options.Custom _,Options.EmbeddingLookupSparse _ -> notListed();
            case Options.UnidirectionalSequenceRnn _,Options.Gather _,Options.BidirectionalSequenceRnn _ -> notListed();
            case Options.BidirectionalSequenceLstm _,Options.SplitV _,Options.ArgExtreme _ -> notListed();
            case Options.SparseToDense _,Options.ShapeOf _,Options.FakeQuant _,Options.OneHot _ -> notListed();
            case Options.Unpack _,Options.MirrorPad _,Options.Unique _,Options.ReverseSequence _ -> notListed();
            case Options.If _,Options.While _,Options.BatchMatMul _,Options.Cumsum _,Options.Hashtable _ -> notListed();
            case Options.VarHandle _,Options.Conv3d _,Options.Gelu _,Options.Random _,Options.Bucketize _ ->
                    notListed();
            case Options.StablehloComposite _,Options.StablehloCase _,Options.StablehloGather _ -> notListed();
            case Options.StablehloScatter _,Options.StablehloReduceWindow _,Options.ReduceWindow _ -> notListed();
            case Options.StablehloRngBitGenerator _,Options.StablehloPad _,Options.Unsupported _ -> notListed();
        };
    }

    private Verdict plain(Operator operator, Options.Plain plain) {
        return switch (plain.code()) {
            case EXPAND_DIMS, LOGISTIC, MAXIMUM, MINIMUM, QUANTIZE, RELU, RELU6, RELU_N1_TO_1, SLICE, TANH, TRANSPOSE ->
                    Verdict.taken();
            case RSQRT, SQUARED_DIFFERENCE -> Verdict.perhaps(UNCONFIRMED);
            case PAD -> pad(operator);
            case PRELU -> prelu(operator);
            default -> notListed();
        };
    }

    private static Verdict notListed() {
        return Verdict.not("is not in the table of supported operations");
    }

    private static Verdict pool(Options.Pool2d pool) {
        return Verdict.unless(pool.activation() != Activation.NONE,
                "has a fused " + pool.activation() + ", expected none");
    }

    private Verdict concatenation(Operator operator, Activation activation) {
        if (activation != Activation.NONE) {
            return Verdict.not("has a fused " + activation + ", expected none");
        }
        List<Tensor> constants = operator.inputs().stream().map(graph::tensor).filter(Tensor::isConstant).toList();
        return Verdict.unless(
                !constants.isEmpty() && (operator.inputs().size() != 2 || !constants.stream().allMatch(this::isZero)),
                "has a constant input, which must be all zeros and one of two inputs");
    }

    private boolean isZero(Tensor tensor) {
        Buffer data = tensor.buffer();
        if (data == null || tensor.type().bits() != Byte.SIZE) {
            return false;
        }
        int zero = tensor.quantization() == null ? 0 : tensor.quantization().zeroPoint(0);
        byte[] codes = data.toBytes();
        return IntStream.range(0, codes.length).allMatch(i -> codes[i] == (byte) zero);
    }

    private Verdict weighted(Operator operator, int dilationHeight, int dilationWidth) {
        if (dilationHeight != dilationWidth) {
            return Verdict.not("has dilations " + dilationHeight + " and " + dilationWidth + ", expected equal ones");
        }
        return constantParameters(operator);
    }

    private Verdict constantParameters(Operator operator) {
        return Verdict.unless(
                operator.inputs().stream().skip(1).filter(index -> index != Operator.ABSENT)
                        .anyMatch(index -> !graph.tensor(index).isConstant()),
                "has weights or a bias that are computed, expected constants");
    }

    private Verdict fullyConnected(Operator operator) {
        return isOneDimensional(output(operator))
                ? constantParameters(operator)
                : Verdict.not("has an output of " + output(operator) + ", expected one dimension");
    }

    private Verdict softmax(Operator operator) {
        Shape shape = output(operator);
        return Verdict.unless(!isOneDimensional(shape) || shape.elementCount() > SOFTMAX_ELEMENTS,
                "works on " + shape + ", expected one dimension of at most 16,000 elements");
    }

    private static boolean isOneDimensional(Shape shape) {
        return IntStream.range(0, shape.rank() - 1).allMatch(axis -> shape.dimension(axis) == 1);
    }

    private Verdict reduce(Operator operator, OperatorCode code) {
        if (code != OperatorCode.MEAN && code != OperatorCode.SUM && code != OperatorCode.REDUCE_MAX
                && code != OperatorCode.REDUCE_MIN) {
            return notListed();
        }
        Shape input = graph.tensor(operator.inputs().getFirst()).shape();
        for (int axis : constant(operator, 1)) {
            if (isBatch(axis, input.rank())) {
                return Verdict.not("reduces the batch dimension");
            }
            boolean isDepth = Math.floorMod(axis, input.rank()) == input.rank() - 1;
            if (code == OperatorCode.MEAN && isDepth && input.dimension(input.rank() - 1) % DEPTH_MULTIPLE != 0) {
                return Verdict.not("averages " + input.dimension(input.rank() - 1)
                        + " channels, expected a multiple of 4");
            }
        }
        return code == OperatorCode.SUM ? Verdict.perhaps(UNCONFIRMED) : Verdict.taken();
    }

    /// Without a relayout: the dimensions taken away lead, or only ones stand before them.
    private Verdict squeeze(Operator operator) {
        int[] before = graph.tensor(operator.inputs().getFirst()).shape().toArray();
        int[] after = output(operator).toArray();
        int last = before.length - 1;
        int matching = after.length - 1;
        while (last >= 0 && matching >= 0 && before[last] == after[matching]) {
            last--;
            matching--;
        }
        return Verdict.unless(IntStream.rangeClosed(0, last).anyMatch(axis -> before[axis] != 1),
                "takes away a dimension that larger ones stand before");
    }

    private Verdict stridedSlice(Operator operator, Options.StridedSlice slice) {
        return Verdict.unless(
                slice.ellipsisMask() != 0 || slice.newAxisMask() != 0
                        || Arrays.stream(constant(operator, 3)).anyMatch(stride -> stride != 1),
                "has a stride other than 1, an ellipsis or a new axis");
    }

    private Verdict pad(Operator operator) {
        int[] paddings = constant(operator, 1);
        Shape input = graph.tensor(operator.inputs().getFirst()).shape();
        return Verdict.unless(input.rank() > INNER_DIMENSIONS && paddings.length > 1
                && (paddings[0] != 0 || paddings[1] != 0), "pads the batch dimension");
    }

    private Verdict prelu(Operator operator) {
        return Verdict.unless(!isOneDimensional(graph.tensor(operator.inputs().get(1)).shape()),
                "has slopes for each pixel, expected one for each channel");
    }

    private Shape output(Operator operator) {
        return graph.tensor(operator.outputs().getFirst()).shape();
    }

    /// The INT32 elements of a constant input; none where it is missing or computed.
    private int[] constant(Operator operator, int input) {
        if (input >= operator.inputs().size() || operator.inputs().get(input) == Operator.ABSENT) {
            return new int[0];
        }
        Tensor tensor = graph.tensor(operator.inputs().get(input));
        Buffer data = tensor.buffer();
        return data == null || tensor.type() != ElementType.INT32 ? new int[0] : data.toInts();
    }

    /// Images and their features have four dimensions, the first of which counts images.
    private static boolean isBatch(int axis, int rank) {
        return rank > INNER_DIMENSIONS && Math.floorMod(axis, rank) == 0;
    }
}
