package dev.whittle.trainer.weights;

/// Weights that cannot be read or do not fit a network. The message is one line that names the file and the array or layer,
/// what was found and what was expected.
public final class WeightsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WeightsException(String message) {
        super(message);
    }

    WeightsException(String message, Throwable cause) {
        super(message, cause);
    }
}
