package dev.whittle.cli.command;

import dev.whittle.cli.Output;
import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.rewrite.SparseRewriter;
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

@Command(name = "convert", description = "Turn a trained network into a float .tflite file, or write a pruned .tflite file sparse.", footer = {
    "  whittle convert trained/best.whittle --out float32.tflite",
    "  whittle convert pruned_int8.tflite --sparse --out sparse_int8.tflite"})
public final class ConvertCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NETWORK", description = "A .whittle file of whittle train; with --sparse, also a .tflite file.") private Path network =
            Path.of("");

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The .tflite file to write.") private Path out =
            Path.of("");

    @Option(names = "--description", paramLabel = "TEXT", defaultValue = "Image classifier, made by Whittle.", description = "What the file says about itself (default: ${DEFAULT-VALUE})") private String description =
            "";

    @Option(names = "--sparse", description = "Write filters with many zeros in the sparse encoding of the format, which runtimes expand when they load the model.") private boolean sparse;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Model model = sparse && network.toString().endsWith(".tflite")
                ? ModelReader.read(network)
                : Lowering.lower(Network.read(network), String.valueOf(out.getFileName()), description).model();
        Output.write(out, sparse
                ? ModelWriter.toSparseBytes(SparseRewriter.rewrite(model))
                : ModelWriter.toBytes(model));
        spec.commandLine().getOut().println(out + ": " + Files.size(out) + " bytes");
        return 0;
    }
}
