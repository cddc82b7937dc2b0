package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.pipeline.DataChoice;
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
final class DataOptions implements OptionGroup {
    @ArgGroup(exclusive = true, multiplicity = "0..1") private @Nullable Choice choice;

    @Option(names = "--split", paramLabel = "HOW", defaultValue = "published", description = "published: sets that the data comes in stay as they are; group: all images are divided anew, near-duplicates on one side (default: ${DEFAULT-VALUE}).") private Photographs.Division split =
            Photographs.Division.PUBLISHED;

    @Option(names = "--validation", paramLabel = "SHARE", defaultValue = "0.15", description = "Of the training images, to validate with, where the data has no such set (default: ${DEFAULT-VALUE}).") private double validation;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "7", description = "Seed of everything random (default: ${DEFAULT-VALUE}).") private long seed;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute with (default: all processors).") private int threads =
            Runtime.getRuntime().availableProcessors();

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    private @Nullable Photographs photographs;

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
    Optional<DataChoice> choice() {
        if (threads < 1) {
            throw new ParameterException(spec.commandLine(), "--threads is " + threads + ", must be at least 1");
        }
        if (!(validation > 0 && validation < 1)) {
            throw new ParameterException(spec.commandLine(),
                    "--validation is " + validation + ", must lie between 0 and 1");
        }
        return Optional.ofNullable(choice).map(chosen -> new DataChoice(chosen.path, split, validation));
    }

    /// The images that were asked for, if any were; opened once.
    Optional<Photographs> photographs() {
        if (photographs == null) {
            photographs = choice().map(chosen -> chosen.photographs(seed, threads)).orElse(null);
        }
        return Optional.ofNullable(photographs);
    }

    /// The choice that was made.
    ///
    /// @throws ParameterException if none was
    DataChoice requiredChoice() {
        return choice().orElseThrow(
                () -> new ParameterException(spec.commandLine(), "Missing required option: --data=PATH or --generate"));
    }

    /// The images that were asked for.
    ///
    /// @throws ParameterException if none were
    Photographs required() {
        requiredChoice();
        return photographs().orElseThrow();
    }

    /// The images at `path`, divided as asked for.
    Photographs at(Path path) {
        return new DataChoice(path, split, validation).photographs(seed, threads);
    }

    @Override
    public String heading() {
        return "Images";
    }
}
