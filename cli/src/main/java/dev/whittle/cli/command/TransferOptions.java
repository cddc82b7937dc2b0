package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.training.ModelStart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Training that starts from a model.
final class TransferOptions implements OptionGroup {
    private static final String FROM = "--from";

    @Option(names = FROM, paramLabel = "MODEL", description = "Go on from a float .tflite model, whose last layer is replaced where the images have other classes; its layers have the names of its tensors.") private @Nullable Path from;

    @Option(names = "--from-range", paramLabel = "BLACK,WHITE", split = ",", arity = "1", description = "Numbers for black and white that the model takes; by default what its metadata says, else 0,255.") private List<Float> range =
            List.of();

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    /// The model to start from, or null where none was asked for.
    @Nullable
    ModelStart start() throws IOException {
        Path file = from;
        if (file == null) {
            return null;
        }
        for (String other : List.of("--network", "--size", "--augment", "--no-augment", "--dropout")) {
            if (spec.commandLine().getParseResult().hasMatchedOption(other)) {
                throw new ParameterException(spec.commandLine(), FROM + " says itself what " + other + " would");
            }
        }
        return ModelStart.of(file, range);
    }

    @Override
    public String heading() {
        return "A model to start from";
    }
}
