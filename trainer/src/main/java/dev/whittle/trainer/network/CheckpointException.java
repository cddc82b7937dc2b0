package dev.whittle.trainer.network;

import java.nio.file.Path;

/// A checkpoint or network file that is damaged, something else, or of another training. The message is one line:
/// `[file] what was found, what was expected`.
public final class CheckpointException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CheckpointException(Path file, String foundAndExpected) {
        super("[" + file.getFileName() + "] " + foundAndExpected);
    }
}
