package dev.whittle.trainer.data;

/// Data that cannot be used: a missing or empty folder, one class only, every image broken. The message is one line that
/// names the folder or file, what was found and what was expected.
public final class DataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
