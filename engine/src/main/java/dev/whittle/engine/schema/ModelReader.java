package dev.whittle.engine.schema;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.Signature;
import dev.whittle.engine.model.Subgraph;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Reads a `.tflite` file into a `Model`.
///
/// Everything is checked before it is used: offsets and lengths against the file, enums and indices against their
/// ranges, data lengths against shapes, quantization against types, that every operator's input is defined before the
/// operator, and that subgraphs do not call each other in a cycle. What breaks the format is a
/// `MalformedModelException`; what is sound but not read here is an `UnsupportedModelException`. An operator that the
/// engine does not run is read all the same: the plan refuses it.
public final class ModelReader {
    private final FlatFile file;
    private final FlatTable root;
    private final BufferTable buffers;
    private final ModelLimits limits;

    private ModelReader(ModelFile source, ModelLimits limits) {
        this.file = new FlatFile(source.name(), source.start());
        this.root = file.root();
        this.buffers = new BufferTable(file, source, root);
        this.limits = limits;
    }

    /// What the subgraphs of a model share.
    record Parts(List<FlatTable> operatorCodes, BufferTable buffers, TensorReader tensors, int subgraphCount) {
    }

    /// Reads a file, within [ModelLimits#defaults].
    ///
    /// @throws IOException when the file cannot be read
    /// @throws dev.whittle.engine.model.MalformedModelException when it is not a sound TFLite file
    /// @throws dev.whittle.engine.model.UnsupportedModelException when it uses what the engine does not read
    public static Model read(Path path) throws IOException {
        return read(path, ModelLimits.defaults());
    }

    /// Reads a file. A large one is mapped into memory, and must stay as it is while the model lives.
    ///
    /// @throws IOException when the file cannot be read
    /// @throws dev.whittle.engine.model.MalformedModelException when it is not a sound TFLite file
    /// @throws dev.whittle.engine.model.UnsupportedModelException when it uses what the engine does not read, or asks
    ///         for more than the limits
    public static Model read(Path path, ModelLimits limits) throws IOException {
        try (ModelFile source = ModelFile.open(path)) {
            return new ModelReader(source, limits).model();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /// Reads a model from memory, within [ModelLimits#defaults]; the model keeps views of `bytes`.
    ///
    /// @param name stands for the file in messages
    public static Model read(String name, ByteBuffer bytes) {
        return read(name, bytes, ModelLimits.defaults());
    }

    /// Reads a model from memory; the model keeps views of `bytes`.
    ///
    /// @param name stands for the file in messages
    public static Model read(String name, ByteBuffer bytes, ModelLimits limits) {
        return new ModelReader(ModelFile.of(name, bytes), limits).model();
    }

    private Model model() {
        int version = root.int32(Slots.Model.VERSION, 0);
        if (version != Model.SCHEMA_VERSION) {
            throw file.unsupported("model", "schema version " + Integer.toUnsignedString(version) + ", supported is "
                    + Model.SCHEMA_VERSION);
        }
        List<FlatTable> tables = root.tables(Slots.Model.SUBGRAPHS);
        if (tables.isEmpty()) {
            throw file.malformed("model", "no subgraph, expected at least one");
        }
        Parts parts = new Parts(root.tables(Slots.Model.OPERATOR_CODES), buffers,
                new TensorReader(file, buffers, limits), tables.size());
        List<SubgraphReader> readers = new ArrayList<>();
        List<Subgraph> subgraphs = new ArrayList<>();
        for (FlatTable table : tables) {
            SubgraphReader reader = new SubgraphReader(file, parts, readers.size(), table);
            readers.add(reader);
            subgraphs.add(reader.read());
        }
        CallGraph.requireSound(file, limits, subgraphs);
        List<Signature> signatures = new ArrayList<>();
        for (FlatTable table : root.tables(Slots.Model.SIGNATURE_DEFS)) {
            signatures.add(signature(table, readers));
        }
        List<Metadata> metadata = new ArrayList<>();
        for (FlatTable table : root.tables(Slots.Model.METADATA)) {
            String name = table.string(Slots.Metadata.NAME);
            Buffer content = buffers.buffer("metadata \"" + name + "\"", table.int32(Slots.Metadata.BUFFER, 0));
            metadata.add(new Metadata(name, content == null ? Buffer.of() : content));
        }
        return new Model(file.name(), version, root.string(Slots.Model.DESCRIPTION), subgraphs, signatures, metadata);
    }

    private Signature signature(FlatTable table, List<SubgraphReader> subgraphs) {
        String key = table.string(Slots.SignatureDef.SIGNATURE_KEY);
        String where = "signature \"" + key + "\"";
        int index = table.int32(Slots.SignatureDef.SUBGRAPH_INDEX, 0);
        if (index < 0 || index >= subgraphs.size()) {
            throw file.malformed(where, "subgraph " + Integer.toUnsignedString(index) + ", expected one of "
                    + subgraphs.size());
        }
        SubgraphReader subgraph = subgraphs.get(index);
        SequencedMap<String, Integer> outputs = new LinkedHashMap<>();
        for (Map.Entry<String, Integer> output : tensors(where, table.tables(Slots.SignatureDef.OUTPUTS),
                subgraph.fileTensorCount()).entrySet()) {
            outputs.put(output.getKey(), subgraph.current(output.getValue()));
        }
        return new Signature(key, index,
                tensors(where, table.tables(Slots.SignatureDef.INPUTS), subgraph.fileTensorCount()), outputs);
    }

    private SequencedMap<String, Integer> tensors(String where, List<FlatTable> entries, int tensorCount) {
        SequencedMap<String, Integer> map = new LinkedHashMap<>();
        for (FlatTable entry : entries) {
            String name = entry.string(Slots.TensorMap.NAME);
            int tensor = entry.int32(Slots.TensorMap.TENSOR_INDEX, 0);
            if (tensor < 0 || tensor >= tensorCount) {
                throw file.malformed(where, "tensor index " + Integer.toUnsignedString(tensor) + ", expected 0 to "
                        + (tensorCount - 1));
            }
            map.put(name, tensor);
        }
        return map;
    }
}
