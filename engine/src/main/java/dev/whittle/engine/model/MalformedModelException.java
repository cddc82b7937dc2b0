package dev.whittle.engine.model;

/// The file breaks the format: an offset, count, index or value that cannot be. The message is one line that names the
/// file, the place, what was found and what was expected.
public final class MalformedModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MalformedModelException(String message) {
        super(OneLine.of(message));
    }
}
