package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// EMBEDDING_LOOKUP: the rows of a table (input 1) that the INT32 vector of input 0 names. Where table and output have one
/// type, rows are copied. A table of INT8, UINT8, INT4 or INT2 gives FLOAT32 or FLOAT16 rows `code · scale`, with one
/// scale, one per row, or one per block of a row, zero points 0; UINT8 codes are read with a sign, as LiteRT
/// `embedding_lookup.cc` does.
final class EmbeddingLookup implements OperatorKernel {
    private static final Set<ElementType> CODES = EnumSet.of(ElementType.INT8, ElementType.UINT8, ElementType.INT4,
            ElementType.INT2);

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public int typedInput() {
        return 1;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        TensorChecks.rank(p, "lookup", p.inputTensor(0), 1);
        Shape table = p.inputTensor(1).shape();
        if (table.rank() < 2) {
            throw p.malformed("table has shape " + table + ", must have 2 dimensions or more");
        }
        return List.of(table.withDimension(0, p.inputTensor(0).shape().dimension(0)));
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "lookup", p.inputTensor(0), ElementType.INT32);
        Tensor table = p.inputTensor(1);
        ElementType to = p.outputTensor(0).type();
        Indices rows = Indices.of(p, "row", 0);
        Slot values = p.input(1);
        Slot output = p.output(0);
        int count = rows.input().elementCount();
        int rowCount = values.shape().dimension(0);
        int row = Movement.denseSteps(values.shape())[0];
        if (to == table.type()) {
            int length = row * StorageType.width(to);
            return memory -> {
                rows.load(memory);
                for (int i = 0; i < count; i++) {
                    int from = rows.within(memory, i, rowCount);
                    Movement.run(memory.array(values), memory.offset(values) + from * length, 1, memory.array(output),
                            memory.offset(output) + i * length, 1, length);
                }
            };
        }
        if (!CODES.contains(table.type()) || to != ElementType.FLOAT32 && to != ElementType.FLOAT16) {
            throw p.unsupported("from a table of " + table.type() + " to " + to + " is not supported");
        }
        float[] scales = scales(p, table, rowCount, row);
        int perRow = scales.length == 1 ? 1 : scales.length / rowCount;
        int block = row / perRow;
        boolean isHalf = to == ElementType.FLOAT16;
        return memory -> {
            rows.load(memory);
            byte[] codes = memory.bytes(values);
            for (int i = 0; i < count; i++) {
                int from = rows.within(memory, i, rowCount);
                for (int k = 0; k < perRow; k++) {
                    float scale = scales[scales.length == 1 ? 0 : from * perRow + k];
                    int source = memory.offset(values) + from * row + k * block;
                    int target = memory.offset(output) + i * row + k * block;
                    if (isHalf) {
                        halves(codes, source, scale, memory.shorts(output), target, block);
                    } else {
                        floats(codes, source, scale, memory.floats(output), target, block);
                    }
                }
            }
        };
    }

    private static void floats(byte[] codes, int source, float scale, float[] to, int target, int count) {
        for (int i = 0; i < count; i++) {
            to[target + i] = codes[source + i] * scale;
        }
    }

    private static void halves(byte[] codes, int source, float scale, short[] to, int target, int count) {
        for (int i = 0; i < count; i++) {
            to[target + i] = HalfFloat.narrow(ElementType.FLOAT16, codes[source + i] * scale);
        }
    }

    /// One scale for the table, or as many for each row as there are blocks in it.
    private static float[] scales(Preparation p, Tensor table, int rowCount, int row) {
        QuantizationParameters quantization = table.quantization();
        if (quantization == null) {
            throw p.malformed("table is " + table.type() + " without a scale, must be quantized");
        }
        int count = quantization.scale().size();
        int block = quantization.blockSize();
        boolean isBlockwise = block > 0;
        if (isBlockwise && (row % block != 0 || count != (long) rowCount * (row / block))) {
            throw p.malformed("table has " + count + " scales for blocks of " + block + " and shape " + table.shape()
                    + ", must have one for each block of a row");
        }
        if (!isBlockwise && count != 1 && (count != rowCount || quantization.quantizedDimension() != 0)) {
            throw p.malformed("table has " + count + " scales along dimension " + quantization.quantizedDimension()
                    + ", must have 1 or one for each of " + rowCount + " rows");
        }
        float[] scales = new float[count];
        for (int i = 0; i < count; i++) {
            scales[i] = quantization.scale().get(i);
            if (quantization.zeroPoint().get(i) != 0) {
                throw p.unsupported("table zero point[" + i + "] is " + quantization.zeroPoint().get(i)
                        + ", must be 0");
            }
        }
        return scales;
    }
}
