package dev.whittle.engine.model;

/// The file is sound but asks for something that the engine does not run. The message is one line that names the
/// file, the operator, what was found and what is supported.
public final class UnsupportedModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnsupportedModelException(String message) {
        super(OneLine.of(message));
    }
}
