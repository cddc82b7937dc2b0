package dev.whittle.quantizer.microscope;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The constants of a model that stand for real numbers, a DEQUANTIZE in front of them taken off.
final class Constants {
    private final Model model;
    /// The constant behind the output of a DEQUANTIZE.
    private final Map<Integer, Integer> widened = new HashMap<>();

    Constants(Model model) {
        this.model = model;
        for (Operator operator : model.primary().operators()) {
            if (operator.options() == Options.Plain.DEQUANTIZE
                    && model.primary().tensor(operator.inputs().getFirst()).isConstant()) {
                widened.put(operator.outputs().getFirst(), operator.inputs().getFirst());
            }
        }
    }

    /// Whether the operator does nothing but widen a constant.
    boolean isWidening(Operator operator) {
        return operator.options() == Options.Plain.DEQUANTIZE && widened.containsKey(operator.outputs().getFirst());
    }

    /// The tensor with the data of a constant of real numbers, or null where the tensor is computed or holds sizes, axes and
    /// the like.
    @Nullable
    Tensor real(int index) {
        if (index == Operator.ABSENT) {
            return null;
        }
        Tensor tensor = model.primary().tensor(widened.getOrDefault(index, index));
        boolean isReal = tensor.type() == ElementType.FLOAT32 || tensor.type() == ElementType.FLOAT16
                || tensor.quantization() != null;
        return tensor.isConstant() && isReal ? tensor : null;
    }

    /// The real numbers that a constant stands for (equation 1), in the order of its elements.
    static float[] values(Tensor tensor) {
        Buffer data = tensor.buffer();
        if (data == null) {
            throw new IllegalArgumentException("tensor \"" + tensor.name() + "\" is computed, expected a constant");
        }
        return switch (tensor.type()) {
            case FLOAT32 -> data.toFloats();
            case FLOAT16 -> {
                short[] halves = data.toShorts();
                float[] values = new float[halves.length];
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(halves[i]);
                }
                yield values;
            }
            default -> scaled(tensor, codes(tensor, data));
        };
    }

    /// The codes of a quantized constant.
    static long[] codes(Tensor tensor, Buffer data) {
        int count = tensor.shape().elementCount();
        long[] codes = new long[count];
        switch (tensor.type()) {
            case INT8, INT4, INT2, UINT8, UINT4 -> {
                byte[] bytes = data.toCodes(tensor.type(), count);
                int mask = tensor.type() == ElementType.UINT8 ? 0xff : -1;
                for (int i = 0; i < count; i++) {
                    codes[i] = bytes[i] & mask;
                }
            }
            case INT16 -> {
                short[] shorts = data.toShorts();
                for (int i = 0; i < count; i++) {
                    codes[i] = shorts[i];
                }
            }
            case INT32 -> {
                int[] ints = data.toInts();
                for (int i = 0; i < count; i++) {
                    codes[i] = ints[i];
                }
            }
            case INT64 -> codes = data.toLongs();
            default -> throw new IllegalArgumentException("tensor \"" + tensor.name() + "\" is " + tensor.type()
                    + ", expected codes of real numbers");
        }
        return codes;
    }

    private static float[] scaled(Tensor tensor, long[] codes) {
        QuantizationParameters parameters = tensor.quantization();
        if (parameters == null) {
            throw new IllegalArgumentException("tensor \"" + tensor.name() + "\" has no scale, expected one");
        }
        float[] values = new float[codes.length];
        for (int i = 0; i < values.length; i++) {
            int at = parameterIndex(tensor.shape(), parameters, i);
            values[i] = (float) ((double) parameters.scale().get(at) * (codes[i] - parameters.zeroPoint().get(at)));
        }
        return values;
    }

    /// Which scale an element has.
    static int parameterIndex(Shape shape, QuantizationParameters parameters, int element) {
        if (parameters.isBlockwise()) {
            int row = shape.dimension(shape.rank() - 1);
            return element / row * Math.ceilDiv(row, parameters.blockSize()) + element % row / parameters.blockSize();
        }
        return parameters.isPerChannel() ? channel(shape, parameters.quantizedDimension(), element) : 0;
    }

    /// The index of an element along a dimension.
    static int channel(Shape shape, int dimension, int element) {
        int stride = 1;
        for (int axis = dimension + 1; axis < shape.rank(); axis++) {
            stride *= shape.dimension(axis);
        }
        return element / stride % shape.dimension(dimension);
    }
}
