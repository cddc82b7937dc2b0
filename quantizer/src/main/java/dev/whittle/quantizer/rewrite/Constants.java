package dev.whittle.quantizer.rewrite;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Granularity;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Rule;
import dev.whittle.quantizer.rule.Int8;
import dev.whittle.quantizer.rule.IntegerActivations;
import dev.whittle.quantizer.rule.QuantizationRule;
import dev.whittle.quantizer.rule.WeightQuantization;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The constants of a model while it is quantized. Each method gives the index of a tensor that stands for a FLOAT32 one;
/// that one stays, since operators of several modes may share it.
final class Constants {
    /// Filters with fewer elements stay float under hybrid kernels: there is little to win, and the first layer, which has
    /// few, loses most.
    static final int MINIMUM_HYBRID_ELEMENTS = 1024;

    /// The largest finite FLOAT16; larger weights are cut to it.
    private static final float LARGEST_HALF = 65504;

    /// The largest bias of 32 bits that is stored: half of an int, which leaves the other half to the products.
    private static final float LARGEST_BIAS = 1 << 30;

    /// The largest bias of 64 bits: kernels scale sums below 2⁴⁷.
    private static final float LARGEST_WIDE_BIAS = 1L << 46;

    private final String source;
    private final GraphRewrite graph;
    private final Map<Tensor, Integer> widened = new HashMap<>();

    Constants(String source, GraphRewrite graph) {
        this.source = source;
        this.graph = graph;
    }

    /// A constant stored as FLOAT16 and widened by a DEQUANTIZE.
    int half(int index) {
        Tensor tensor = graph.tensor(index);
        float[] values = Objects.requireNonNull(tensor.buffer()).toFloats();
        short[] halves = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            halves[i] = Float.floatToFloat16(Math.clamp(values[i], -LARGEST_HALF, LARGEST_HALF));
        }
        return widened(tensor, Tensor.constant(tensor.name() + "_float16", ElementType.FLOAT16, tensor.shape(), null,
                Buffer.ofShorts(halves)));
    }

    /// A filter stored as integers and widened by a DEQUANTIZE.
    int widenedWeights(String where, int index, QuantizationRule.Weighted weighted, Options options, Rule rule) {
        Tensor tensor = graph.tensor(index);
        Tensor codes = graph.tensor(weights(where, index, weighted, options, rule));
        return widened(tensor, new Tensor(tensor.name() + "_int" + rule.weightBits(), codes.type(), codes.shape(),
                codes.shapeSignature(), codes.quantization(), codes.buffer(), false));
    }

    private int widened(Tensor wide, Tensor narrow) {
        return widened.computeIfAbsent(narrow, _ -> {
            int stored = graph.add(narrow);
            int activation = graph.add(wide.withBuffer(null));
            graph.operator(Options.Plain.DEQUANTIZE, List.of(stored), List.of(activation));
            return activation;
        });
    }

    /// A filter as integers.
    int weights(String where, int index, QuantizationRule.Weighted weighted, Options options, Rule rule) {
        Tensor filter = graph.tensor(index);
        float[] weights = floats(where, filter);
        WeightQuantization quantization = quantization(rule, options);
        QuantizationParameters parameters;
        try {
            parameters = quantization.parameters(weights, filter.shape(), weighted.quantizedDimension());
        } catch (IllegalArgumentException e) {
            throw unsupported(where, "tensor \"" + filter.name() + "\": " + e.getMessage());
        }
        if (parameters.isBlockwise()) {
            graph.keep(blockScales(filter, parameters));
        }
        return add(filter, quantization.type(), parameters,
                quantization.quantize(weights, filter.shape(), parameters));
    }

    /// The scales of blocks, as the FLOAT16 tensor that files keep them in.
    private int blockScales(Tensor filter, QuantizationParameters parameters) {
        short[] halves = new short[parameters.scale().size()];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = Float.floatToFloat16(parameters.scale().get(i));
        }
        int rows = filter.shape().dimension(0);
        return graph.add(Tensor.constant(filter.name() + "_scales", ElementType.FLOAT16,
                Shape.of(rows, halves.length / rows), null, Buffer.ofShorts(halves)));
    }

    /// Hybrid FULLY_CONNECTED kernels have one scale by custom, as TensorFlow's converter writes them.
    private static WeightQuantization quantization(Rule rule, Options options) {
        Granularity granularity = rule.granularity();
        if (granularity == null) {
            granularity = rule.mode() == Mode.DYNAMIC_RANGE && options instanceof Options.FullyConnected
                    ? new Granularity.PerTensor()
                    : new Granularity.PerChannel();
        }
        return new WeightQuantization(rule.weightBits(), granularity);
    }

    /// Replaces filter and bias in an integer operator's `inputs` by integer ones.
    ///
    /// @param inputScale the scale of the input that the filter meets
    void weightsAndBias(String where, List<Integer> inputs, float inputScale, QuantizationRule.Weighted weighted,
            Options options, Rule rule) {
        Tensor filter = graph.tensor(inputs.get(1));
        float[] weights = floats(where, filter);
        int last = weighted.bias();
        boolean hasBias = inputs.size() > last && inputs.get(last) != Operator.ABSENT;
        float[] bias = hasBias ? floats(where, graph.tensor(inputs.get(last))) : new float[0];
        if (options instanceof Options.TransposeConv && rule.weightBits() != Byte.SIZE) {
            throw unsupported(where, "weights of " + rule.weightBits() + " bits, its kernel takes 8");
        }
        QuantizationParameters parameters;
        if (rule.mode() == Mode.UINT8) {
            parameters = withZeroPoint(weights, bias, inputScale);
            inputs.set(1, add(filter, ElementType.UINT8, parameters,
                    IntegerActivations.UINT8.quantize(weights, parameters)));
        } else {
            WeightQuantization quantization = quantization(rule, options);
            parameters = quantization.parameters(weights, filter.shape(), weighted.quantizedDimension(), bias,
                    inputScale, rule.mode() == Mode.INT16X8 ? LARGEST_WIDE_BIAS : LARGEST_BIAS);
            inputs.set(1, add(filter, quantization.type(), parameters,
                    quantization.quantize(weights, filter.shape(), parameters)));
        }
        if (hasBias) {
            QuantizationParameters biasParameters = Int8.biasParameters(inputScale, parameters);
            boolean isWide = rule.mode() == Mode.INT16X8;
            inputs.set(last, add(graph.tensor(inputs.get(last)), isWide ? ElementType.INT64 : ElementType.INT32,
                    biasParameters,
                    isWide
                            ? Buffer.ofLongs(Int8.quantizeWideBias(bias, biasParameters))
                            : Buffer.ofInts(Int8.quantizeBias(bias, biasParameters))));
        }
    }

    /// UINT8 weights (equation 23): one scale and a zero point, the scale large enough that no bias overflows.
    private static QuantizationParameters withZeroPoint(float[] weights, float[] bias, float inputScale) {
        Range range = Range.of(weights);
        QuantizationParameters plain = IntegerActivations.UINT8.covering(range);
        float largestBias = bias.length == 0 ? 0 : Math.max(-Range.of(bias).minimum(), Range.of(bias).maximum());
        float least = largestBias / (inputScale * LARGEST_BIAS);
        return least <= plain.scale(0)
                ? plain
                : QuantizationParameters.perTensor(least, Math.round(Math.max(0, -range.minimum()) / least));
    }

    /// A constant operand, with a range of its own.
    int codes(String where, int index, IntegerActivations activations) {
        return codes(where, index, activations, covering(where, index, activations));
    }

    /// The parameters of a constant that has a range of its own.
    QuantizationParameters covering(String where, int index, IntegerActivations activations) {
        return activations.covering(Range.of(floats(where, graph.tensor(index))));
    }

    /// A constant operand under the given parameters.
    int codes(String where, int index, IntegerActivations activations, QuantizationParameters parameters) {
        Tensor tensor = graph.tensor(index);
        return add(tensor, activations.type(), parameters, activations.quantize(floats(where, tensor), parameters));
    }

    private int add(Tensor original, ElementType type, QuantizationParameters parameters, Buffer codes) {
        return graph.add(Tensor.constant(original.name(), type, original.shape(), parameters, codes));
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
        return new UnsupportedModelException("[" + source + "] " + where + ": " + foundAndExpected);
    }
}
