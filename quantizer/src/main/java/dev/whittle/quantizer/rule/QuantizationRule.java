package dev.whittle.quantizer.rule;

import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;

/// What an int8 kernel asks of the tensors around it. One rule for each operator, from the 8-bit quantization
/// specification of TensorFlow Lite.
public sealed interface QuantizationRule {

    /// The output has a range of its own, and so has each constant input of real numbers.
    record OwnRange() implements QuantizationRule {
    }

    /// The kernel moves or picks numbers without scaling them: all outputs have the parameters of the input with the given
    /// number. Further inputs are sizes, axes or indices and stay as they are.
    record SameAsInput(int input) implements QuantizationRule {
    }

    /// The kernel puts its inputs side by side without scaling them: the output has a range of its own, and all inputs get
    /// its parameters.
    record SameForAll() implements QuantizationRule {
    }

    /// The output's parameters follow from what the operator computes.
    record FixedOutput(QuantizationParameters parameters) implements QuantizationRule {
    }

    /// Input 1 is a filter, symmetric int8 with one scale along `quantizedDimension` per output channel (equation 5), which
    /// the numbers of `input` meet; the input behind both, where there is one, is an INT32 bias (equation 6). The output has
    /// a range of its own.
    record Weighted(int quantizedDimension, int input) implements QuantizationRule {
        /// The input that holds the filter.
        public static final int FILTER = 1;

        /// The input that holds a bias, where there is one.
        public int bias() {
            return Math.max(input, FILTER) + 1;
        }
    }

    /// The operator quantizes or dequantizes already; there is nothing to make int8.
    record AlreadyQuantized() implements QuantizationRule {
    }

    /// There is no integer kernel, or none that is used here: the operator can only stay float.
    record FloatOnly() implements QuantizationRule {
    }

    /// Probabilities: 256 steps from 0 to 255/256.
    QuantizationParameters PROBABILITY = QuantizationParameters.perTensor(1f / 256, -128);

    /// What a hyperbolic tangent gives: 256 steps from −1 to 127/128.
    QuantizationParameters TANGENT = QuantizationParameters.perTensor(1f / 128, 0);

    /// The rule of an operator whose activations are of the given type. LiteRT has no kernels of INT16 or UINT8 for some.
    static QuantizationRule of(Options options, IntegerActivations activations) {
        return activations == IntegerActivations.INT16 ? switch (options) {
            case Options.Plain.HARD_SWISH -> new FloatOnly();
            case Options.DepthToSpace _,Options.SpaceToDepth _ -> new FloatOnly();
            default -> of(options);
        } : activations == IntegerActivations.UINT8 && options instanceof Options.BatchMatMul
                ? new FloatOnly()
                : of(options);
    }

    /// The rule of an operator.
    static QuantizationRule of(Options options) {
        return switch (options) {
            case Options.Add _,Options.Sub _,Options.Mul _,Options.LeakyRelu _,Options.BatchMatMul _ -> new OwnRange();
            case Options.Plain.RELU, Options.Plain.RELU6, Options.Plain.HARD_SWISH -> new OwnRange();
            case Options.Reduce reduce when reduce.code() == OperatorCode.MEAN -> new OwnRange();
            case Options.AveragePool2d _,Options.MaxPool2d _,Options.Reshape _,Options.ResizeBilinear _ ->
                    new SameAsInput(0);
            case Options.Squeeze _,Options.StridedSlice _,Options.DepthToSpace _,Options.SpaceToDepth _ ->
                    new SameAsInput(0);
            case Options.ResizeNearestNeighbor _,Options.MirrorPad _ -> new SameAsInput(0);
            case Options.Plain.PAD, Options.Plain.TRANSPOSE, Options.Plain.SLICE, Options.Plain.EXPAND_DIMS ->
                    new SameAsInput(0);
            case Options.Reduce reduce when reduce.code() == OperatorCode.REDUCE_MAX
                    || reduce.code() == OperatorCode.REDUCE_MIN -> new SameAsInput(0);
            case Options.SplitV _,Options.Unpack _,Options.Gather _ -> new SameAsInput(0);
            case Options.Split _ -> new SameAsInput(1);
            case Options.Concatenation _,Options.Pack _ -> new SameForAll();
            case Options.Plain.MAXIMUM, Options.Plain.MINIMUM -> new SameForAll();
            case Options.Conv2d _,Options.FullyConnected _ -> new Weighted(0, 0);
            case Options.DepthwiseConv2d _ -> new Weighted(3, 0);
            case Options.TransposeConv _ -> new Weighted(0, 2);
            case Options.Plain.DEQUANTIZE, Options.Plain.QUANTIZE -> new AlreadyQuantized();
            case Options.Softmax _ -> new FixedOutput(PROBABILITY);
            case Options.Plain.LOGISTIC -> new FixedOutput(PROBABILITY);
            case Options.Plain.TANH -> new FixedOutput(TANGENT);
            case Options.Div _,Options.L2Normalization _ -> new FloatOnly();
            case Options.L2Pool2d _ -> new FloatOnly();
            case Options.LocalResponseNormalization _,Options.LshProjection _,Options.Lstm _ -> new FloatOnly();
            case Options.Rnn _,Options.SkipGram _,Options.Svdf _,Options.Call _ -> new FloatOnly();
            case Options.CallOnce _,Options.Custom _,Options.EmbeddingLookupSparse _ -> new FloatOnly();
            case Options.UnidirectionalSequenceRnn _,Options.Reduce _,Options.ArgExtreme _ -> new FloatOnly();
            case Options.UnidirectionalSequenceLstm _ -> new FloatOnly();
            case Options.BidirectionalSequenceRnn _,Options.BidirectionalSequenceLstm _ -> new FloatOnly();
            case Options.SparseToDense _,Options.ShapeOf _,Options.FakeQuant _ -> new FloatOnly();
            case Options.OneHot _ -> new FloatOnly();
            case Options.Unique _,Options.ReverseSequence _ -> new FloatOnly();
            case Options.If _,Options.While _,Options.Cumsum _ -> new FloatOnly();
            case Options.Hashtable _,Options.VarHandle _,Options.Conv3d _,Options.Gelu _ -> new FloatOnly();
            case Options.Random _,Options.Bucketize _,Options.StablehloComposite _ -> new FloatOnly();
            case Options.StablehloCase _,Options.StablehloGather _,Options.StablehloScatter _ -> new FloatOnly();
            case Options.StablehloReduceWindow _,Options.ReduceWindow _ -> new FloatOnly();
            case Options.StablehloRngBitGenerator _,Options.StablehloPad _ -> new FloatOnly();
            case Options.Unsupported _,Options.Plain _ -> new FloatOnly();
        };
    }
}
