package dev.whittle.engine.schema;

import dev.whittle.engine.model.Buffer;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The buffers of a model: inside the flatbuffer, behind it in the same file, or in a file beside it. Each is decoded
/// once, however many tensors share it.
final class BufferTable {
    private final FlatFile file;
    private final ModelFile source;
    private final List<FlatTable> buffers;
    private final Map<Integer, FlatTable> externals = new HashMap<>();
    private final List<FlatTable> groups;
    private final Map<Integer, Buffer> decoded = new HashMap<>();
    private final Map<Integer, Buffer> decodedExternals = new HashMap<>();

    BufferTable(FlatFile file, ModelFile source, FlatTable model) {
        this.file = file;
        this.source = source;
        this.buffers = model.tables(Slots.Model.BUFFERS);
        this.groups = model.tables(Slots.Model.EXTERNAL_BUFFER_GROUPS);
        for (FlatTable external : model.tables(Slots.Model.EXTERNAL_BUFFERS)) {
            int id = external.int32(Slots.ExternalBuffer.ID, 0);
            if (externals.put(id, external) != null) {
                throw file.malformed("model", "external buffer " + Integer.toUnsignedString(id)
                        + " is there twice, must be once");
            }
        }
    }

    /// The data of a buffer, null where it is empty or index 0: that is how files mark activations.
    @Nullable
    Buffer buffer(String where, int index) {
        if (index == 0) {
            return null;
        }
        if (index < 0 || index >= buffers.size()) {
            throw file.malformed(where, "buffer " + Integer.toUnsignedString(index) + ", expected one of "
                    + buffers.size());
        }
        Buffer buffer = decoded.get(index);
        if (buffer == null) {
            buffer = decode(where + " buffer " + index, buffers.get(index));
            decoded.put(index, buffer);
        }
        return buffer.byteLength() == 0 ? null : buffer;
    }

    private Buffer decode(String where, FlatTable table) {
        ByteBuffer inside = table.bytes(Slots.Buffer.DATA);
        if (inside.hasRemaining()) {
            return Buffer.wrap(inside);
        }
        return behind(where, table.int64(Slots.Buffer.OFFSET, 0), table.int64(Slots.Buffer.SIZE, 0));
    }

    /// Bytes of the same file, outside the flatbuffer. Offsets 0 and 1 stand for "none".
    Buffer behind(String where, long offset, long size) {
        if (offset == 0 || offset == 1) {
            return Buffer.of();
        }
        return Buffer.wrap(source.region(offset, requireRegion(where, offset, size, source.byteLength(), "the file")));
    }

    /// The data that a tensor has in another file.
    Buffer external(String where, int id) {
        Buffer buffer = decodedExternals.get(id);
        if (buffer == null) {
            buffer = decodeExternal(where, id);
            decodedExternals.put(id, buffer);
        }
        return buffer;
    }

    private Buffer decodeExternal(String where, int id) {
        FlatTable table = externals.get(id);
        if (table == null) {
            throw file.malformed(where, "external buffer " + Integer.toUnsignedString(id) + ", the model lists "
                    + externals.size() + " and not this");
        }
        int group = table.int32(Slots.ExternalBuffer.GROUP, 0);
        if (group < 0 || group >= groups.size()) {
            throw file.malformed(where, "external buffer group " + Integer.toUnsignedString(group)
                    + ", expected one of " + groups.size());
        }
        String name = groups.get(group).string(Slots.ExternalBufferGroup.NAME);
        long fileLength = source.besideLength(name);
        if (fileLength < 0) {
            throw file.unsupported(where, "needs the file \"" + name + "\" beside the model, which is not there");
        }
        long offset = table.int64(Slots.ExternalBuffer.OFFSET, 0);
        int length = requireRegion(where, offset, table.int64(Slots.ExternalBuffer.LENGTH, 0), fileLength,
                "\"" + name + "\"");
        return Buffer.wrap(source.besideRegion(name, offset, length));
    }

    private int requireRegion(String where, long offset, long size, long fileLength, String what) {
        if (offset < 0 || size < 0 || offset > fileLength - size) {
            throw file.malformed(where, "data of " + Long.toUnsignedString(size) + " bytes from byte "
                    + Long.toUnsignedString(offset) + " ends past " + what + " (" + fileLength + " bytes)");
        }
        if (size > Integer.MAX_VALUE) {
            throw file.unsupported(where, "data of " + size + " bytes, supported are up to 2 GiB for one tensor");
        }
        return (int) size;
    }
}
