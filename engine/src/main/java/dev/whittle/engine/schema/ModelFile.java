package dev.whittle.engine.schema;

import dev.whittle.engine.model.UnsupportedModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where a model's bytes come from: memory, or a file with others beside it. The flatbuffer is what stands in the first
/// 2 GiB; data behind it is reached by regions. Small files are read, large ones mapped, and what is mapped must not be
/// cut short by others while the model lives.
final class ModelFile implements AutoCloseable {
    private static final int HEADER_BYTES = 8;
    private static final long READ_UP_TO_BYTES = 1 << 24;

    private final String name;
    private final long byteLength;
    private final ByteBuffer start;
    private final @Nullable FileChannel channel;
    private final @Nullable Path folder;
    private final Map<String, FileChannel> besides = new HashMap<>();

    private ModelFile(String name, long byteLength, ByteBuffer start, @Nullable FileChannel channel,
            @Nullable Path folder) {
        this.name = name;
        this.byteLength = byteLength;
        this.start = start;
        this.channel = channel;
        this.folder = folder;
    }

    /// Bytes in memory; they have no other files beside them.
    static ModelFile of(String name, ByteBuffer bytes) {
        return new ModelFile(name, bytes.remaining(), bytes.slice(), null, null);
    }

    /// Opens a file; its header is looked at first, so that a huge file of another kind is neither read nor mapped.
    static ModelFile open(Path path) throws IOException {
        String name = String.valueOf(path.getFileName());
        FileChannel channel = FileChannel.open(path);
        try {
            long size = channel.size();
            ByteBuffer header = read(channel, 0, Math.min(HEADER_BYTES, size));
            FlatFile.requireHeader(name, header);
            ByteBuffer start = part(channel, 0, Math.min(size, Integer.MAX_VALUE));
            return new ModelFile(name, size, start, channel, path.toAbsolutePath().getParent());
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    String name() {
        return name;
    }

    long byteLength() {
        return byteLength;
    }

    /// The first bytes, all of them where they are less than 2 GiB.
    ByteBuffer start() {
        return start;
    }

    /// Bytes of the file, which the caller has checked to be there.
    ByteBuffer region(long offset, int length) {
        if (offset + length <= start.limit()) {
            return start.slice((int) offset, length);
        }
        if (channel == null) {
            throw new AssertionError("memory ends before byte " + offset);
        }
        return unchecked(channel, offset, length);
    }

    /// The length of a file beside this one, or −1 where there is none by that name.
    ///
    /// @throws UnsupportedModelException when the name leads out of the folder, or there is no folder
    long besideLength(String besideName) {
        FileChannel beside = beside(besideName);
        try {
            return beside == null ? -1 : beside.size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Bytes of a file beside this one, which the caller has checked to be there.
    ByteBuffer besideRegion(String besideName, long offset, int length) {
        FileChannel beside = beside(besideName);
        if (beside == null) {
            throw new AssertionError(besideName);
        }
        return unchecked(beside, offset, length);
    }

    private @Nullable FileChannel beside(String besideName) {
        FileChannel opened = besides.get(besideName);
        if (opened != null) {
            return opened;
        }
        if (folder == null) {
            throw new UnsupportedModelException("[" + name + "] needs data from the file \"" + besideName
                    + "\" beside it, and was read from memory");
        }
        Path path = childOf(folder, besideName);
        if (path == null) {
            throw new UnsupportedModelException("[" + name + "] needs data from \"" + besideName
                    + "\", supported are files in the model's own folder");
        }
        if (!Files.isRegularFile(path)) {
            return null;
        }
        try {
            FileChannel beside = FileChannel.open(path);
            besides.put(besideName, beside);
            return beside;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The file of that name in the folder, null where the name is anything but a plain file name.
    private static @Nullable Path childOf(Path folder, String name) {
        if (name.isEmpty() || name.contains("/") || name.contains("\\") || name.contains(":")) {
            return null;
        }
        try {
            Path path = folder.resolve(name).normalize();
            return folder.normalize().equals(path.getParent()) ? path : null;
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static ByteBuffer unchecked(FileChannel channel, long offset, int length) {
        try {
            return part(channel, offset, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ByteBuffer part(FileChannel channel, long offset, long length) throws IOException {
        return length <= READ_UP_TO_BYTES
                ? read(channel, offset, length)
                : channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
    }

    private static ByteBuffer read(FileChannel channel, long offset, long length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) length);
        while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) >= 0) {
            // read() fills as much as it can; the loop ends when the buffer is full or the file has shrunk meanwhile.
        }
        return bytes.flip();
    }

    /// Closes the files; what is mapped of them stays.
    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
        for (FileChannel beside : besides.values()) {
            beside.close();
        }
    }
}
