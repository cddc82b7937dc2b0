package dev.whittle.quantizer.rewrite;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Tensor;
import java.util.List;

/// Halves a float model's file: each FLOAT32 constant becomes a FLOAT16 one, which a DEQUANTIZE widens again when the
/// model is loaded. Arithmetic stays in float32.
public final class Float16Rewriter {
    /// The largest finite FLOAT16; larger weights are cut to it.
    private static final float LARGEST = 65504;

    private Float16Rewriter() {}

    /// The model with FLOAT16 constants.
    public static Model rewrite(Model model) {
        GraphRewrite graph = new GraphRewrite(model);
        List<Tensor> tensors = graph.original().tensors();
        for (int index = 0; index < tensors.size(); index++) {
            Tensor tensor = tensors.get(index);
            Buffer data = tensor.buffer();
            if (data != null && tensor.type() == ElementType.FLOAT32) {
                int half = graph.add(Tensor.constant(tensor.name() + "_float16", ElementType.FLOAT16, tensor.shape(),
                        null, narrow(data)));
                graph.replace(index, constant -> constant.withBuffer(null));
                graph.operator(Options.Plain.DEQUANTIZE, List.of(half), List.of(index));
            }
        }
        for (Operator operator : graph.original().operators()) {
            graph.operator(operator.options(), operator.inputs(), operator.outputs());
        }
        return graph.finish();
    }

    private static Buffer narrow(Buffer data) {
        float[] values = data.toFloats();
        short[] halves = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            halves[i] = Float.floatToFloat16(Math.clamp(values[i], -LARGEST, LARGEST));
        }
        return Buffer.ofShorts(halves);
    }
}
