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
        @Option(names = "--data", paramLabel = "DIR", description = "Folder with one sub-folder per class, or with train/ and test/ above them.") private @Nullable Path folder;

        @Option(names = "--generate", description = "Generated photographs of castings instead of a folder.") private boolean generate;
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
        Path folder = chosen.folder;
        return Optional.of(folder == null ? Photographs.generate(seed) : Photographs.read(folder, seed, threads));
    }

    /// The images that were asked for.
    ///
    /// @throws ParameterException if none were
    Photographs required() {
        return photographs().orElseThrow(
                () -> new ParameterException(spec.commandLine(), "Missing required option: --data=DIR or --generate"));
    }
}
