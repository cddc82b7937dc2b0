package dev.whittle.cli.command;

import dev.whittle.cli.pipeline.Photographs;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Which images a command works on, and how they are divided.
final class DataOptions {
    @ArgGroup(exclusive = true, multiplicity = "0..1") private @Nullable Choice choice;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "7", description = "Seed of everything random (default: ${DEFAULT-VALUE}).") private long seed;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute with (default: all processors).") private int threads =
            Runtime.getRuntime().availableProcessors();

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    static final class Choice {
        @Option(names = "--data", paramLabel = "PATH", description = "Folder with one sub-folder per class, or with train/ and test/ above them; a .csv list with the columns path and label, or a folder of train.csv, validation.csv and test.csv; .npz arrays such as x_train and y_train; a folder of IDX files.") private @Nullable Path path;

        @Option(names = "--generate", description = "Generated photographs of castings instead of images of yours.") private boolean generate;
    }

    long seed() {
        return seed;
    }

    int threads() {
        return threads;
    }

    /// The images that were asked for, if any were.
    Optional<Photographs> photographs() {
        if (threads < 1) {
            throw new ParameterException(spec.commandLine(), "--threads is " + threads + ", must be at least 1");
        }
        Choice chosen = choice;
        if (chosen == null) {
            return Optional.empty();
        }
        Path path = chosen.path;
        return Optional.of(path == null ? Photographs.generate(seed) : Photographs.read(path, seed, threads));
    }

    /// The images that were asked for.
    ///
    /// @throws ParameterException if none were
    Photographs required() {
        return photographs().orElseThrow(
                () -> new ParameterException(spec.commandLine(), "Missing required option: --data=PATH or --generate"));
    }
}
