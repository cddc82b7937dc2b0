package dev.whittle.quantizer.rule;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Optional;

/// Constant tensors as codes and as the real numbers that they stand for (equation 1).
public final class ConstantValues {
    private ConstantValues() {}

    /// The real numbers of a constant: floats as they are, codes by `scale · (code − zeroPoint)`. Empty where the tensor
    /// is no constant, or its numbers are sizes, indices or of another kind.
    public static Optional<float[]> reals(Tensor tensor) {
        Buffer data = tensor.buffer();
        if (data == null) {
            return Optional.empty();
        }
        return switch (tensor.type()) {
            case FLOAT32 -> Optional.of(data.toFloats());
            case FLOAT16 -> Optional.of(halves(data.toShorts()));
            default -> codes(tensor).map(codes -> dequantized(tensor, codes));
        };
    }

    /// The real numbers of a constant that is known to hold some.
    ///
    /// @throws IllegalArgumentException naming the tensor when it is computed or holds sizes, indices or the like
    public static float[] values(Tensor tensor) {
        return reals(tensor).orElseThrow(() -> new IllegalArgumentException("tensor \"" + tensor.name() + "\" is "
                + (tensor.isConstant() ? tensor.type() : "computed") + ", expected a constant of real numbers"));
    }

    /// The codes of a constant that is known to be quantized.
    ///
    /// @throws IllegalArgumentException naming the tensor when it is computed or has no scale
    public static long[] codesOf(Tensor tensor) {
        return codes(tensor).orElseThrow(() -> new IllegalArgumentException("tensor \"" + tensor.name() + "\" is "
                + (tensor.isConstant() ? tensor.type() : "computed") + ", expected a constant with a scale"));
    }

    /// The codes of a quantized constant; empty for any other tensor.
    public static Optional<long[]> codes(Tensor tensor) {
        Buffer data = tensor.buffer();
        if (data == null || tensor.quantization() == null) {
            return Optional.empty();
        }
        int count = tensor.shape().elementCount();
        return switch (tensor.type()) {
            case INT8, INT4, INT2, UINT8, UINT4 -> {
                byte[] bytes = data.toCodes(tensor.type(), count);
                boolean isUnsigned = tensor.type() == ElementType.UINT8;
                long[] codes = new long[count];
                for (int i = 0; i < count; i++) {
                    codes[i] = isUnsigned ? Byte.toUnsignedInt(bytes[i]) : bytes[i];
                }
                yield Optional.of(codes);
            }
            case INT16 -> {
                short[] shorts = data.toShorts();
                long[] codes = new long[count];
                for (int i = 0; i < count; i++) {
                    codes[i] = shorts[i];
                }
                yield Optional.of(codes);
            }
            case INT32 -> {
                int[] ints = data.toInts();
                long[] codes = new long[count];
                for (int i = 0; i < count; i++) {
                    codes[i] = ints[i];
                }
                yield Optional.of(codes);
            }
            case INT64 -> Optional.of(data.toLongs());
            default -> Optional.empty();
        };
    }

    /// Which of the scales an element has: that of its index along the quantized dimension, of its block, or the only one.
    public static int parameterIndex(Shape shape, QuantizationParameters parameters, int element) {
        if (parameters.isBlockwise()) {
            int row = shape.dimension(shape.rank() - 1);
            int blocks = Math.ceilDiv(row, parameters.blockSize());
            return element / row * blocks + element % row / parameters.blockSize();
        }
        return parameters.isPerChannel() ? channel(shape, parameters.quantizedDimension(), element) : 0;
    }

    /// The index along `dimension` of an element.
    public static int channel(Shape shape, int dimension, int element) {
        int below = 1;
        for (int axis = dimension + 1; axis < shape.rank(); axis++) {
            below *= shape.dimension(axis);
        }
        return element / below % shape.dimension(dimension);
    }

    private static float[] dequantized(Tensor tensor, long[] codes) {
        QuantizationParameters parameters = tensor.quantization();
        float[] values = new float[codes.length];
        for (int i = 0; parameters != null && i < codes.length; i++) {
            int index = parameterIndex(tensor.shape(), parameters, i);
            values[i] = (float) (parameters.scale().get(index)
                    * (double) (codes[i] - parameters.zeroPoint().get(index)));
        }
        return values;
    }

    private static float[] halves(short[] bits) {
        float[] values = new float[bits.length];
        for (int i = 0; i < bits.length; i++) {
            values[i] = Float.float16ToFloat(bits[i]);
        }
        return values;
    }
}
