package dev.whittle.engine.file;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Replaces a file in one step: the contents go to a temporary file in the same folder, are forced to the disk, and are
/// moved into place. A process that dies on the way leaves the old file as it was.
public final class AtomicFile {

    /// Produces the contents of a file.
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private AtomicFile() {}

    /// @param path the file to create or replace; its folder must exist
    /// @throws IOException when writing or moving fails; the temporary file is gone then
    public static void write(Path path, Content content) throws IOException {
        Path target = path.toAbsolutePath();
        Path temporary = target.resolveSibling(
                "." + target.getFileName() + "." + ProcessHandle.current().pid() + "."
                        + Thread.currentThread().threadId()
                        + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
                    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel))) {
                content.writeTo(out);
                out.flush();
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /// As [#write(Path, Content)], for contents that are in memory.
    public static void write(Path path, byte[] content) throws IOException {
        write(path, out -> out.write(content));
    }
}
