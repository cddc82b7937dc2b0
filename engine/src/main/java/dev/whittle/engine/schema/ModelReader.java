package dev.whittle.engine.schema;

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
import dev.whittle.engine.model.UnsupportedModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// Reads a `.tflite` file into a `Model`.
///
/// Everything is checked before it is used: offsets and lengths against the file, enums and indices against their
/// ranges, data lengths against shapes, quantization against types, and that every operator's input is defined before
/// the operator. What breaks the format is a `MalformedModelException`; what is sound but not read here is an
/// `UnsupportedModelException`. An operator that the engine does not run is read all the same: the plan refuses it.
public final class ModelReader {
    private static final int HEADER_BYTES = 8;
    private static final int MAX_RANK = 8;

    private final FlatFile file;
    private final List<FlatTable> operatorCodes;
    private final List<FlatTable> buffers;

    private ModelReader(FlatFile file, FlatTable root) {
        this.file = file;
        this.operatorCodes = root.tables(Slots.Model.OPERATOR_CODES);
        this.buffers = root.tables(Slots.Model.BUFFERS);
    }

    /// Reads a file.
    ///
    /// @throws IOException when the file cannot be read
    /// @throws dev.whittle.engine.model.MalformedModelException when it is not a sound TFLite file
    /// @throws dev.whittle.engine.model.UnsupportedModelException when it uses what the engine does not run
    public static Model read(Path path) throws IOException {
        String name = String.valueOf(path.getFileName());
        try (FileChannel channel = FileChannel.open(path)) {
            // The header is looked at first, so that a huge file of another kind is not read into memory.
            ByteBuffer header = ByteBuffer.allocate((int) Math.min(HEADER_BYTES, channel.size()));
            readFully(channel, header);
            FlatFile.requireHeader(name, header.flip());
            if (channel.size() > Integer.MAX_VALUE) {
                throw new UnsupportedModelException(
                        "[" + name + "] is " + channel.size() + " bytes long, supported are up to 2 GiB");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) channel.size()).put(header);
            readFully(channel, bytes);
            return read(name, bytes.flip());
        }
    }

    /// Reads a model from memory; the model keeps views of `bytes`.
    ///
    /// @param name stands for the file in messages
    public static Model read(String name, ByteBuffer bytes) {
        FlatFile file = new FlatFile(name, bytes);
        FlatTable root = file.root();
        return new ModelReader(file, root).model(root);
    }

    private static void readFully(FileChannel channel, ByteBuffer into) throws IOException {
        while (into.hasRemaining() && channel.read(into) >= 0) {
            // read() fills as much as it can; the loop ends at the file's end or when the buffer is full.
        }
    }

    private Model model(FlatTable root) {
        int version = root.int32(Slots.Model.VERSION, 0);
        if (version != Model.SCHEMA_VERSION) {
            throw file.unsupported("model", "schema version " + version + ", supported is " + Model.SCHEMA_VERSION);
        }
        List<FlatTable> tables = root.tables(Slots.Model.SUBGRAPHS);
        if (tables.isEmpty()) {
            throw file.malformed("model", "no subgraph, expected at least one");
        }
        List<Subgraph> subgraphs = new ArrayList<>();
        for (int i = 0; i < tables.size(); i++) {
            subgraphs.add(subgraph(i, tables.get(i), tables.size()));
        }
        List<Signature> signatures = new ArrayList<>();
        for (FlatTable table : root.tables(Slots.Model.SIGNATURE_DEFS)) {
            signatures.add(signature(table, subgraphs));
        }
        List<Metadata> metadata = new ArrayList<>();
        for (FlatTable table : root.tables(Slots.Model.METADATA)) {
            String name = table.string(Slots.Metadata.NAME);
            Buffer content = buffer("metadata \"" + name + "\"", table.int32(Slots.Metadata.BUFFER, 0));
            metadata.add(new Metadata(name, content == null ? Buffer.of() : content));
        }
        return new Model(file.name(), version, root.string(Slots.Model.DESCRIPTION), subgraphs, signatures, metadata);
    }

    private Subgraph subgraph(int index, FlatTable table, int subgraphCount) {
        String where = "subgraph " + index;
        List<Tensor> tensors = new ArrayList<>();
        List<FlatTable> tensorTables = table.tables(Slots.SubGraph.TENSORS);
        for (int i = 0; i < tensorTables.size(); i++) {
            tensors.add(tensor(i, tensorTables.get(i)));
        }
        List<Integer> inputs = indices(where + " inputs", table.int32s(Slots.SubGraph.INPUTS), 0, tensors.size());
        List<Integer> outputs = indices(where + " outputs", table.int32s(Slots.SubGraph.OUTPUTS), 0, tensors.size());

        BitSet defined = new BitSet(tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            defined.set(i, tensors.get(i).isConstant() || tensors.get(i).isVariable());
        }
        inputs.forEach(defined::set);
        List<Operator> operators = new ArrayList<>();
        List<FlatTable> operatorTables = table.tables(Slots.SubGraph.OPERATORS);
        for (int i = 0; i < operatorTables.size(); i++) {
            operators.add(operator(i, operatorTables.get(i), tensors, inputs, defined, subgraphCount));
        }
        for (int output : outputs) {
            if (!defined.get(output)) {
                throw file.malformed(where, "output tensor " + output + " is computed by no operator");
            }
        }
        return new Subgraph(table.string(Slots.SubGraph.NAME), tensors, inputs, outputs, operators);
    }

    private Tensor tensor(int index, FlatTable table) {
        String name = table.string(Slots.Tensor.NAME);
        String where = "tensor " + index + " \"" + name + "\"";
        int typeNumber = table.int8(Slots.Tensor.TYPE, 0);
        ElementType type = ElementType.of(typeNumber);
        if (type == null) {
            throw file.malformed(where, "element type " + typeNumber + ", expected 0 to "
                    + (ElementType.values().length - 1));
        }
        if (table.has(Slots.Tensor.SPARSITY)) {
            throw file.unsupported(where, "sparse data, supported is dense data");
        }
        if (table.int32(Slots.Tensor.EXTERNAL_BUFFER, 0) != 0) {
            throw file.unsupported(where, "data in an external file, supported is data inside the model file");
        }
        Shape shape = shape(where, table.int32s(Slots.Tensor.SHAPE), 0);
        Shape signature = table.has(Slots.Tensor.SHAPE_SIGNATURE)
                ? shape(where, table.int32s(Slots.Tensor.SHAPE_SIGNATURE), -1)
                : shape;
        if (signature.rank() == 0) {
            // A file that writes an empty signature means the shape itself.
            signature = shape;
        }
        if (signature.rank() != shape.rank()) {
            throw file.malformed(where, "shape signature " + signature + " for shape " + shape
                    + ", must have the same rank");
        }
        Buffer data = buffer(where, table.int32(Slots.Tensor.BUFFER, 0));
        if (data != null) {
            requireDataLength(where, type, shape, data);
        }
        boolean isVariable = table.bool(Slots.Tensor.IS_VARIABLE, false);
        return new Tensor(name, type, shape, signature, quantization(where, type, shape, table), data, isVariable);
    }

    private Shape shape(String where, int[] dimensions, int smallest) {
        if (dimensions.length > MAX_RANK) {
            throw file.malformed(where, "rank " + dimensions.length + ", expected at most " + MAX_RANK);
        }
        long elements = 1;
        for (int axis = 0; axis < dimensions.length; axis++) {
            if (dimensions[axis] < smallest) {
                throw file.malformed(where, "dimension " + axis + " is " + dimensions[axis] + ", must be " + smallest
                        + " or more");
            }
            elements *= Math.max(1, dimensions[axis]);
            if (elements > Integer.MAX_VALUE) {
                throw file.malformed(where, "shape " + Shape.of(dimensions) + " has more than 2^31-1 elements");
            }
        }
        return Shape.of(dimensions);
    }

    private void requireDataLength(String where, ElementType type, Shape shape, Buffer data) {
        if (type.bits() == 0) {
            return;
        }
        long expected = type.byteLength(shape.elementCount());
        if (data.byteLength() != expected) {
            throw file.malformed(where, "data of " + data.byteLength() + " bytes for " + type + " " + shape
                    + ", expected " + expected);
        }
    }

    /// The data of a buffer, null where it is empty: that is how files mark activations.
    private @Nullable Buffer buffer(String where, int index) {
        if (index < 0 || index >= buffers.size()) {
            // A file without any buffer has no constants; index 0 then stands for "none".
            if (index == 0) {
                return null;
            }
            throw file.malformed(where, "buffer " + Integer.toUnsignedString(index) + ", expected one of "
                    + buffers.size());
        }
        FlatTable table = buffers.get(index);
        if (table.has(Slots.Buffer.OFFSET)) {
            throw file.unsupported(where, "data after the flatbuffer, supported is data inside it");
        }
        ByteBuffer data = table.bytes(Slots.Buffer.DATA);
        return data.hasRemaining() ? Buffer.wrap(data) : null;
    }

    private @Nullable QuantizationParameters quantization(String where, ElementType type, Shape shape,
            FlatTable tensor) {
        FlatTable table = tensor.table(Slots.Tensor.QUANTIZATION);
        if (table == null) {
            return null;
        }
        if (table.uint8(Slots.QuantizationParameters.DETAILS_TYPE, 0) != 0) {
            throw file.unsupported(where,
                    "custom or blockwise quantization, supported is one scale or one per channel");
        }
        float[] scale = table.float32s(Slots.QuantizationParameters.SCALE);
        if (scale.length == 0 || !isQuantizable(type)) {
            // Files record the observed range of float tensors here; it takes no part in inference.
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
        long[] zeroPoint = table.int64s(Slots.QuantizationParameters.ZERO_POINT);
        if (zeroPoint.length == 0) {
            zeroPoint = new long[scale.length];
        }
        requireZeroPoints(where, type, zeroPoint);
        try {
            return QuantizationParameters.perChannel(scale, zeroPoint, scale.length > 1 ? dimension : 0);
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

    private Operator operator(int index, FlatTable table, List<Tensor> tensors, List<Integer> subgraphInputs,
            BitSet defined, int subgraphCount) {
        int codeIndex = table.int32(Slots.Operator.OPCODE_INDEX, 0);
        if (codeIndex < 0 || codeIndex >= operatorCodes.size()) {
            throw file.malformed("operator #" + index, "operator code " + Integer.toUnsignedString(codeIndex)
                    + ", expected one of " + operatorCodes.size());
        }
        FlatTable codeTable = operatorCodes.get(codeIndex);
        // Files from before the field was widened carry the number in the byte only.
        int number = Math.max(codeTable.int8(Slots.OperatorCode.DEPRECATED_BUILTIN_CODE, 0),
                codeTable.int32(Slots.OperatorCode.BUILTIN_CODE, 0));
        OperatorCode code = OperatorCode.of(number);
        if (code == null) {
            throw file.malformed("operator #" + index, "builtin operator " + number + ", expected 0 to "
                    + (OperatorCode.values().length - 1));
        }
        String where = code + " #" + index;
        List<Integer> inputs = indices(where + " inputs", table.int32s(Slots.Operator.INPUTS), Operator.ABSENT,
                tensors.size());
        List<Integer> outputs = indices(where + " outputs", table.int32s(Slots.Operator.OUTPUTS), 0, tensors.size());
        for (int input : inputs) {
            if (input == Operator.ABSENT || defined.get(input)) {
                continue;
            }
            Tensor tensor = tensors.get(input);
            if (tensor.shape().elementCount() > 0) {
                throw file.malformed(where, "reads tensor " + input + " \"" + tensor.name()
                        + "\", which no earlier operator computes");
            }
            // A constant of no elements has no data to tell it from an activation.
            tensors.set(input, tensor.withBuffer(Buffer.of()));
            defined.set(input);
        }
        for (int output : outputs) {
            if (tensors.get(output).isConstant() || subgraphInputs.contains(output) || defined.get(output)) {
                throw file.malformed(where, "writes tensor " + output + " \"" + tensors.get(output).name()
                        + "\", which is defined already");
            }
            defined.set(output);
        }
        List<Integer> intermediates = indices(where + " intermediates", table.int32s(Slots.Operator.INTERMEDIATES),
                Operator.ABSENT, tensors.size());
        Options options = code == OperatorCode.CUSTOM
                ? custom(where, codeTable, table)
                : new OptionsReader(file, where, code, table, subgraphCount).read();
        return new Operator(options, inputs, outputs, intermediates, codeTable.int32(Slots.OperatorCode.VERSION, 1));
    }

    private Options custom(String where, FlatTable codeTable, FlatTable operator) {
        String name = codeTable.string(Slots.OperatorCode.CUSTOM_CODE);
        if (name.isEmpty()) {
            throw file.malformed(where, "no custom code, expected the operator's name");
        }
        return new Options.Custom(name, Buffer.wrap(operator.bytes(Slots.Operator.CUSTOM_OPTIONS)));
    }

    private List<Integer> indices(String where, int[] values, int smallest, int limit) {
        List<Integer> indices = new ArrayList<>(values.length);
        for (int value : values) {
            if (value < smallest || value >= limit) {
                throw file.malformed(where, "tensor index " + value + ", expected " + smallest + " to " + (limit - 1));
            }
            indices.add(value);
        }
        return indices;
    }

    private Signature signature(FlatTable table, List<Subgraph> subgraphs) {
        String key = table.string(Slots.SignatureDef.SIGNATURE_KEY);
        String where = "signature \"" + key + "\"";
        int subgraph = table.int32(Slots.SignatureDef.SUBGRAPH_INDEX, 0);
        if (subgraph < 0 || subgraph >= subgraphs.size()) {
            throw file.malformed(where, "subgraph " + subgraph + ", expected one of " + subgraphs.size());
        }
        int tensorCount = subgraphs.get(subgraph).tensors().size();
        return new Signature(key, subgraph, tensorMap(where, table.tables(Slots.SignatureDef.INPUTS), tensorCount),
                tensorMap(where, table.tables(Slots.SignatureDef.OUTPUTS), tensorCount));
    }

    private SequencedMap<String, Integer> tensorMap(String where, List<FlatTable> entries, int tensorCount) {
        SequencedMap<String, Integer> map = new LinkedHashMap<>();
        for (FlatTable entry : entries) {
            String name = entry.string(Slots.TensorMap.NAME);
            int tensor = entry.int32(Slots.TensorMap.TENSOR_INDEX, 0);
            map.put(name, indices(where, new int[]{tensor}, 0, tensorCount).getFirst());
        }
        return map;
    }
}
