package dev.whittle.quantizer.rewrite;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.rule.Int8;
import dev.whittle.quantizer.rule.QuantizationRule;
import java.util.ArrayList;
import java.util.List;

/// Quarters a float model's file without any data: filters become int8, activations stay float, and the kernels quantize
/// their float input anew at each invocation (equation 10 of `docs/QUANTIZATION.md`).
///
/// Convolution filters get a scale for each output channel, fully-connected ones a single scale, as TensorFlow's
/// converter does. Filters below 1,024 elements stay float: there is little to win, and the first layer, which has few,
/// loses most.
public final class DynamicRangeRewriter {
    /// Filters with fewer elements stay float.
    public static final int MINIMUM_ELEMENTS = 1024;

    private DynamicRangeRewriter() {}

    /// The model with int8 filters.
    public static Model rewrite(Model model) {
        GraphRewrite graph = new GraphRewrite(model);
        for (Operator operator : graph.original().operators()) {
            Options options = operator.options();
            List<Integer> inputs = new ArrayList<>(operator.inputs());
            if (QuantizationRule.of(options) instanceof QuantizationRule.Weighted rule) {
                Tensor filter = graph.tensor(inputs.get(1));
                Buffer data = filter.buffer();
                if (data != null && filter.type() == ElementType.FLOAT32
                        && filter.shape().elementCount() >= MINIMUM_ELEMENTS) {
                    options = hybrid(options);
                    inputs.set(1, graph.add(quantize(filter, data.toFloats(), options, rule)));
                }
            }
            graph.operator(options, inputs, operator.outputs());
        }
        return graph.finish();
    }

    /// FULLY_CONNECTED says for itself that its input is quantized with a zero point; convolutions with a scale per
    /// channel always do so.
    private static Options hybrid(Options options) {
        return options instanceof Options.FullyConnected dense
                ? new Options.FullyConnected(dense.activation(), dense.keepNumDims(), true)
                : options;
    }

    private static Tensor quantize(Tensor filter, float[] weights, Options options, QuantizationRule.Weighted rule) {
        QuantizationParameters parameters = options instanceof Options.FullyConnected
                ? Int8.symmetric(weights)
                : Int8.symmetricPerChannel(weights, filter.shape(), rule.quantizedDimension());
        return Tensor.constant(filter.name(), ElementType.INT8, filter.shape(), parameters,
                Buffer.of(Int8.quantizeWeights(weights, filter.shape(), parameters)));
    }
}
