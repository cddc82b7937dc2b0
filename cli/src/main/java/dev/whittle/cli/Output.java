package dev.whittle.cli;

import dev.whittle.engine.file.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Files and folders that commands write. A file appears whole or not at all.
public final class Output {

    private Output() {}

    /// The folder, made where it is missing.
    ///
    /// @throws IllegalArgumentException if a file stands in its place
    public static Path folder(Path folder) throws IOException {
        for (Path place = folder; place != null; place = place.getParent()) {
            if (Files.exists(place)) {
                if (!Files.isDirectory(place)) {
                    throw new IllegalArgumentException(place + " is a file, expected a folder to write into");
                }
                break;
            }
        }
        return Files.createDirectories(folder);
    }

    /// The folder that `file` goes to, made where it is missing.
    ///
    /// @throws IllegalArgumentException if a file stands in the folder's place
    public static void folderOf(Path file) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            folder(parent);
        }
    }

    /// Writes `content` to `file`, replacing what was there.
    public static Path write(Path file, byte[] content) throws IOException {
        folderOf(file);
        AtomicFile.write(file, content);
        return file;
    }

    /// Writes `text` in UTF-8 to `file`, replacing what was there.
    public static Path write(Path file, String text) throws IOException {
        return write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
