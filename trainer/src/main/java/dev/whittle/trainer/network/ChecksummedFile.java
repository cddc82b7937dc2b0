package dev.whittle.trainer.network;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/// A file of one kind: eight bytes that name the kind, format version, payload length, CRC-32C of the payload, payload;
/// numbers are big-endian. It is written beside its place, forced to the disk and moved, so that whoever reads it finds
/// the old content or the new, whenever the writer is killed.
///
/// @param magic eight ASCII characters
/// @param version of the payload's layout
/// @param description of the kind, for messages
record ChecksummedFile(String magic, int version, String description) {
    private static final int HEADER_BYTES = 8 + 4 + 4 + 4;

    interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    void write(Path file, Writer writer) throws IOException {
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        writer.write(new DataOutputStream(payload));
        byte[] bytes = payload.toByteArray();
        ByteBuffer header =
                ByteBuffer.allocate(HEADER_BYTES).put(magic.getBytes(StandardCharsets.US_ASCII)).putInt(version)
                        .putInt(bytes.length).putInt(checksum(bytes)).flip();
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            writeFully(channel, header);
            writeFully(channel, ByteBuffer.wrap(bytes));
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /// The payload, whose checksum is right.
    ByteBuffer read(Path file) throws IOException {
        long fileBytes = Files.size(file);
        try (InputStream stream = Files.newInputStream(file); DataInputStream in = new DataInputStream(stream)) {
            byte[] start = in.readNBytes(8);
            if (!magic.equals(new String(start, StandardCharsets.US_ASCII))) {
                throw new CheckpointException(file,
                        "is not a " + description + ", which would start with \"" + magic + "\"");
            }
            if (fileBytes < HEADER_BYTES) {
                throw new CheckpointException(file,
                        "ends within its header after %d bytes, must have %d".formatted(fileBytes,
                                HEADER_BYTES));
            }
            int foundVersion = in.readInt();
            if (foundVersion != version) {
                throw new CheckpointException(file,
                        "is a %s of version %d, must be version %d".formatted(description, foundVersion, version));
            }
            int payloadBytes = in.readInt();
            if (payloadBytes != fileBytes - HEADER_BYTES) {
                throw new CheckpointException(file, "has %d bytes after its header, which says %d".formatted(
                        fileBytes - HEADER_BYTES, Integer.toUnsignedLong(payloadBytes)));
            }
            int expected = in.readInt();
            byte[] bytes = in.readNBytes(payloadBytes);
            int found = checksum(bytes);
            if (found != expected) {
                throw new CheckpointException(file,
                        "has checksum %08x, must be %08x: the file is damaged".formatted(found,
                                expected));
            }
            return ByteBuffer.wrap(bytes);
        }
    }

    static void writeFloats(DataOutputStream out, float[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES));
        bytes.asFloatBuffer().put(values);
        out.writeInt(values.length);
        out.write(bytes.array());
    }

    static float[] readFloats(ByteBuffer in) {
        float[] values = new float[boundedCount(in, Float.BYTES)];
        in.asFloatBuffer().get(values);
        in.position(in.position() + values.length * Float.BYTES);
        return values;
    }

    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static String readText(ByteBuffer in) {
        byte[] bytes = new byte[boundedCount(in, 1)];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /// A count that is read, of things that take at least `bytesEach` of what is left: nothing huge is allocated.
    static int boundedCount(ByteBuffer in, int bytesEach) {
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / bytesEach) {
            throw new IllegalArgumentException(
                    "a list of %d elements in %d bytes".formatted(Integer.toUnsignedLong(count), in.remaining()));
        }
        return count;
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static int checksum(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return (int) checksum.getValue();
    }
}
