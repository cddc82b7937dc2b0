package dev.whittle.engine.schema;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/// Writes sparse constants out in full.
///
/// The format is that of TACO: the levels of a tree are the dimensions in traversal order, then the dimensions of a block.
/// A dense level has every index below each node; a compressed one lists them (segment i of the indices stands below
/// node i). The data holds one element per leaf.
///
/// Source: Kjolstad et al. 2017, "The Tensor Algebra Compiler"; `schema.fbs` and `sparsity_format_converter.cc` of
/// TensorFlow Lite.
final class SparseData {
    private static final int[] NO_INDICES = {};

    private final FlatFile file;
    private final String where;
    private final Shape shape;
    private final Level[] levels;
    private final ByteBuffer from;
    private final ByteBuffer into;
    private final int elementBytes;

    /// One level of the tree.
    ///
    /// @param size indices that the level can have
    /// @param step elements of the full tensor from one index to the next
    /// @param segments empty for a dense level
    private record Level(int size, int step, int[] segments, int[] indices) {
        boolean isDense() {
            return segments.length == 0;
        }
    }

    private SparseData(FlatFile file, String where, Shape shape, FlatTable sparsity, Buffer data, ElementType type) {
        this.file = file;
        this.where = where;
        this.shape = shape;
        this.levels = levels(sparsity);
        this.from = data.bytes();
        this.elementBytes = type.bits() / Byte.SIZE;
        requireLeaves(type);
        this.into = ByteBuffer.allocate(shape.elementCount() * elementBytes);
    }

    /// The tensor's elements, row-major, zeros where the data is silent.
    ///
    /// @param type with elements of whole bytes; their bytes in full are at most 2³¹−1, which the caller has checked
    static Buffer inFull(FlatFile file, String where, FlatTable sparsity, ElementType type, Shape shape, Buffer data) {
        SparseData sparse = new SparseData(file, where, shape, sparsity, data, type);
        if (data.byteLength() > 0) {
            sparse.scatter(0, 0, 0);
        }
        return Buffer.wrap(sparse.into);
    }

    private Level[] levels(FlatTable sparsity) {
        int rank = shape.rank();
        int[] order = sparsity.int32s(Slots.SparsityParameters.TRAVERSAL_ORDER);
        int[] blockMap = sparsity.int32s(Slots.SparsityParameters.BLOCK_MAP);
        List<FlatTable> metadata = sparsity.tables(Slots.SparsityParameters.DIM_METADATA);
        requirePermutation("block map", blockMap, 0, rank, blockMap.length);
        if (order.length != rank + blockMap.length || metadata.size() != order.length) {
            throw file.malformed(where, "traversal order of " + order.length + " and metadata of " + metadata.size()
                    + " dimensions, expected " + (rank + blockMap.length));
        }
        requirePermutation("traversal order", Arrays.copyOf(order, rank), 0, rank, rank);
        requirePermutation("traversal order", Arrays.copyOfRange(order, rank, order.length), rank, order.length,
                blockMap.length);

        int[] blockSize = new int[rank];
        Arrays.fill(blockSize, 1);
        for (int level = rank; level < order.length; level++) {
            int size = metadata.get(level).int32(Slots.DimensionMetadata.DENSE_SIZE, 0);
            int dimension = blockMap[order[level] - rank];
            if (size < 1 || shape.dimension(dimension) % size != 0) {
                throw file.malformed(where, "blocks of " + size + " along dimension " + dimension + " of shape " + shape
                        + ", must divide it");
            }
            blockSize[dimension] = size;
        }
        Level[] levels = new Level[order.length];
        for (int level = 0; level < order.length; level++) {
            boolean isBlock = level >= rank;
            int dimension = isBlock ? blockMap[order[level] - rank] : order[level];
            int size = isBlock ? blockSize[dimension] : shape.dimension(dimension) / blockSize[dimension];
            int step = stride(dimension) * (isBlock ? 1 : blockSize[dimension]);
            levels[level] = level(metadata.get(level), level, size, step);
        }
        return levels;
    }

    private void requirePermutation(String what, int[] values, int smallest, int limit, int count) {
        BitSet seen = new BitSet();
        for (int value : values) {
            if (value < smallest || value >= limit || seen.get(value)) {
                throw file.malformed(where, what + " " + Arrays.toString(values) + ", expected " + count
                        + " different numbers from " + smallest + " to " + (limit - 1));
            }
            seen.set(value);
        }
    }

    /// Elements between neighbours along a dimension of the full tensor.
    private int stride(int dimension) {
        int stride = 1;
        for (int i = dimension + 1; i < shape.rank(); i++) {
            stride *= shape.dimension(i);
        }
        return stride;
    }

    private Level level(FlatTable metadata, int level, int size, int step) {
        int format = metadata.int8(Slots.DimensionMetadata.FORMAT, 0);
        if (format == 0) {
            int denseSize = metadata.int32(Slots.DimensionMetadata.DENSE_SIZE, 0);
            if (denseSize != size) {
                throw file.malformed(where, "sparse level " + level + " has size " + denseSize + ", expected " + size
                        + " for shape " + shape);
            }
            return new Level(size, step, NO_INDICES, NO_INDICES);
        }
        if (format != 1) {
            throw file.malformed(where, "sparse level " + level + " has format " + format
                    + ", expected 0 (dense) or 1 (compressed)");
        }
        int[] segments = indexVector(metadata, Slots.DimensionMetadata.ARRAY_SEGMENTS_TYPE, level);
        int[] indices = indexVector(metadata, Slots.DimensionMetadata.ARRAY_INDICES_TYPE, level);
        for (int index : indices) {
            if (index < 0 || index >= size) {
                throw file.malformed(where, "sparse level " + level + " has index " + index + ", must be within 0 to "
                        + (size - 1));
            }
        }
        if (segments.length == 0 || segments[0] != 0 || segments[segments.length - 1] != indices.length) {
            throw file.malformed(where, "sparse level " + level + " has segments that do not run from 0 to its "
                    + indices.length + " indices");
        }
        for (int i = 1; i < segments.length; i++) {
            if (segments[i] < segments[i - 1]) {
                throw file.malformed(where, "sparse level " + level + " has segment " + i + " ending at " + segments[i]
                        + ", must not be before " + segments[i - 1]);
            }
        }
        return new Level(size, step, segments, indices);
    }

    private int[] indexVector(FlatTable metadata, int typeSlot, int level) {
        int type = metadata.uint8(typeSlot, 0);
        FlatTable table = metadata.table(typeSlot + 1);
        if (table == null) {
            return NO_INDICES;
        }
        return switch (type) {
            case Slots.SparseIndexVector.INT32 -> table.int32s(Slots.SparseIndexVector.VALUES);
            case Slots.SparseIndexVector.UINT16 -> table.uint16s(Slots.SparseIndexVector.VALUES);
            case Slots.SparseIndexVector.UINT8 -> table.uint8s(Slots.SparseIndexVector.VALUES);
            default -> throw file.malformed(where, "sparse level " + level + " has index vector type " + type
                    + ", expected 1 to 3");
        };
    }

    /// Each level has as many segments as the level above has nodes, and the data as many elements as there are leaves.
    private void requireLeaves(ElementType type) {
        long nodes = 1;
        for (int i = 0; i < levels.length; i++) {
            Level level = levels[i];
            if (level.isDense()) {
                nodes *= level.size();
            } else if (level.segments().length != nodes + 1) {
                throw file.malformed(where, "sparse level " + i + " has " + (level.segments().length - 1)
                        + " segments, expected " + nodes);
            } else {
                nodes = level.indices().length;
            }
            // Sizes multiply to at most 2³¹−1 over any run of dense levels, and indices to what the file holds.
            if (nodes > Integer.MAX_VALUE) {
                break;
            }
        }
        if (nodes * elementBytes != from.limit()) {
            throw file.malformed(where, "sparse data of " + from.limit() + " bytes for " + nodes + " elements of "
                    + type + ", expected " + nodes * elementBytes);
        }
    }

    /// Copies the leaves below one node of a level.
    ///
    /// @param node its number among the nodes of the level above
    /// @param element its first element in the full tensor
    private void scatter(int level, int node, int element) {
        if (level == levels.length) {
            into.put(element * elementBytes, from, node * elementBytes, elementBytes);
            return;
        }
        Level at = levels[level];
        if (at.isDense()) {
            for (int i = 0; i < at.size(); i++) {
                scatter(level + 1, node * at.size() + i, element + i * at.step());
            }
        } else {
            for (int i = at.segments()[node]; i < at.segments()[node + 1]; i++) {
                scatter(level + 1, i, element + at.indices()[i] * at.step());
            }
        }
    }
}
