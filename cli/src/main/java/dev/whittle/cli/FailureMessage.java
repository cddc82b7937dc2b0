package dev.whittle.cli;

import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.UnsupportedModelException;
import dev.whittle.trainer.data.DataException;
import dev.whittle.trainer.network.CheckpointException;
import dev.whittle.trainer.network.TrainingException;
import dev.whittle.trainer.weights.WeightsException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// What a person reads when something fails: always one line.
public final class FailureMessage {

    private FailureMessage() {}

    /// One line about `failure`. What the modules throw on purpose already says what was found and expected; anything else
    /// is a fault of Whittle and says where it happened.
    public static String of(Throwable failure) {
        return oneLine(switch (failure) {
            case NoSuchFileException e -> e.getFile() + ": no such file or folder";
            case AccessDeniedException e -> e.getFile() + ": permission denied";
            case NotDirectoryException e -> e.getFile() + ": not a folder";
            case FileSystemException e ->
                    e.getFile() + ": " + (e.getReason() == null ? "cannot be used" : e.getReason());
            case FileNotFoundException e -> text(e);
            case IOException e -> text(e);
            case UncheckedIOException e when e.getCause() != null -> of(e.getCause());
            case ExecutionException e when e.getCause() != null -> of(e.getCause());
            case MalformedModelException e -> text(e);
            case UnsupportedModelException e -> text(e);
            case DataException e -> text(e);
            case CheckpointException e -> text(e);
            case TrainingException e -> text(e);
            case WeightsException e -> text(e);
            case IllegalArgumentException e when e.getMessage() != null -> text(e);
            case IllegalStateException e when e.getMessage() != null -> text(e);
            case OutOfMemoryError e -> "out of memory (" + text(e) + "): give java a larger heap with -Xmx";
            case StackOverflowError e -> "nested too deeply" + place(e) + ": give java a larger stack with -Xss";
            default -> "internal error: " + text(failure) + place(failure) + "; please report it with the command";
        });
    }

    /// `text` with its line breaks replaced by spaces, and other control characters, with which a name in a file could
    /// write to the terminal as it likes, by dots.
    public static String oneLine(@Nullable String text) {
        return text == null ? "" : text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cc}", ".");
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    private static String place(Throwable failure) {
        return Arrays.stream(failure.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("dev.whittle."))
                .findFirst()
                .map(frame -> " (" + failure.getClass().getSimpleName() + " at " + frame.getFileName() + ":"
                        + frame.getLineNumber() + ")")
                .orElse(" (" + failure.getClass().getSimpleName() + ")");
    }
}
