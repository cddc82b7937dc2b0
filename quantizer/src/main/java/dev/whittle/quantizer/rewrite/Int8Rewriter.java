package dev.whittle.quantizer.rewrite;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.rule.Int8;
import dev.whittle.quantizer.rule.QuantizationRule;
import dev.whittle.trainer.layer.ChannelScales;
import java.util.ArrayList;
import java.util.List;

/// Makes a float model integer throughout: int8 activations and filters, INT32 biases. It serves calibration and
/// quantization-aware training alike, which differ only in where the activations' parameters come from.
///
/// Source: the 8-bit quantization specification of TensorFlow Lite.
public final class Int8Rewriter {
    /// The codes of UINT8 lie this far above those of INT8 for the same real numbers.
    private static final int UINT8_OFFSET = 128;

    private final Model model;
    private final Calibration calibration;
    private final GraphRewrite graph;
    /// Of filters: 8, or 4 for INT4.
    private final int weightBits;

    private Int8Rewriter(Model model, Calibration calibration, int weightBits) {
        this.weightBits = weightBits;
        this.model = model;
        this.calibration = calibration;
        this.graph = new GraphRewrite(model);
    }

    /// The model with int8 arithmetic.
    ///
    /// @param input element type of the model's inputs: INT8 as is, UINT8 or FLOAT32 with a QUANTIZE after them
    /// @param output element type of the model's outputs: INT8 as is, UINT8 with a QUANTIZE or FLOAT32 with a DEQUANTIZE
    ///        before them
    /// @throws UnsupportedModelException when an operator or tensor cannot be made int8
    /// @throws IllegalArgumentException when `input` or `output` is another type
    public static Model rewrite(Model model, Calibration calibration, ElementType input, ElementType output) {
        return rewrite(model, calibration, input, output, Byte.SIZE);
    }

    /// As [#rewrite(Model, Calibration, ElementType, ElementType)].
    ///
    /// @param weightBits of filters: 8 for INT8, 4 for INT4
    public static Model rewrite(Model model, Calibration calibration, ElementType input, ElementType output,
            int weightBits) {
        if (weightBits != Byte.SIZE && weightBits != ElementType.INT4.bits()) {
            throw new IllegalArgumentException("weights of " + weightBits + " bits, supported are 8 and 4");
        }
        requireEndType("input", input);
        requireEndType("output", output);
        return new Int8Rewriter(model, calibration, weightBits).rewrite(input, output);
    }

    private static void requireEndType(String end, ElementType type) {
        if (type != ElementType.INT8 && type != ElementType.UINT8 && type != ElementType.FLOAT32) {
            throw new IllegalArgumentException(end + " type " + type + ", supported are INT8, UINT8 and FLOAT32");
        }
    }

    private Model rewrite(ElementType inputType, ElementType outputType) {
        for (int input : graph.original().inputs()) {
            quantizeActivation("input", input, calibrated("input", input));
            if (inputType != ElementType.INT8) {
                int outer = graph.add(endTensor(input, inputType));
                rename(input);
                graph.operator(Options.Plain.QUANTIZE, List.of(outer), List.of(input));
                graph.replaceEnd(input, outer);
            }
        }
        List<Operator> operators = graph.original().operators();
        for (int number = 0; number < operators.size(); number++) {
            Operator operator = operators.get(number);
            quantize(operator.code() + " #" + number, operator);
        }
        for (int output : graph.original().outputs()) {
            if (outputType != ElementType.INT8) {
                int outer = graph.add(endTensor(output, outputType));
                rename(output);
                graph.operator(outputType == ElementType.FLOAT32 ? Options.Plain.DEQUANTIZE : Options.Plain.QUANTIZE,
                        List.of(output), List.of(outer));
                graph.replaceEnd(output, outer);
            }
        }
        return graph.finish();
    }

    /// What callers see of an input or output: the tensor's name, under another type.
    private Tensor endTensor(int index, ElementType type) {
        Tensor inner = graph.tensor(index);
        QuantizationParameters parameters = parameters(index);
        return new Tensor(inner.name(), type, inner.shape(), inner.shapeSignature(),
                type == ElementType.FLOAT32
                        ? null
                        : QuantizationParameters.perTensor(parameters.scale(0),
                                parameters.zeroPoint(0) + UINT8_OFFSET),
                null, false);
    }

    private void rename(int index) {
        graph.replace(index, tensor -> new Tensor(tensor.name() + "_int8", tensor.type(), tensor.shape(),
                tensor.shapeSignature(), tensor.quantization(), null, false));
    }

    private void quantize(String where, Operator operator) {
        List<Integer> inputs = new ArrayList<>(operator.inputs());
        int output = operator.outputs().getFirst();
        switch (QuantizationRule.of(operator.options())) {
            case QuantizationRule.OwnRange _ -> {
                inputs.replaceAll(input -> isOperand(input) ? constant(where, input) : input);
                quantizeActivation(where, output, calibrated(where, output));
            }
            case QuantizationRule.SameAsInput _ ->
                    quantizeActivation(where, output, parameters(inputs.getFirst()));
            case QuantizationRule.SameForAll _ -> {
                QuantizationParameters parameters = calibrated(where, output);
                inputs.replaceAll(input -> graph.tensor(input).isConstant()
                        ? constant(where, input, parameters)
                        : requantized(input, parameters));
                quantizeActivation(where, output, parameters);
            }
            case QuantizationRule.FixedOutput fixed -> quantizeActivation(where, output, fixed.parameters());
            case QuantizationRule.Weighted rule -> {
                weights(where, inputs, rule.quantizedDimension());
                quantizeActivation(where, output, calibrated(where, output));
            }
            case QuantizationRule.AlreadyQuantized _ ->
                    throw unsupported(where, "is quantized already, supported are float operators");
        }
        graph.operator(operator.options(), inputs, operator.outputs());
    }

    private void quantizeActivation(String where, int index, QuantizationParameters parameters) {
        Tensor tensor = graph.tensor(index);
        if (tensor.type() != ElementType.FLOAT32) {
            throw unsupported(where, "tensor \"" + tensor.name() + "\" is " + tensor.type() + ", expected FLOAT32");
        }
        graph.replace(index, activation -> new Tensor(activation.name(), ElementType.INT8, activation.shape(),
                activation.shapeSignature(), parameters, null, false));
    }

    private QuantizationParameters calibrated(String where, int index) {
        QuantizationParameters parameters = calibration.parameters().get(index);
        if (parameters == null) {
            throw unsupported(where, "tensor \"" + graph.tensor(index).name() + "\" has no calibrated range");
        }
        return parameters;
    }

    /// The parameters of an activation that is rewritten already.
    private QuantizationParameters parameters(int index) {
        QuantizationParameters parameters = graph.tensor(index).quantization();
        if (parameters == null) {
            throw new IllegalStateException("tensor " + index + " is used before it is quantized");
        }
        return parameters;
    }

    /// Whether a tensor is a constant to calculate with, and not axes or sizes.
    private boolean isOperand(int index) {
        Tensor tensor = graph.tensor(index);
        return tensor.isConstant() && tensor.type() != ElementType.INT32;
    }

    /// A constant operand, with a range of its own.
    private int constant(String where, int index) {
        return constant(where, index, Int8.covering(Range.of(floats(where, graph.tensor(index)))));
    }

    private int constant(String where, int index, QuantizationParameters parameters) {
        Tensor tensor = graph.tensor(index);
        float[] values = floats(where, tensor);
        return graph.add(Tensor.constant(tensor.name(), ElementType.INT8, tensor.shape(), parameters,
                Buffer.of(Int8.quantize(values, parameters))));
    }

    /// An activation with other parameters, by a QUANTIZE where it has not got them.
    private int requantized(int index, QuantizationParameters parameters) {
        if (parameters(index).equals(parameters)) {
            return index;
        }
        Tensor tensor = graph.tensor(index);
        int other = graph.add(new Tensor(tensor.name() + "_rescaled", ElementType.INT8, tensor.shape(),
                tensor.shapeSignature(), parameters, null, false));
        graph.operator(Options.Plain.QUANTIZE, List.of(index), List.of(other));
        return other;
    }

    /// Replaces filter and bias in `inputs` by integer ones.
    private void weights(String where, List<Integer> inputs, int dimension) {
        float inputScale = parameters(inputs.getFirst()).scale(0);
        Tensor filter = graph.tensor(inputs.get(1));
        float[] weights = floats(where, filter);
        boolean hasBias = inputs.size() > 2 && inputs.get(2) != Operator.ABSENT;
        float[] bias = hasBias
                ? floats(where, graph.tensor(inputs.get(2)))
                : new float[filter.shape().dimension(dimension)];
        int largestCode = ChannelScales.largestCode(weightBits);
        QuantizationParameters parameters = Int8.symmetricPerChannel(weights, filter.shape(), dimension, bias,
                inputScale, largestCode);
        byte[] codes = Int8.quantizeWeights(weights, filter.shape(), parameters, largestCode);
        boolean isPacked = weightBits < Byte.SIZE;
        inputs.set(1, graph.add(Tensor.constant(filter.name(), isPacked ? ElementType.INT4 : ElementType.INT8,
                filter.shape(), parameters,
                isPacked ? Buffer.ofCodes(ElementType.INT4, codes) : Buffer.of(codes))));
        if (hasBias) {
            Tensor tensor = graph.tensor(inputs.get(2));
            QuantizationParameters biasParameters = Int8.biasParameters(inputScale, parameters);
            inputs.set(2, graph.add(Tensor.constant(tensor.name(), ElementType.INT32, tensor.shape(), biasParameters,
                    Buffer.ofInts(Int8.quantizeBias(bias, biasParameters)))));
        }
    }

    private float[] floats(String where, Tensor tensor) {
        Buffer data = tensor.buffer();
        if (data == null || tensor.type() != ElementType.FLOAT32) {
            throw unsupported(where,
                    "tensor \"" + tensor.name() + "\" is " + (data == null ? "computed" : tensor.type())
                            + ", expected a FLOAT32 constant");
        }
        float[] values = data.toFloats();
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw unsupported(where, "tensor \"" + tensor.name() + "\" holds " + value + ", must be finite");
            }
        }
        return values;
    }

    private UnsupportedModelException unsupported(String where, String foundAndExpected) {
        return new UnsupportedModelException("[" + model.source() + "] " + where + ": " + foundAndExpected);
    }
}
