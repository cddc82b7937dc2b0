package dev.whittle.engine.schema;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decodes the quantization of a tensor. What a file says about a tensor of floats takes no part in inference and is
/// passed over: converters leave observed ranges there.
final class QuantizationReader {
    private final FlatFile file;

    QuantizationReader(FlatFile file) {
        this.file = file;
    }

    /// One scale for the tensor or one per channel, or null where there is none of the kind.
    @Nullable
    QuantizationParameters affine(String where, ElementType type, Shape shape, @Nullable FlatTable table) {
        if (table == null || isBlockwise(table)) {
            return null;
        }
        int details = table.uint8(Slots.QuantizationParameters.DETAILS_TYPE, Slots.QuantizationDetails.NONE);
        if (details == Slots.QuantizationDetails.MULTI_AXIS) {
            throw file.unsupported(where,
                    "quantization along several axes, supported is one scale, or one per channel or block");
        }
        if (details > Slots.QuantizationDetails.MULTI_AXIS) {
            throw file.malformed(where, "quantization details " + details + ", expected 0 to 3");
        }
        float[] scale = table.float32s(Slots.QuantizationParameters.SCALE);
        long[] zeroPoint = table.int64s(Slots.QuantizationParameters.ZERO_POINT);
        if (scale.length == 0 || !isQuantizable(type) || isUnset(type, scale, zeroPoint)) {
            return null;
        }
        int dimension = table.int32(Slots.QuantizationParameters.QUANTIZED_DIMENSION, 0);
        if (scale.length > 1) {
            if (dimension < 0 || dimension >= shape.rank()) {
                throw file.malformed(where,
                        "quantized dimension " + dimension + " of a tensor of rank " + shape.rank());
            }
            if (shape.dimension(dimension) != scale.length) {
                throw file.malformed(where, scale.length + " scales along dimension " + dimension + " of shape " + shape
                        + ", expected " + shape.dimension(dimension));
            }
        }
        long[] zeroPoints = zeroPoint.length == 0 ? new long[scale.length] : zeroPoint;
        requireZeroPoints(where, type, zeroPoints);
        return parameters(where, scale, zeroPoints, scale.length > 1 ? dimension : 0);
    }

    static boolean isBlockwise(FlatTable quantization) {
        return quantization.uint8(Slots.QuantizationParameters.DETAILS_TYPE,
                Slots.QuantizationDetails.NONE) == Slots.QuantizationDetails.BLOCKWISE;
    }

    /// Scales for blocks along the last dimension, which stand in another tensor.
    ///
    /// @param tensors of the subgraph
    QuantizationParameters blockwise(String where, Tensor tensor, FlatTable quantization, List<Tensor> tensors) {
        FlatTable table = quantization.table(Slots.QuantizationParameters.DETAILS_TYPE + 1);
        if (table == null) {
            throw file.malformed(where, "blockwise quantization without its table");
        }
        int blockSize = table.int32(Slots.BlockwiseQuantization.BLOCK_SIZE, 0);
        Shape shape = tensor.shape();
        int length = shape.rank() == 0 ? 1 : shape.dimension(shape.rank() - 1);
        if (blockSize < 1 || length % blockSize != 0) {
            throw file.malformed(where, "block size " + blockSize + " of a tensor of shape " + shape
                    + ", must divide the last dimension");
        }
        if (tensor.type().bits() == 0 || tensor.type().bits() > Byte.SIZE || !isQuantizable(tensor.type())) {
            throw file.unsupported(where, "blockwise quantization of " + tensor.type()
                    + ", supported are integers of at most 8 bits");
        }
        int blocks = shape.elementCount() / blockSize;
        float[] scale = scales(where, constant(where, "scales", tensors,
                table.int32(Slots.BlockwiseQuantization.SCALES, 0)), blocks);
        int zeroPoints = table.has(Slots.BlockwiseQuantization.ZERO_POINTS)
                ? table.int32(Slots.BlockwiseQuantization.ZERO_POINTS, 0)
                : -1;
        long[] zeroPoint = zeroPoints == -1
                ? new long[blocks]
                : zeroPoints(where, constant(where, "zero points", tensors, zeroPoints), blocks);
        requireZeroPoints(where, tensor.type(), zeroPoint);
        return parameters(where, scale, zeroPoint, 0).withBlockSize(blockSize);
    }

    private Tensor constant(String where, String what, List<Tensor> tensors, int index) {
        if (index < 0 || index >= tensors.size()) {
            throw file.malformed(where, what + " in tensor " + index + ", expected 0 to " + (tensors.size() - 1));
        }
        Tensor tensor = tensors.get(index);
        if (!tensor.isConstant()) {
            throw file.malformed(where, what + " in tensor " + index + " \"" + tensor.name()
                    + "\", which is not constant");
        }
        return tensor;
    }

    private float[] scales(String where, Tensor tensor, int count) {
        requireCount(where, "scales", tensor, count);
        Buffer data = data(tensor);
        if (tensor.type() == ElementType.FLOAT32) {
            return data.toFloats();
        }
        if (tensor.type() != ElementType.FLOAT16) {
            throw file.unsupported(where, "scales of " + tensor.type() + ", supported are FLOAT16 and FLOAT32");
        }
        short[] halves = data.toShorts();
        float[] scales = new float[halves.length];
        for (int i = 0; i < halves.length; i++) {
            scales[i] = Float.float16ToFloat(halves[i]);
        }
        return scales;
    }

    private long[] zeroPoints(String where, Tensor tensor, int count) {
        requireCount(where, "zero points", tensor, count);
        Buffer data = data(tensor);
        return switch (tensor.type()) {
            case INT64 -> data.toLongs();
            case INT32 -> widen(data.toInts());
            case INT8, INT4, INT2 -> widen(data.toCodes(tensor.type(), count));
            default -> throw file.unsupported(where, "zero points of " + tensor.type()
                    + ", supported are INT2, INT4, INT8, INT32 and INT64");
        };
    }

    private void requireCount(String where, String what, Tensor tensor, int count) {
        if (tensor.shape().elementCount() != count) {
            throw file.malformed(where, tensor.shape().elementCount() + " " + what + " for " + count
                    + " blocks, must be as many");
        }
    }

    private static Buffer data(Tensor constant) {
        Buffer data = constant.buffer();
        if (data == null) {
            throw new AssertionError(constant.name());
        }
        return data;
    }

    private static long[] widen(int[] values) {
        long[] wide = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private static long[] widen(byte[] values) {
        long[] wide = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private QuantizationParameters parameters(String where, float[] scale, long[] zeroPoint, int dimension) {
        try {
            return QuantizationParameters.perChannel(scale, zeroPoint, dimension);
        } catch (IllegalArgumentException e) {
            throw file.malformed(where, String.valueOf(e.getMessage()));
        }
    }

    private static boolean isQuantizable(ElementType type) {
        return switch (type) {
            case INT8, UINT8, INT16, UINT16, INT32, INT64, UINT32, UINT64, INT4, INT2, UINT4 -> true;
            case FLOAT32, FLOAT16, STRING, BOOL, COMPLEX64, FLOAT64, COMPLEX128, RESOURCE, VARIANT, BFLOAT16 -> false;
        };
    }

    /// Some converters give plain integers, such as sizes and indices, a scale and a zero point of 0.
    private static boolean isUnset(ElementType type, float[] scale, long[] zeroPoint) {
        return type.bits() >= Integer.SIZE && scale.length == 1 && scale[0] == 0
                && (zeroPoint.length == 0 || zeroPoint[0] == 0);
    }

    private void requireZeroPoints(String where, ElementType type, long[] zeroPoint) {
        boolean unsigned = type == ElementType.UINT8 || type == ElementType.UINT16 || type == ElementType.UINT4;
        if (type.bits() >= Integer.SIZE) {
            return;
        }
        long smallest = unsigned ? 0 : -(1L << (type.bits() - 1));
        long largest = unsigned ? (1L << type.bits()) - 1 : (1L << (type.bits() - 1)) - 1;
        for (int channel = 0; channel < zeroPoint.length; channel++) {
            if (zeroPoint[channel] < smallest || zeroPoint[channel] > largest) {
                throw file.malformed(where, "zero point[" + channel + "] is " + zeroPoint[channel] + ", must be "
                        + smallest + " to " + largest + " for " + type);
            }
        }
    }
}
