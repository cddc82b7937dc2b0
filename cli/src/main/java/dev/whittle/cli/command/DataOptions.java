package dev.whittle.cli.command;

import dev.whittle.cli.pipeline.Photographs;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Which images a command works on, and how they are divided.
final class DataOptions {
    @ArgGroup(exclusive = true, multiplicity = "1") private Choice choice = new Choice();

    @Option(names = "--seed", paramLabel = "N", defaultValue = "7", description = "Seed of everything random (default: ${DEFAULT-VALUE}).") private long seed;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute with (default: all processors).") private int threads =
            Runtime.getRuntime().availableProcessors();

    static final class Choice {
        @Parameters(paramLabel = "DIR", arity = "1", description = "Folder with one sub-folder per class, or with train/ and test/ above them.") private @Nullable Path folder;

        @Option(names = "--generate", description = "Use generated photographs of castings instead of a folder.") private boolean generate;
    }

    long seed() {
        return seed;
    }

    int threads() {
        return threads;
    }

    Photographs photographs() {
        Path folder = choice.folder;
        return folder == null ? Photographs.generate(seed) : Photographs.read(folder, seed, threads);
    }
}
