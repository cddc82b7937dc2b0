package dev.whittle.engine.schema;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decodes tensors: their type, shape, data and quantization, and checks that these fit each other.
final class TensorReader {

    private final FlatFile file;
    private final BufferTable buffers;
    private final QuantizationReader quantization;
    private final long maxElements;
    private final long maxBytes;
    private long expandedBytes;

    TensorReader(FlatFile file, BufferTable buffers, ModelLimits limits) {
        this.file = file;
        this.buffers = buffers;
        this.quantization = new QuantizationReader(file);
        this.maxElements = Math.min(limits.maxElements(), Integer.MAX_VALUE);
        this.maxBytes = limits.maxBytes();
    }

    /// One tensor; blockwise quantization is left to the caller, because it refers to other tensors.
    Tensor read(String where, String name, FlatTable table) {
        ElementType type = type(where, table.int8(Slots.Tensor.TYPE, 0));
        Shape shape = shape(where, table.int32s(Slots.Tensor.SHAPE), 0);
        Shape signature = signature(where, shape, table);
        boolean isVariable = table.bool(Slots.Tensor.IS_VARIABLE, false);
        Buffer data = data(where, type, shape, table);
        if (data != null && isVariable) {
            throw file.malformed(where, "a variable with data, must be one or the other");
        }
        return new Tensor(name, type, shape, signature,
                quantization.affine(where, type, shape, table.table(Slots.Tensor.QUANTIZATION)), data, isVariable);
    }

    private ElementType type(String where, int number) {
        ElementType type = ElementType.of(number);
        int largest = ElementType.values().length - 1;
        if (type == null && (number == Slots.Tensor.FLOAT8_E4M3FN || number == Slots.Tensor.FLOAT8_E5M2)) {
            throw file.unsupported(where, "element type " + number + " (FLOAT8), supported are 0 to " + largest);
        }
        if (type == null) {
            throw file.malformed(where, "element type " + number + ", expected 0 to " + largest);
        }
        return type;
    }

    private Shape signature(String where, Shape shape, FlatTable table) {
        Shape signature = shape(where, table.int32s(Slots.Tensor.SHAPE_SIGNATURE), -1);
        if (signature.rank() == 0) {
            // A file that writes no signature, or an empty one, means the shape itself.
            return shape;
        }
        if (signature.rank() != shape.rank()) {
            throw file.malformed(where, "shape signature " + signature + " for shape " + shape
                    + ", must have the same rank");
        }
        return signature;
    }

    private Shape shape(String where, int[] dimensions, int smallest) {
        if (dimensions.length > Shape.MAX_RANK) {
            throw file.unsupported(where, "rank " + dimensions.length + ", supported are up to " + Shape.MAX_RANK);
        }
        for (int axis = 0; axis < dimensions.length; axis++) {
            if (dimensions[axis] < smallest) {
                throw file.malformed(where, "dimension " + axis + " is " + dimensions[axis] + ", must be " + smallest
                        + " or more");
            }
        }
        long elements = 1;
        for (int dimension : dimensions) {
            // Taking 0 for 1 keeps every product of some of the dimensions within the limit, too.
            elements *= Math.max(1, dimension);
            if (elements > maxElements) {
                throw file.unsupported(where, "shape " + Shape.of(dimensions) + " has more than " + maxElements
                        + " elements, which is the limit");
            }
        }
        return Shape.of(dimensions);
    }

    private @Nullable Buffer data(String where, ElementType type, Shape shape, FlatTable table) {
        int external = table.int32(Slots.Tensor.EXTERNAL_BUFFER, 0);
        Buffer data = buffers.buffer(where, table.int32(Slots.Tensor.BUFFER, 0));
        if (external != 0) {
            if (data != null) {
                throw file.malformed(where, "data inside the model and in an external buffer, must be in one of them");
            }
            data = buffers.external(where, external);
        }
        FlatTable sparsity = table.table(Slots.Tensor.SPARSITY);
        if (data == null) {
            // Sparse data without an element stands for zeros.
            return sparsity == null || table.int32(Slots.Tensor.BUFFER, 0) == 0
                    ? null
                    : sparse(where, sparsity, type, shape, Buffer.of());
        }
        if (sparsity != null) {
            return sparse(where, sparsity, type, shape, data);
        }
        switch (type) {
            case STRING -> requireStrings(where, shape, data);
            case RESOURCE, VARIANT -> throw file.malformed(where, "data of " + data.byteLength() + " bytes for " + type
                    + ", expected none");
            default -> {
                long expected = type.byteLength(shape.elementCount());
                if (data.byteLength() != expected) {
                    throw file.malformed(where, "data of " + data.byteLength() + " bytes for " + type + " " + shape
                            + ", expected " + expected);
                }
            }
        }
        return data;
    }

    private Buffer sparse(String where, FlatTable sparsity, ElementType type, Shape shape, Buffer data) {
        if (type.bits() < Byte.SIZE) {
            throw file.unsupported(where, "sparse data of " + type + ", supported are elements of whole bytes");
        }
        long bytes = type.byteLength(shape.elementCount());
        if (bytes > Math.min(maxBytes - expandedBytes, Integer.MAX_VALUE)) {
            throw file.unsupported(where, "sparse data of " + bytes + " bytes in full, of the limit of " + maxBytes
                    + " are left " + Math.min(maxBytes - expandedBytes, Integer.MAX_VALUE));
        }
        expandedBytes += bytes;
        return SparseData.inFull(file, where, sparsity, type, shape, data);
    }

    /// Strings: their number, the offsets of their starts and of the last one's end, all INT32, then their bytes.
    private void requireStrings(String where, Shape shape, Buffer data) {
        ByteBuffer bytes = data.bytes();
        int length = bytes.remaining();
        int count = length < Integer.BYTES ? -1 : bytes.getInt(0);
        if (count != shape.elementCount()) {
            throw file.malformed(where, "data of " + (count < 0 ? "no" : Integer.toString(count)) + " strings for "
                    + shape + ", expected " + shape.elementCount());
        }
        long start = (count + 2L) * Integer.BYTES;
        if (start > length) {
            throw file.malformed(where, "offsets of " + count + " strings end at byte " + start + " of data of "
                    + length + " bytes");
        }
        for (int i = 0; i <= count; i++) {
            int offset = bytes.getInt((i + 1) * Integer.BYTES);
            if (offset < start || offset > length) {
                throw file.malformed(where, "string offset " + i + " is " + offset + ", must be within " + start
                        + " to " + length);
            }
            start = offset;
        }
    }

    /// The tensor with the scales of its blocks, where its quantization is blockwise.
    Tensor withBlockScales(String where, Tensor tensor, FlatTable table, List<Tensor> tensors) {
        FlatTable parameters = table.table(Slots.Tensor.QUANTIZATION);
        if (parameters == null || !QuantizationReader.isBlockwise(parameters)) {
            return tensor;
        }
        return new Tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.shapeSignature(),
                quantization.blockwise(where, tensor, parameters, tensors), tensor.buffer(), tensor.isVariable());
    }
}
