package dev.whittle.engine.schema;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.OperatorCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// Writes the bytes of models that no converter would write. Offsets are those of the builder.
final class FlatModel {
    /// A step in writing a table: adds fields to the one that is open.
    interface Fields {
        void add(FlatBufferBuilder builder);
    }

    final FlatBufferBuilder builder = new FlatBufferBuilder(1024);
    private final List<Integer> buffers = new ArrayList<>();
    private final List<Integer> codes = new ArrayList<>();
    private final List<Integer> subgraphs = new ArrayList<>();
    private List<Integer> tensors = new ArrayList<>();
    private List<Integer> operators = new ArrayList<>();
    private Fields modelFields = _ -> {
    };

    FlatModel() {
        buffer(_ -> {
        });
    }

    int table(Fields fields) {
        builder.startTable(16);
        fields.add(builder);
        return builder.endTable();
    }

    int tables(Integer... offsets) {
        return builder.createVectorOfTables(List.of(offsets).stream().mapToInt(Integer::intValue).toArray());
    }

    int string(String text) {
        return builder.createString(text);
    }

    int ints(int... values) {
        builder.startVector(Integer.BYTES, values.length, Integer.BYTES);
        for (int i = values.length - 1; i >= 0; i--) {
            builder.addInt(values[i]);
        }
        return builder.endVector();
    }

    int longs(long... values) {
        builder.startVector(Long.BYTES, values.length, Long.BYTES);
        for (int i = values.length - 1; i >= 0; i--) {
            builder.addLong(values[i]);
        }
        return builder.endVector();
    }

    int floats(float... values) {
        builder.startVector(Float.BYTES, values.length, Float.BYTES);
        for (int i = values.length - 1; i >= 0; i--) {
            builder.addFloat(values[i]);
        }
        return builder.endVector();
    }

    /// The index of a new buffer.
    int buffer(Fields fields) {
        buffers.add(table(fields));
        return buffers.size() - 1;
    }

    int buffer(byte... data) {
        int vector = builder.createByteVector(data);
        return buffer(table -> table.addOffset(Slots.Buffer.DATA, vector, 0));
    }

    /// Numbers as a file has them.
    static byte[] littleEndian(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        return bytes.array();
    }

    /// Adds a tensor without data to the open subgraph, and gives its index.
    int tensor(ElementType type, int... shape) {
        return tensor("t" + tensors.size(), type, shape, _ -> {
        });
    }

    int tensor(String tensorName, ElementType type, int[] shape, Fields fields) {
        int dimensions = ints(shape);
        int name = string(tensorName);
        tensors.add(table(table -> {
            table.addOffset(Slots.Tensor.SHAPE, dimensions, 0);
            table.addByte(Slots.Tensor.TYPE, (byte) type.number(), 0);
            table.addOffset(Slots.Tensor.NAME, name, 0);
            fields.add(table);
        }));
        return tensors.size() - 1;
    }

    /// A tensor of one scale and zero point.
    int quantized(ElementType type, float scale, long zeroPoint, int... shape) {
        int scales = floats(scale);
        int zeroPoints = longs(zeroPoint);
        int quantization = table(table -> {
            table.addOffset(Slots.QuantizationParameters.SCALE, scales, 0);
            table.addOffset(Slots.QuantizationParameters.ZERO_POINT, zeroPoints, 0);
        });
        return tensor("t" + tensors.size(), type, shape,
                table -> table.addOffset(Slots.Tensor.QUANTIZATION, quantization, 0));
    }

    /// Adds an operator without options to the open subgraph.
    void operator(OperatorCode code, int[] inputs, int[] outputs) {
        operator(code, inputs, outputs, 0, _ -> {
        });
    }

    /// Adds an operator to the open subgraph, its options the member of the union with that number.
    void operator(OperatorCode code, int[] inputs, int[] outputs, int union, Fields options) {
        codes.add(table(table -> {
            table.addByte(Slots.OperatorCode.DEPRECATED_BUILTIN_CODE, (byte) Math.min(127, code.number()), 0);
            table.addInt(Slots.OperatorCode.BUILTIN_CODE, code.number(), 0);
        }));
        int ins = ints(inputs);
        int outs = ints(outputs);
        int optionsTable = table(options);
        operators.add(table(table -> {
            table.addInt(Slots.Operator.OPCODE_INDEX, codes.size() - 1, 0);
            table.addOffset(Slots.Operator.INPUTS, ins, 0);
            table.addOffset(Slots.Operator.OUTPUTS, outs, 0);
            if (union != 0) {
                table.addByte(Slots.Operator.BUILTIN_OPTIONS_TYPE, (byte) union, 0);
                table.addOffset(Slots.Operator.BUILTIN_OPTIONS, optionsTable, 0);
            }
        }));
    }

    /// Closes the subgraph; the next tensor begins another.
    void subgraph(int[] inputs, int[] outputs) {
        int tensorVector = tables(tensors.toArray(Integer[]::new));
        int operatorVector = tables(operators.toArray(Integer[]::new));
        int ins = ints(inputs);
        int outs = ints(outputs);
        subgraphs.add(table(table -> {
            table.addOffset(Slots.SubGraph.TENSORS, tensorVector, 0);
            table.addOffset(Slots.SubGraph.INPUTS, ins, 0);
            table.addOffset(Slots.SubGraph.OUTPUTS, outs, 0);
            table.addOffset(Slots.SubGraph.OPERATORS, operatorVector, 0);
        }));
        tensors = new ArrayList<>();
        operators = new ArrayList<>();
    }

    /// Fields of the root table besides those written here.
    void model(Fields fields) {
        modelFields = fields;
    }

    byte[] bytes() {
        int codeVector = tables(codes.toArray(Integer[]::new));
        int subgraphVector = tables(subgraphs.toArray(Integer[]::new));
        int bufferVector = tables(buffers.toArray(Integer[]::new));
        builder.finish(table(table -> {
            table.addInt(Slots.Model.VERSION, Model.SCHEMA_VERSION, 0);
            table.addOffset(Slots.Model.OPERATOR_CODES, codeVector, 0);
            table.addOffset(Slots.Model.SUBGRAPHS, subgraphVector, 0);
            table.addOffset(Slots.Model.BUFFERS, bufferVector, 0);
            modelFields.add(table);
        }), "TFL3");
        return builder.sizedByteArray();
    }

    Model read() {
        return ModelReader.read("model.tflite", ByteBuffer.wrap(bytes()));
    }

    Model read(ModelLimits limits) {
        return ModelReader.read("model.tflite", ByteBuffer.wrap(bytes()), limits);
    }
}
