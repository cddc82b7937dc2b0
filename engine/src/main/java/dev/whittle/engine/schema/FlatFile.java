package dev.whittle.engine.schema;

import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.UnsupportedModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// The bytes of one file, the name that messages carry, and a budget on how much of it is decoded.
///
/// FlatBuffers lets many references point at one place, so a small file could unfold into a huge graph. Every table,
/// vector and string that is visited is charged with its bytes; a sound file is visited about once.
final class FlatFile {
    private static final String IDENTIFIER = "TFL3";
    private static final int HEADER_BYTES = 8;
    private static final long VISITS_PER_BYTE = 32;

    private final String name;
    private final ByteBuffer bytes;
    private long budget;

    /// @param bytes the whole file, from position 0
    FlatFile(String name, ByteBuffer bytes) {
        this.name = name;
        this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        this.budget = VISITS_PER_BYTE * this.bytes.limit();
    }

    ByteBuffer bytes() {
        return bytes;
    }

    /// The root table, after the header has been checked.
    FlatTable root() {
        requireHeader(name, bytes);
        return FlatTable.at(this, (int) follow(0));
    }

    /// @throws MalformedModelException unless the first bytes are those of a TFLite file
    static void requireHeader(String name, ByteBuffer start) {
        if (start.limit() < HEADER_BYTES) {
            throw new MalformedModelException("[" + name + "] is " + start.limit()
                    + " bytes long, expected at least " + HEADER_BYTES + ": not a .tflite file");
        }
        byte[] identifier = new byte[IDENTIFIER.length()];
        start.get(Integer.BYTES, identifier);
        String found = new String(identifier, StandardCharsets.ISO_8859_1);
        if (!found.equals(IDENTIFIER)) {
            throw new MalformedModelException("[" + name + "] byte 4: file identifier is \"" + printable(found)
                    + "\", expected \"" + IDENTIFIER + "\": not a .tflite file");
        }
    }

    private static String printable(String text) {
        return text.replaceAll("[^ -~]", ".");
    }

    /// Where the 32-bit unsigned offset at `position` leads; not yet checked against anything but the file's end.
    long follow(int position) {
        requireInside(position, Integer.BYTES, "offset");
        long offset = Integer.toUnsignedLong(bytes.getInt(position));
        long target = position + offset;
        if (offset == 0 || target >= bytes.limit()) {
            throw malformed(position, "offset leads to byte " + target + ", expected one inside the file ("
                    + bytes.limit() + " bytes)");
        }
        return target;
    }

    /// @throws MalformedModelException unless `length` bytes from `position` lie in the file
    void requireInside(long position, long length, String what) {
        if (position < 0 || length < 0 || position > bytes.limit() - length) {
            throw malformed(position, what + " of " + length + " bytes ends past the file (" + bytes.limit()
                    + " bytes)");
        }
        budget -= length;
        if (budget < 0) {
            throw malformed(position, "the same parts are referred to again and again; expected each about once");
        }
    }

    MalformedModelException malformed(long position, String foundAndExpected) {
        return new MalformedModelException("[" + name + "] byte " + position + ": " + foundAndExpected);
    }

    /// A fault in what the file means rather than in its bytes.
    MalformedModelException malformed(String where, String foundAndExpected) {
        return new MalformedModelException("[" + name + "] " + where + ": " + foundAndExpected);
    }

    UnsupportedModelException unsupported(String where, String foundAndSupported) {
        return new UnsupportedModelException("[" + name + "] " + where + ": " + foundAndSupported);
    }

    String name() {
        return name;
    }
}
