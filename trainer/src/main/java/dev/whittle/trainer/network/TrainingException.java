package dev.whittle.trainer.network;

/// A training that cannot go on: its loss is no longer a number.
public final class TrainingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TrainingException(String message) {
        super(message);
    }
}
