package dev.whittle.engine.schema;

import com.google.flatbuffers.Table;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One table of a FlatBuffers file, any table: fields are asked for by slot, and every offset, vtable, length and string
/// is checked against the file before it is used. An absent field gives its default.
///
/// Format: "FlatBuffers Internals", flatbuffers.dev. A table starts with the signed distance back to its vtable; the
/// vtable holds its own size, the table's size, and one 16-bit field offset per slot.
final class FlatTable extends Table {
    private static final int VTABLE_HEADER_BYTES = 2 * Short.BYTES;

    private final FlatFile file;
    private final int tableBytes;

    private FlatTable(FlatFile file, int position) {
        this.file = file;
        file.requireInside(position, Integer.BYTES, "table");
        long vtable = (long) position - file.bytes().getInt(position);
        file.requireInside(vtable, VTABLE_HEADER_BYTES, "vtable");
        int vtableBytes = Short.toUnsignedInt(file.bytes().getShort((int) vtable));
        this.tableBytes = Short.toUnsignedInt(file.bytes().getShort((int) vtable + Short.BYTES));
        if (vtableBytes < VTABLE_HEADER_BYTES || vtableBytes % Short.BYTES != 0) {
            throw file.malformed(vtable, "vtable of " + vtableBytes + " bytes, expected an even number from 4 on");
        }
        if (tableBytes < Integer.BYTES) {
            throw file.malformed(vtable, "table of " + tableBytes + " bytes, expected at least 4");
        }
        file.requireInside(vtable, vtableBytes, "vtable");
        file.requireInside(position, tableBytes, "table");
        __reset(position, file.bytes());
    }

    static FlatTable at(FlatFile file, int position) {
        return new FlatTable(file, position);
    }

    /// Byte offset of this table from the start of the file.
    int position() {
        return bb_pos;
    }

    boolean has(int slot) {
        return field(slot, 1) != 0;
    }

    int int32(int slot, int absent) {
        int field = field(slot, Integer.BYTES);
        return field == 0 ? absent : bb.getInt(field);
    }

    int int8(int slot, int absent) {
        int field = field(slot, Byte.BYTES);
        return field == 0 ? absent : bb.get(field);
    }

    /// An unsigned byte, as union types are.
    int uint8(int slot, int absent) {
        return int8(slot, absent) & 0xff;
    }

    long int64(int slot, long absent) {
        int field = field(slot, Long.BYTES);
        return field == 0 ? absent : bb.getLong(field);
    }

    boolean bool(int slot, boolean absent) {
        return int8(slot, absent ? 1 : 0) != 0;
    }

    float float32(int slot, float absent) {
        int field = field(slot, Float.BYTES);
        return field == 0 ? absent : bb.getFloat(field);
    }

    @Nullable
    FlatTable table(int slot) {
        int field = field(slot, Integer.BYTES);
        return field == 0 ? null : at(file, (int) file.follow(field));
    }

    /// A vector of tables; empty where absent.
    List<FlatTable> tables(int slot) {
        ByteBuffer offsets = vector(slot, Integer.BYTES);
        int start = offsets.position();
        int count = offsets.remaining() / Integer.BYTES;
        List<FlatTable> tables = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tables.add(at(file, (int) file.follow(start + i * Integer.BYTES)));
        }
        return tables;
    }

    int[] int32s(int slot) {
        ByteBuffer elements = vector(slot, Integer.BYTES);
        int[] values = new int[elements.remaining() / Integer.BYTES];
        elements.asIntBuffer().get(values);
        return values;
    }

    int[] uint16s(int slot) {
        ByteBuffer elements = vector(slot, Short.BYTES);
        int[] values = new int[elements.remaining() / Short.BYTES];
        for (int i = 0; i < values.length; i++) {
            values[i] = Short.toUnsignedInt(elements.getShort());
        }
        return values;
    }

    int[] uint8s(int slot) {
        ByteBuffer elements = vector(slot, Byte.BYTES);
        int[] values = new int[elements.remaining()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Byte.toUnsignedInt(elements.get());
        }
        return values;
    }

    long[] int64s(int slot) {
        ByteBuffer elements = vector(slot, Long.BYTES);
        long[] values = new long[elements.remaining() / Long.BYTES];
        elements.asLongBuffer().get(values);
        return values;
    }

    float[] float32s(int slot) {
        ByteBuffer elements = vector(slot, Float.BYTES);
        float[] values = new float[elements.remaining() / Float.BYTES];
        elements.asFloatBuffer().get(values);
        return values;
    }

    /// A vector of bytes, as a view; empty where absent.
    ByteBuffer bytes(int slot) {
        return vector(slot, Byte.BYTES).slice();
    }

    /// A string; empty where absent.
    String string(int slot) {
        ByteBuffer utf8 = vector(slot, Byte.BYTES);
        int position = utf8.position();
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT).decode(utf8);
            return text.toString();
        } catch (CharacterCodingException e) {
            throw file.malformed(position, "string is not UTF-8");
        }
    }

    /// The elements of a vector as a view of the file, positioned at the first; empty where absent.
    private ByteBuffer vector(int slot, int elementBytes) {
        int field = field(slot, Integer.BYTES);
        if (field == 0) {
            return ByteBuffer.allocate(0);
        }
        long position = file.follow(field);
        file.requireInside(position, Integer.BYTES, "vector length");
        long count = Integer.toUnsignedLong(bb.getInt((int) position));
        long start = position + Integer.BYTES;
        file.requireInside(start, count * elementBytes, "vector of " + count + " elements");
        ByteBuffer view = bb.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        return view.limit((int) (start + count * elementBytes)).position((int) start);
    }

    /// Position of a field in the file, or 0 where the table does not have it.
    private int field(int slot, int bytes) {
        int offset = Short.toUnsignedInt((short) __offset(VTABLE_HEADER_BYTES + slot * Short.BYTES));
        if (offset == 0) {
            return 0;
        }
        if (offset < Integer.BYTES || offset + bytes > tableBytes) {
            throw file.malformed(bb_pos, "field " + slot + " stands at byte " + offset + " of a table of " + tableBytes
                    + " bytes");
        }
        return bb_pos + offset;
    }
}
