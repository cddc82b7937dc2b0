package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// The checks that many kernels make in `prepare`, each with one wording.
final class TensorChecks {

    private TensorChecks() {}

    /// @throws MalformedModelException when the operator has another number of inputs, or not one output
    static void counts(Preparation p, int leastInputs, int mostInputs) {
        counts(p, leastInputs, mostInputs, 1);
    }

    /// As [#counts(Preparation, int, int)], with another number of outputs.
    static void counts(Preparation p, int leastInputs, int mostInputs, int outputs) {
        if (p.inputCount() < leastInputs || p.inputCount() > mostInputs) {
            throw p.malformed(p.inputCount() + " inputs, must have " + leastInputs
                    + (mostInputs == leastInputs ? "" : " to " + mostInputs));
        }
        for (int i = 0; i < leastInputs; i++) {
            present(p, i);
        }
        if (p.outputCount() != outputs) {
            throw p.malformed(p.outputCount() + " outputs, must have " + outputs);
        }
    }

    /// @throws MalformedModelException when an input is absent
    static void present(Preparation p, int input) {
        if (!p.hasInput(input)) {
            throw p.malformed("input " + input + " is absent, must be there");
        }
    }

    /// Refuses a computed shape of more dimensions than files may give a tensor.
    static void supportedRank(Preparation p, String role, int rank) {
        if (rank > Shape.MAX_RANK) {
            throw p.unsupported(role + " has " + rank + " dimensions, supported are up to " + Shape.MAX_RANK);
        }
    }

    /// A shape that a tensor holds.
    ///
    /// @throws MalformedModelException when a dimension is negative
    static Shape shape(Preparation p, String role, int[] dimensions) {
        supportedRank(p, role, dimensions.length);
        for (int dimension : dimensions) {
            if (dimension < 0) {
                throw p.malformed(role + " is " + Arrays.toString(dimensions) + ", dimensions must be 0 or more");
            }
        }
        return Shape.of(dimensions);
    }

    static void elementCount(Preparation p, String role, Tensor tensor, int count) {
        if (tensor.shape().elementCount() != count) {
            throw p.malformed(role + " has shape " + tensor.shape() + ", must have " + count
                    + (count == 1 ? " element" : " elements"));
        }
    }

    static void sameShape(Preparation p, String role, Tensor tensor, Shape shape) {
        if (!tensor.shape().equals(shape)) {
            throw p.malformed(role + " has shape " + tensor.shape() + ", must have " + shape);
        }
    }

    /// Refuses indices and sizes of a type other than INT32 and INT64.
    static void isInteger(Preparation p, String role, Tensor tensor) {
        if (tensor.type() != ElementType.INT32 && tensor.type() != ElementType.INT64) {
            throw p.unsupported(role + " is " + tensor.type() + ", supported are INT32 and INT64");
        }
    }

    /// Refuses a tensor whose numbers mean something else than those of the one that they are copied from or to.
    static void sameQuantization(Preparation p, String role, Tensor tensor, String otherRole, Tensor other) {
        if (!Objects.equals(tensor.quantization(), other.quantization())) {
            throw p.unsupported(role + " is quantized otherwise than " + otherRole + ", must be alike");
        }
    }

    /// The output's shape of an operator that goes along the last dimension of its one input: the input's.
    ///
    /// @throws MalformedModelException when the input is a scalar
    static List<Shape> alongLastDimension(Preparation p) {
        counts(p, 1, 1);
        Shape shape = p.inputTensor(0).shape();
        if (shape.rank() == 0) {
            throw p.malformed("input is a scalar, must have a dimension to go along");
        }
        return List.of(shape);
    }

    static void rank(Preparation p, String role, Tensor tensor, int rank) {
        if (tensor.shape().rank() != rank) {
            throw p.malformed(role + " has shape " + tensor.shape() + ", must have " + rank + " dimensions");
        }
    }

    static void sameType(Preparation p, String role, Tensor tensor, ElementType type) {
        if (tensor.type() != type) {
            throw p.unsupported(role + " is " + tensor.type() + ", must be " + type + " here");
        }
    }

    /// The length of a scratch or packed array of so many elements.
    ///
    /// @throws UnsupportedModelException when it passes what one array can hold
    static int scratchLength(Preparation p, long... factors) {
        long length = product(factors);
        // A few less than fit, for what vectors touch past the end.
        if (length > Integer.MAX_VALUE - 64) {
            throw p.unsupported("needs " + length + " elements of scratch at once, must be below 2^31");
        }
        return (int) length;
    }

    /// Says how often a run multiplies.
    static void requireWork(Preparation p, long... factors) {
        p.requireWork(product(factors));
    }

    /// The product of numbers from 0 up, stopping at the largest long.
    private static long product(long... factors) {
        long product = 1;
        for (long factor : factors) {
            product = Math.multiplyHigh(product, factor) != 0 || product * factor < 0
                    ? Long.MAX_VALUE
                    : product * factor;
        }
        return product;
    }

    static boolean isEightBit(ElementType type) {
        return type == ElementType.INT8 || type == ElementType.UINT8;
    }

    /// Smallest code of an integer type that carries quantized numbers.
    static int minimumCode(ElementType type) {
        return switch (type) {
            case INT2 -> -2;
            case INT4 -> -8;
            case INT8 -> Byte.MIN_VALUE;
            case UINT4, UINT8, UINT16 -> 0;
            case INT16 -> Short.MIN_VALUE;
            case INT32 -> Integer.MIN_VALUE;
            case FLOAT32, FLOAT16, INT64, STRING, BOOL, COMPLEX64, FLOAT64, COMPLEX128, UINT64, RESOURCE, VARIANT,
                    UINT32, BFLOAT16 -> throw new IllegalArgumentException(type + " carries no codes");
        };
    }

    /// Largest code of an integer type that carries quantized numbers.
    static int maximumCode(ElementType type) {
        int least = minimumCode(type);
        return least == 0 ? (1 << type.bits()) - 1 : -1 - least;
    }

    /// The parameters of a tensor that must be quantized, its zero points within the codes of its type.
    static QuantizationParameters quantized(Preparation p, String role, Tensor tensor) {
        QuantizationParameters parameters = tensor.quantization();
        if (parameters == null) {
            throw p.malformed(role + " is " + tensor.type() + " without a scale, must be quantized");
        }
        for (int channel = 0; channel < parameters.zeroPoint().size(); channel++) {
            int zeroPoint = parameters.zeroPoint(channel);
            if (zeroPoint < minimumCode(tensor.type()) || zeroPoint > maximumCode(tensor.type())) {
                throw p.malformed(role + " zero point[" + channel + "] is " + zeroPoint + ", must be within "
                        + minimumCode(tensor.type()) + " to " + maximumCode(tensor.type()));
            }
        }
        return parameters;
    }

    /// As [#quantized], with one scale for the whole tensor.
    static QuantizationParameters quantizedPerTensor(Preparation p, String role, Tensor tensor) {
        QuantizationParameters parameters = quantized(p, role, tensor);
        if (parameters.isPerChannel() || parameters.isBlockwise()) {
            throw p.unsupported(role + " has " + parameters.scale().size() + " scales, must have one");
        }
        return parameters;
    }

    /// As [#quantized], with one scale, or one for each of `channels` along `dimension`.
    static QuantizationParameters quantizedPerChannel(Preparation p, String role, Tensor tensor, int dimension,
            int channels) {
        QuantizationParameters parameters = quantized(p, role, tensor);
        if (!parameters.isPerChannel()) {
            return parameters;
        }
        if (parameters.scale().size() != channels) {
            throw p.malformed(role + " has " + parameters.scale().size() + " scales, must have 1 or " + channels);
        }
        if (parameters.quantizedDimension() != dimension) {
            throw p.unsupported(role + " is quantized along dimension " + parameters.quantizedDimension() + ", must be "
                    + dimension);
        }
        for (int channel = 0; channel < channels; channel++) {
            if (parameters.zeroPoint(channel) != 0) {
                throw p.unsupported(role + " zero point[" + channel + "] is " + parameters.zeroPoint(channel)
                        + ", must be 0 where scales are per channel");
            }
        }
        return parameters;
    }
}
