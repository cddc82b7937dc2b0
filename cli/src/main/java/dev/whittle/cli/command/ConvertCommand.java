package dev.whittle.cli.command;

import dev.whittle.cli.Output;
import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.trainer.network.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "convert", description = "Turn a trained network into a float .tflite file.", footer = "  whittle convert trained/best.whittle --out float32.tflite")
public final class ConvertCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NETWORK", description = "A .whittle file of whittle train.") private Path network =
            Path.of("");

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The .tflite file to write.") private Path out =
            Path.of("");

    @Option(names = "--description", paramLabel = "TEXT", defaultValue = "Image classifier, made by Whittle.", description = "What the file says about itself (default: ${DEFAULT-VALUE})") private String description =
            "";

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Network trained = Network.read(network);
        Output.folderOf(out);
        ModelWriter.write(Lowering.lower(trained, out.getFileName().toString(), description).model(), out);
        spec.commandLine().getOut().println(out + ": " + Files.size(out) + " bytes");
        return 0;
    }
}
