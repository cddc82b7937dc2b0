package dev.whittle.engine.schema;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// Decodes one subgraph and checks that every tensor is defined before it is used.
///
/// In the model each tensor is written once. Where a file writes one again, or writes to an input of the subgraph, the
/// later contents become a tensor of their own, and what reads them refers to that.
final class SubgraphReader {
    private final FlatFile file;
    private final ModelReader.Parts parts;
    private final String prefix;
    private final FlatTable table;
    private final int fileTensorCount;
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Integer> inputs;
    private final BitSet defined = new BitSet();
    /// For each tensor of the file, the tensor of the model with its contents at this point.
    private final int[] current;

    /// @param parts what the subgraphs of a model share
    SubgraphReader(FlatFile file, ModelReader.Parts parts, int index, FlatTable table) {
        this.file = file;
        this.parts = parts;
        this.prefix = parts.subgraphCount() == 1 ? "" : "subgraph " + index + " ";
        this.table = table;
        readTensors();
        this.fileTensorCount = tensors.size();
        this.current = new int[fileTensorCount];
        for (int i = 0; i < fileTensorCount; i++) {
            current[i] = i;
            defined.set(i, tensors.get(i).isConstant() || tensors.get(i).isVariable());
        }
        this.inputs = indices(prefix + "inputs", table.int32s(Slots.SubGraph.INPUTS), 0);
        BitSet seen = new BitSet();
        for (int input : inputs) {
            if (seen.get(input)) {
                // A caller could give it two shapes.
                throw file.malformed(prefix + "inputs", "tensor " + input + " \"" + tensors.get(input).name()
                        + "\" is there twice, must be once");
            }
            seen.set(input);
        }
        defined.or(seen);
    }

    private void readTensors() {
        List<FlatTable> tables = table.tables(Slots.SubGraph.TENSORS);
        List<String> places = new ArrayList<>();
        for (int i = 0; i < tables.size(); i++) {
            String name = tables.get(i).string(Slots.Tensor.NAME);
            places.add(prefix + "tensor " + i + " \"" + name + "\"");
            tensors.add(parts.tensors().read(places.get(i), name, tables.get(i)));
        }
        for (int i = 0; i < tables.size(); i++) {
            tensors.set(i, parts.tensors().withBlockScales(places.get(i), tensors.get(i), tables.get(i), tensors));
        }
    }

    Subgraph read() {
        List<Operator> operators = new ArrayList<>();
        for (FlatTable operator : table.tables(Slots.SubGraph.OPERATORS)) {
            operators.add(operator(operators.size(), operator));
        }
        List<Integer> outputs = new ArrayList<>();
        for (int output : indices(prefix + "outputs", table.int32s(Slots.SubGraph.OUTPUTS), 0)) {
            int tensor = current(output);
            if (!isDefined(tensor)) {
                throw file.malformed(prefix + "outputs", "tensor " + output + " \"" + tensors.get(tensor).name()
                        + "\" is computed by no operator");
            }
            outputs.add(tensor);
        }
        return new Subgraph(table.string(Slots.SubGraph.NAME), tensors, inputs, outputs, operators);
    }

    /// The tensor of the model that holds the contents of a tensor of the file after the last operator.
    int current(int fileTensor) {
        return current[fileTensor];
    }

    int fileTensorCount() {
        return fileTensorCount;
    }

    private Operator operator(int index, FlatTable operator) {
        int codeIndex = operator.int32(Slots.Operator.OPCODE_INDEX, 0);
        if (codeIndex < 0 || codeIndex >= parts.operatorCodes().size()) {
            throw file.malformed(prefix + "operator #" + index, "operator code "
                    + Integer.toUnsignedString(codeIndex) + ", expected one of " + parts.operatorCodes().size());
        }
        FlatTable codeTable = parts.operatorCodes().get(codeIndex);
        OperatorCode code = code(prefix + "operator #" + index, codeTable);
        String where = prefix + code + " #" + index;
        List<Integer> reads = new ArrayList<>();
        for (int input : indices(where + " inputs", operator.int32s(Slots.Operator.INPUTS), Operator.ABSENT)) {
            reads.add(input == Operator.ABSENT ? Operator.ABSENT : read(where, code, current(input)));
        }
        List<Integer> writes = new ArrayList<>();
        for (int output : indices(where + " outputs", operator.int32s(Slots.Operator.OUTPUTS), 0)) {
            writes.add(write(where, output));
        }
        List<Integer> intermediates = indices(where + " intermediates", operator.int32s(Slots.Operator.INTERMEDIATES),
                Operator.ABSENT);
        Options options = code == OperatorCode.CUSTOM
                ? custom(where, codeTable, operator)
                : new OptionsReader(file, where, code, operator, parts.subgraphCount()).read();
        return new Operator(options, reads, writes, intermediates, codeTable.int32(Slots.OperatorCode.VERSION, 1));
    }

    private OperatorCode code(String where, FlatTable table) {
        // Files from before the field was widened carry the number in the byte only.
        int number = Math.max(table.int8(Slots.OperatorCode.DEPRECATED_BUILTIN_CODE, 0),
                table.int32(Slots.OperatorCode.BUILTIN_CODE, 0));
        OperatorCode code = OperatorCode.of(number);
        if (code == null) {
            throw file.malformed(where, "builtin operator " + number + ", expected 0 to "
                    + (OperatorCode.values().length - 1));
        }
        return code;
    }

    private Options custom(String where, FlatTable codeTable, FlatTable operator) {
        String name = codeTable.string(Slots.OperatorCode.CUSTOM_CODE);
        if (name.isEmpty()) {
            throw file.malformed(where, "no custom code, expected the operator's name");
        }
        return new Options.Custom(name, operator.has(Slots.Operator.CUSTOM_OPTIONS)
                ? Buffer.wrap(operator.bytes(Slots.Operator.CUSTOM_OPTIONS))
                : parts.buffers().behind(where, operator.int64(Slots.Operator.LARGE_CUSTOM_OPTIONS_OFFSET, 0),
                        operator.int64(Slots.Operator.LARGE_CUSTOM_OPTIONS_SIZE, 0)));
    }

    private int read(String where, OperatorCode code, int index) {
        Tensor tensor = tensors.get(index);
        if (!isDefined(index)) {
            throw file.malformed(where, "reads tensor " + index + " \"" + tensor.name()
                    + "\", which no earlier operator computes");
        }
        QuantizationParameters quantization = tensor.quantization();
        if (quantization != null && quantization.isBlockwise() && code != OperatorCode.FULLY_CONNECTED
                && code != OperatorCode.EMBEDDING_LOOKUP) {
            throw file.unsupported(where, "reads tensor " + index + " \"" + tensor.name()
                    + "\", which has scales for blocks, supported by FULLY_CONNECTED and EMBEDDING_LOOKUP");
        }
        return index;
    }

    private boolean isDefined(int index) {
        Tensor tensor = tensors.get(index);
        if (!defined.get(index) && tensor.type().bits() > 0 && tensor.shape().elementCount() == 0) {
            // A constant of no elements has no data to tell it from an activation.
            tensors.set(index, tensor.withBuffer(Buffer.of()));
            defined.set(index);
        }
        return defined.get(index);
    }

    /// The tensor of the model that an output of an operator becomes.
    private int write(String where, int output) {
        Tensor tensor = tensors.get(output);
        if (tensor.isConstant() || tensor.isVariable()) {
            throw file.malformed(where, "writes tensor " + output + " \"" + tensor.name() + "\", which is "
                    + (tensor.isConstant() ? "constant" : "a variable"));
        }
        if (defined.get(current[output])) {
            current[output] = tensors.size();
            tensors.add(tensor);
        }
        defined.set(current[output]);
        return current[output];
    }

    private List<Integer> indices(String where, int[] values, int smallest) {
        int limit = fileTensorCount;
        List<Integer> indices = new ArrayList<>(values.length);
        for (int value : values) {
            if (value < smallest || value >= limit) {
                throw file.malformed(where, "tensor index " + value + ", expected " + smallest + " to "
                        + (limit - 1));
            }
            indices.add(value);
        }
        return indices;
    }
}
