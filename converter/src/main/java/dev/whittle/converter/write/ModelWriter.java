package dev.whittle.converter.write;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.engine.file.AtomicFile;
import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.schema.OptionsUnion;
import dev.whittle.engine.schema.Slots;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;

/// Writes a `Model` as a `.tflite` file: schema version 3, file identifier `TFL3`.
///
/// The inverse of `ModelReader`: what it writes reads back equal, but for `Model.source`. The same model gives the same
/// bytes. Constants with equal bytes share one buffer, aligned to 16 bytes; buffer 0 is empty and stands for "no data".
///
/// Source: `schema.fbs` of TensorFlow Lite.
public final class ModelWriter {
    private static final String FILE_IDENTIFIER = "TFL3";
    private static final int BUFFER_ALIGNMENT = 16;

    private final FlatBufferBuilder builder = new FlatBufferBuilder(1 << 20);
    private final OptionsWriter options = new OptionsWriter(builder);
    private final Map<OperatorVersion, Integer> operatorCodes = new LinkedHashMap<>();
    private final Map<Buffer, Integer> buffers = new LinkedHashMap<>();

    private final boolean isSparse;

    private ModelWriter(boolean isSparse) {
        this.isSparse = isSparse;
    }

    /// An operator code as the file lists them: once for each number, name and version in use.
    ///
    /// @param customName empty for a builtin operator
    private record OperatorVersion(OperatorCode code, String customName, int version) {
    }

    /// Writes the file, complete or not at all.
    ///
    /// @throws IOException when the folder is missing or cannot be written to; what was there before is left as it was
    public static void write(Model model, Path path) throws IOException {
        AtomicFile.write(path, toBytes(model));
    }

    /// The bytes of the file.
    public static byte[] toBytes(Model model) {
        return toBytes(model, false);
    }

    /// The bytes of the file, with sparse tensors: the constants that a DENSIFY takes and the FLOAT32 filters of
    /// FULLY_CONNECTED, which runtimes take sparse, where that is smaller. They read back equal.
    public static byte[] toSparseBytes(Model model) {
        return toBytes(model, true);
    }

    private static byte[] toBytes(Model model, boolean isSparse) {
        ModelWriter writer = new ModelWriter(isSparse);
        writer.builder.finish(writer.model(model), FILE_IDENTIFIER);
        return writer.builder.sizedByteArray();
    }

    private int model(Model model) {
        int subgraphs = tables(model.subgraphs().stream().map(this::subgraph).toList());
        int signatures = tables(model.signatures().stream().map(this::signature).toList());
        int metadata = tables(model.metadata().stream().map(this::metadata).toList());
        int codes = tables(operatorCodes.keySet().stream().map(this::operatorCode).toList());
        int bufferTables = tables(bufferTables());
        int description = builder.createString(model.description());

        builder.startTable(Slots.Model.FIELD_COUNT);
        builder.addInt(Slots.Model.VERSION, model.version(), 0);
        builder.addOffset(Slots.Model.OPERATOR_CODES, codes, 0);
        builder.addOffset(Slots.Model.SUBGRAPHS, subgraphs, 0);
        builder.addOffset(Slots.Model.DESCRIPTION, description, 0);
        builder.addOffset(Slots.Model.BUFFERS, bufferTables, 0);
        builder.addOffset(Slots.Model.METADATA, metadata, 0);
        builder.addOffset(Slots.Model.SIGNATURE_DEFS, signatures, 0);
        return builder.endTable();
    }

    private int operatorCode(OperatorVersion operator) {
        int number = operator.code().number();
        int customCode = operator.customName().isEmpty() ? 0 : builder.createString(operator.customName());
        builder.startTable(Slots.OperatorCode.FIELD_COUNT);
        builder.addByte(Slots.OperatorCode.DEPRECATED_BUILTIN_CODE,
                (byte) Math.min(number, Slots.OperatorCode.PLACEHOLDER_FOR_GREATER_OP_CODES), 0);
        builder.addOffset(Slots.OperatorCode.CUSTOM_CODE, customCode, 0);
        builder.addInt(Slots.OperatorCode.VERSION, operator.version(), 1);
        builder.addInt(Slots.OperatorCode.BUILTIN_CODE, number, 0);
        return builder.endTable();
    }

    /// One table for each buffer, the empty one first.
    private List<Integer> bufferTables() {
        List<Integer> tables = new ArrayList<>();
        builder.startTable(Slots.Buffer.FIELD_COUNT);
        tables.add(builder.endTable());
        for (Buffer buffer : buffers.keySet()) {
            ByteBuffer data = builder.createUnintializedVector(Byte.BYTES, buffer.byteLength(), BUFFER_ALIGNMENT);
            data.put(buffer.bytes());
            int vector = builder.endVector();
            builder.startTable(Slots.Buffer.FIELD_COUNT);
            builder.addOffset(Slots.Buffer.DATA, vector, 0);
            tables.add(builder.endTable());
        }
        return tables;
    }

    private int bufferIndex(Buffer buffer) {
        return buffers.computeIfAbsent(buffer, _ -> buffers.size() + 1);
    }

    private int metadata(Metadata metadata) {
        int name = builder.createSharedString(metadata.name());
        builder.startTable(Slots.Metadata.FIELD_COUNT);
        builder.addOffset(Slots.Metadata.NAME, name, 0);
        builder.addInt(Slots.Metadata.BUFFER, bufferIndex(metadata.content()), 0);
        return builder.endTable();
    }

    private int signature(Signature signature) {
        int inputs = tensorMaps(signature.inputs());
        int outputs = tensorMaps(signature.outputs());
        int key = builder.createSharedString(signature.key());
        builder.startTable(Slots.SignatureDef.FIELD_COUNT);
        builder.addOffset(Slots.SignatureDef.INPUTS, inputs, 0);
        builder.addOffset(Slots.SignatureDef.OUTPUTS, outputs, 0);
        builder.addOffset(Slots.SignatureDef.SIGNATURE_KEY, key, 0);
        builder.addInt(Slots.SignatureDef.SUBGRAPH_INDEX, signature.subgraph(), 0);
        return builder.endTable();
    }

    private int tensorMaps(SequencedMap<String, Integer> tensors) {
        List<Integer> tables = new ArrayList<>();
        tensors.forEach((alias, index) -> {
            int name = builder.createSharedString(alias);
            builder.startTable(Slots.TensorMap.FIELD_COUNT);
            builder.addOffset(Slots.TensorMap.NAME, name, 0);
            builder.addInt(Slots.TensorMap.TENSOR_INDEX, index, 0);
            tables.add(builder.endTable());
        });
        return tables(tables);
    }

    private int subgraph(Subgraph subgraph) {
        Set<Integer> sparse = isSparse ? sparseTensors(subgraph) : Set.of();
        int tensors = tables(IntStream.range(0, subgraph.tensors().size())
                .mapToObj(index -> tensor(subgraph.tensor(index), subgraph, sparse.contains(index))).toList());
        int operators = tables(subgraph.operators().stream().map(this::operator).toList());
        int inputs = ints(subgraph.inputs());
        int outputs = ints(subgraph.outputs());
        int name = builder.createSharedString(subgraph.name());
        builder.startTable(Slots.SubGraph.FIELD_COUNT);
        builder.addOffset(Slots.SubGraph.TENSORS, tensors, 0);
        builder.addOffset(Slots.SubGraph.INPUTS, inputs, 0);
        builder.addOffset(Slots.SubGraph.OUTPUTS, outputs, 0);
        builder.addOffset(Slots.SubGraph.OPERATORS, operators, 0);
        builder.addOffset(Slots.SubGraph.NAME, name, 0);
        return builder.endTable();
    }

    /// The constants that nothing reads but operators that take them sparse.
    private static Set<Integer> sparseTensors(Subgraph subgraph) {
        Set<Integer> sparse = new HashSet<>();
        Set<Integer> dense = new HashSet<>(subgraph.outputs());
        for (Operator operator : subgraph.operators()) {
            for (int i = 0; i < operator.inputs().size(); i++) {
                int input = operator.inputs().get(i);
                boolean isFilter = operator.code() == OperatorCode.FULLY_CONNECTED && i == 1
                        && subgraph.tensor(input).type() == ElementType.FLOAT32;
                (operator.code() == OperatorCode.DENSIFY || isFilter ? sparse : dense).add(input);
            }
        }
        sparse.removeAll(dense);
        return sparse;
    }

    private int tensor(Tensor tensor, Subgraph subgraph, boolean mayBeSparse) {
        SparseEncoder encoder = mayBeSparse ? SparseEncoder.of(tensor) : null;
        int sparsity = encoder == null ? 0 : encoder.write(builder);
        int shape = shape(tensor.shape());
        int name = builder.createSharedString(tensor.name());
        QuantizationParameters parameters = tensor.quantization();
        int quantization = parameters == null
                ? 0
                : parameters.isBlockwise() ? blockwise(parameters, subgraph) : affine(parameters);
        int signature = tensor.shapeSignature().equals(tensor.shape()) ? 0 : shape(tensor.shapeSignature());
        Buffer buffer = encoder == null ? tensor.buffer() : encoder.values();
        builder.startTable(Slots.Tensor.FIELD_COUNT);
        builder.addOffset(Slots.Tensor.SHAPE, shape, 0);
        builder.addByte(Slots.Tensor.TYPE, (byte) tensor.type().number(), 0);
        builder.addInt(Slots.Tensor.BUFFER, buffer == null ? 0 : bufferIndex(buffer), 0);
        builder.addOffset(Slots.Tensor.NAME, name, 0);
        builder.addOffset(Slots.Tensor.QUANTIZATION, quantization, 0);
        builder.addBoolean(Slots.Tensor.IS_VARIABLE, tensor.isVariable(), false);
        builder.addOffset(Slots.Tensor.SPARSITY, sparsity, 0);
        builder.addOffset(Slots.Tensor.SHAPE_SIGNATURE, signature, 0);
        builder.addBoolean(Slots.Tensor.HAS_RANK, true, false);
        return builder.endTable();
    }

    /// Scales of blocks stand in a tensor, which the subgraph must have.
    private int blockwise(QuantizationParameters parameters, Subgraph subgraph) {
        int scales = 0;
        while (!holds(subgraph, scales, parameters.scale())) {
            scales++;
        }
        if (parameters.zeroPoint().stream().anyMatch(zeroPoint -> zeroPoint != 0)) {
            throw new IllegalArgumentException("zero points of blocks are not written, must be 0");
        }
        builder.startTable(Slots.BlockwiseQuantization.FIELD_COUNT);
        builder.addInt(Slots.BlockwiseQuantization.SCALES, scales, 0);
        builder.addInt(Slots.BlockwiseQuantization.ZERO_POINTS, -1, 0);
        builder.addInt(Slots.BlockwiseQuantization.BLOCK_SIZE, parameters.blockSize(), 0);
        int details = builder.endTable();
        builder.startTable(Slots.QuantizationParameters.FIELD_COUNT);
        builder.addByte(Slots.QuantizationParameters.DETAILS_TYPE, (byte) Slots.QuantizationDetails.BLOCKWISE, 0);
        builder.addOffset(Slots.QuantizationParameters.DETAILS_TYPE + 1, details, 0);
        return builder.endTable();
    }

    private static boolean holds(Subgraph subgraph, int index, List<Float> scales) {
        if (index == subgraph.tensors().size()) {
            throw new IllegalArgumentException("no FLOAT16 tensor of subgraph \"" + subgraph.name()
                    + "\" holds the scales of blocks");
        }
        Tensor tensor = subgraph.tensor(index);
        Buffer data = tensor.buffer();
        if (data == null || tensor.type() != ElementType.FLOAT16 || tensor.shape().elementCount() != scales.size()) {
            return false;
        }
        short[] halves = data.toShorts();
        return IntStream.range(0, halves.length).allMatch(i -> Float.float16ToFloat(halves[i]) == scales.get(i));
    }

    private int affine(QuantizationParameters parameters) {
        int count = parameters.scale().size();
        builder.startVector(Float.BYTES, count, Float.BYTES);
        for (float scale : parameters.scale().reversed()) {
            builder.addFloat(scale);
        }
        int scales = builder.endVector();
        builder.startVector(Long.BYTES, count, Long.BYTES);
        for (long zeroPoint : parameters.zeroPoint().reversed()) {
            builder.addLong(zeroPoint);
        }
        int zeroPoints = builder.endVector();
        builder.startTable(Slots.QuantizationParameters.FIELD_COUNT);
        builder.addOffset(Slots.QuantizationParameters.SCALE, scales, 0);
        builder.addOffset(Slots.QuantizationParameters.ZERO_POINT, zeroPoints, 0);
        builder.addInt(Slots.QuantizationParameters.QUANTIZED_DIMENSION, parameters.quantizedDimension(), 0);
        return builder.endTable();
    }

    private int operator(Operator operator) {
        int inputs = ints(operator.inputs());
        int outputs = ints(operator.outputs());
        int intermediates = operator.intermediates().isEmpty() ? 0 : ints(operator.intermediates());
        int options = this.options.write(operator.options());
        Options.Custom custom = operator.options() instanceof Options.Custom c ? c : null;
        int customOptions = custom == null ? 0 : builder.createByteVector(custom.data().bytes());
        int code = operatorCodes.computeIfAbsent(
                new OperatorVersion(operator.code(), custom == null ? "" : custom.name(), operator.version()),
                _ -> operatorCodes.size());
        builder.startTable(Slots.Operator.FIELD_COUNT);
        builder.addInt(Slots.Operator.OPCODE_INDEX, code, 0);
        builder.addOffset(Slots.Operator.INPUTS, inputs, 0);
        builder.addOffset(Slots.Operator.OUTPUTS, outputs, 0);
        if (options != OptionsWriter.NONE) {
            OptionsUnion union = OptionsUnion.of(operator.code());
            builder.addByte(union.typeSlot(), (byte) union.number(), 0);
            builder.addOffset(union.typeSlot() + 1, options, 0);
        }
        builder.addOffset(Slots.Operator.CUSTOM_OPTIONS, customOptions, 0);
        builder.addOffset(Slots.Operator.INTERMEDIATES, intermediates, 0);
        return builder.endTable();
    }

    private int shape(Shape shape) {
        return ints(shape.toList());
    }

    private int ints(List<Integer> values) {
        builder.startVector(Integer.BYTES, values.size(), Integer.BYTES);
        for (int value : values.reversed()) {
            builder.addInt(value);
        }
        return builder.endVector();
    }

    private int tables(List<Integer> offsets) {
        return builder.createVectorOfTables(offsets.stream().mapToInt(Integer::intValue).toArray());
    }
}
