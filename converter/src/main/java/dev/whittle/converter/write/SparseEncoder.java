package dev.whittle.converter.write;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.schema.Slots;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A constant with many zeros in the sparse form of the format: all dimensions but the last are dense, of the last only the
/// indices are listed where something else than zero stands, or, where that is smaller, the indices of blocks of four
/// neighbours. These are the forms that TensorFlow Lite's converter writes, and the ones that its FULLY_CONNECTED reads.
///
/// Source: `SparsityParameters` in `schema.fbs`; `dense_to_sparse.cc` of TensorFlow Lite; Kjolstad et al. 2017, "The Tensor
/// Algebra Compiler".
final class SparseEncoder {
    private static final int BLOCK = 4;
    /// What the table of a dimension takes, and that of an index vector, about.
    private static final int TABLE_BYTES = 40;

    private final Shape shape;
    private final int block;
    private final int elementBytes;
    private final ByteBuffer dense;
    private final int[] segments;
    private final int[] indices;
    private final Buffer values;

    private SparseEncoder(Tensor tensor, Buffer data, int block) {
        shape = tensor.shape();
        this.block = block;
        elementBytes = tensor.type().bits() / Byte.SIZE;
        dense = data.bytes();
        int columns = shape.dimension(shape.rank() - 1) / block;
        int rows = shape.elementCount() / block / columns;
        segments = new int[rows + 1];
        int[] found = new int[rows * columns];
        int count = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                if (!isZero((row * columns + column) * block)) {
                    found[count++] = column;
                }
            }
            segments[row + 1] = count;
        }
        indices = Arrays.copyOf(found, count);
        values = values(columns);
    }

    private boolean isZero(int element) {
        for (int i = element * elementBytes; i < (element + block) * elementBytes; i++) {
            if (dense.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private Buffer values(int columns) {
        int bytes = block * elementBytes;
        ByteBuffer kept = ByteBuffer.allocate(indices.length * bytes);
        for (int row = 0; row + 1 < segments.length; row++) {
            for (int i = segments[row]; i < segments[row + 1]; i++) {
                kept.put(i * bytes, dense, (row * columns + indices[i]) * bytes, bytes);
            }
        }
        return Buffer.wrap(kept);
    }

    /// The smaller of the sparse forms of a constant; null where neither is smaller than the constant as it is, or the format
    /// has none: for elements below a byte, for data of no dimension and for codes whose zero is not the number zero.
    static @Nullable SparseEncoder of(Tensor tensor) {
        Buffer data = tensor.buffer();
        ElementType type = tensor.type();
        if (data == null || tensor.shape().rank() == 0 || tensor.shape().elementCount() == 0
                || (type != ElementType.FLOAT32 && type != ElementType.FLOAT16 && type != ElementType.INT8)) {
            return null;
        }
        SparseEncoder best = new SparseEncoder(tensor, data, 1);
        if (tensor.shape().dimension(tensor.shape().rank() - 1) % BLOCK == 0) {
            SparseEncoder blocks = new SparseEncoder(tensor, data, BLOCK);
            best = blocks.byteLength() < best.byteLength() ? blocks : best;
        }
        // Without an element left the reader could not tell the data from none at all.
        return best.values.byteLength() > 0 && best.byteLength() < data.byteLength() ? best : null;
    }

    /// What this takes in a file, about.
    private int byteLength() {
        return values.byteLength() + width(segments) * segments.length + width(indices) * indices.length
                + TABLE_BYTES * (shape.rank() + 4);
    }

    /// The elements other than zero, or the blocks.
    Buffer values() {
        return values;
    }

    /// Writes the table that describes them.
    int write(FlatBufferBuilder builder) {
        boolean hasBlocks = block > 1;
        int rank = shape.rank();
        int[] dimensions = new int[rank + (hasBlocks ? 1 : 0)];
        for (int i = 0; i < rank - 1; i++) {
            dimensions[i] = dense(builder, shape.dimension(i));
        }
        dimensions[rank - 1] = compressed(builder);
        if (hasBlocks) {
            dimensions[rank] = dense(builder, block);
        }
        int metadata = builder.createVectorOfTables(dimensions);
        int blockMap = hasBlocks ? ints(builder, List.of(rank - 1)) : 0;
        int order = ints(builder, IntStream.range(0, dimensions.length).boxed().toList());
        builder.startTable(Slots.SparsityParameters.FIELD_COUNT);
        builder.addOffset(Slots.SparsityParameters.TRAVERSAL_ORDER, order, 0);
        builder.addOffset(Slots.SparsityParameters.BLOCK_MAP, blockMap, 0);
        builder.addOffset(Slots.SparsityParameters.DIM_METADATA, metadata, 0);
        return builder.endTable();
    }

    private static int dense(FlatBufferBuilder builder, int size) {
        builder.startTable(Slots.DimensionMetadata.FIELD_COUNT);
        builder.addInt(Slots.DimensionMetadata.DENSE_SIZE, size, 0);
        return builder.endTable();
    }

    private int compressed(FlatBufferBuilder builder) {
        int segmentTable = indexVector(builder, segments);
        int indexTable = indexVector(builder, indices);
        builder.startTable(Slots.DimensionMetadata.FIELD_COUNT);
        builder.addByte(Slots.DimensionMetadata.FORMAT, (byte) 1, 0);
        builder.addByte(Slots.DimensionMetadata.ARRAY_SEGMENTS_TYPE, (byte) vectorType(segments), 0);
        builder.addOffset(Slots.DimensionMetadata.ARRAY_SEGMENTS_TYPE + 1, segmentTable, 0);
        builder.addByte(Slots.DimensionMetadata.ARRAY_INDICES_TYPE, (byte) vectorType(indices), 0);
        builder.addOffset(Slots.DimensionMetadata.ARRAY_INDICES_TYPE + 1, indexTable, 0);
        return builder.endTable();
    }

    /// Bytes that the largest of the values needs.
    private static int width(int[] values) {
        int largest = Arrays.stream(values).max().orElse(0);
        return largest < 1 << Byte.SIZE ? 1 : largest < 1 << Short.SIZE ? Short.BYTES : Integer.BYTES;
    }

    private static int vectorType(int[] values) {
        return switch (width(values)) {
            case 1 -> Slots.SparseIndexVector.UINT8;
            case Short.BYTES -> Slots.SparseIndexVector.UINT16;
            default -> Slots.SparseIndexVector.INT32;
        };
    }

    private static int indexVector(FlatBufferBuilder builder, int[] values) {
        int width = width(values);
        // Vectors of less than four bytes are aligned to four, as `force_align` in the schema says.
        builder.startVector(width, values.length, Integer.BYTES);
        for (int i = values.length - 1; i >= 0; i--) {
            switch (width) {
                case 1 -> builder.addByte((byte) values[i]);
                case Short.BYTES -> builder.addShort((short) values[i]);
                default -> builder.addInt(values[i]);
            }
        }
        int vector = builder.endVector();
        builder.startTable(1);
        builder.addOffset(Slots.SparseIndexVector.VALUES, vector, 0);
        return builder.endTable();
    }

    private static int ints(FlatBufferBuilder builder, List<Integer> values) {
        builder.startVector(Integer.BYTES, values.size(), Integer.BYTES);
        for (int value : values.reversed()) {
            builder.addInt(value);
        }
        return builder.endVector();
    }
}
