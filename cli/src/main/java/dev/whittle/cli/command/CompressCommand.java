package dev.whittle.cli.command;

import dev.whittle.cli.Output;
import dev.whittle.cli.Progress;
import dev.whittle.cli.Table;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.training.CtrlC;
import dev.whittle.converter.lower.Lowering;
import dev.whittle.converter.write.ModelWriter;
import dev.whittle.engine.model.Model;
import dev.whittle.quantizer.prune.SizeReport;
import dev.whittle.quantizer.rewrite.SparseRewriter;
import dev.whittle.trainer.callback.CsvLog;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.compression.Clustering;
import dev.whittle.trainer.compression.Compression;
import dev.whittle.trainer.compression.Pruning;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import dev.whittle.trainer.optimizer.LearningRate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "compress", description = "Train a network on while its weights become zero or shared, and say how small it is then. Quantization-aware training keeps both.", exitCodeList = {
    "0:done", "1:failed", "2:wrong usage", "130:stopped by Ctrl-C"}, footer = {
        "  whittle compress trained/best.whittle --data photos --prune 0.8 --out compressed",
        "  whittle compress trained/best.whittle --data photos --prune nm=2:4 --cluster 16 --out compressed",
        "  whittle quantize compressed/compressed.whittle --mode qat --data photos --out small_int8.tflite"})
public final class CompressCommand implements Callable<Integer> {
    /// The rate that training ends with, as a share of the one it starts with.
    private static final float LAST_SHARE = 0.05f;
    private static final String DESCRIPTION = "Image classifier, made by Whittle.";

    @Parameters(paramLabel = "NETWORK", description = "A .whittle file of whittle train.") private Path network =
            Path.of("");

    @Mixin private CompressionOptions compression = new CompressionOptions();

    @Mixin private DataOptions data = new DataOptions();

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "6", description = "Passes over the training images, for pruning and for clustering each (default: ${DEFAULT-VALUE}).") private int epochs;

    @Option(names = "--batch-size", paramLabel = "N", defaultValue = "32", description = "Images per update (default: ${DEFAULT-VALUE}).") private int batchSize;

    @Option(names = "--learning-rate", paramLabel = "RATE", defaultValue = "0.001", description = "At the start of each (default: ${DEFAULT-VALUE}).") private float learningRate;

    @Option(names = "--resume", description = "Go on where a run with the same settings was stopped.") private boolean resume;

    @Option(names = "--quiet", description = "One line per epoch instead of a progress bar.") private boolean quiet;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder to write compressed.whittle, float32.tflite, sparse.tflite, logs and checkpoints to.") private Path out =
            Path.of("");

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Network trained = Network.read(network);
        Photographs photographs = data.required();
        int batches = Math.ceilDiv(photographs.training().size(), batchSize);
        Pruning pruning = compression.pruning(epochs, batches);
        Clustering clustering = compression.clustering();
        if (pruning == null && clustering == null) {
            throw new ParameterException(spec.commandLine(), "Missing required option: --prune=WHAT or --cluster=N");
        }
        Output.folder(out);
        Model start = lowered(trained, "before");
        SizeReport before = SizeReport.of(start, ModelWriter.toBytes(start));
        Map<String, Compression> parts = new LinkedHashMap<>();
        if (pruning != null) {
            parts.put("prune", pruning);
        }
        if (clustering != null) {
            parts.put("cluster", clustering);
        }
        for (Map.Entry<String, Compression> part : parts.entrySet()) {
            if (train(trained, photographs, part.getKey(), part.getValue()) == History.Outcome.INTERRUPTED) {
                spec.commandLine().getErr().println("stopped; the same command with --resume goes on");
                return CtrlC.exitCode();
            }
        }
        trained.write(out.resolve("compressed.whittle"));
        Model model = lowered(trained, "float32.tflite");
        byte[] dense = ModelWriter.toBytes(model);
        byte[] sparse = ModelWriter.toSparseBytes(SparseRewriter.rewrite(model));
        Output.write(out.resolve("float32.tflite"), dense);
        Output.write(out.resolve("sparse.tflite"), sparse);
        print(before, model, dense, sparse);
        return 0;
    }

    private static Model lowered(Network trained, String name) {
        return Lowering.lower(trained, name, DESCRIPTION).model();
    }

    private History.Outcome train(Network trained, Photographs photographs, String name, Compression part)
            throws IOException {
        TrainingSettings settings = TrainingSettings.ofEpochs(epochs).withBatchSize(batchSize).withSeed(data.seed())
                .withThreads(data.threads())
                .withLearningRate(new LearningRate.Cosine(learningRate, learningRate * LAST_SHARE, epochs))
                .withCompression(part)
                .withCheckpoint(out.resolve(name + ".checkpoint"), resume);
        try (CtrlC ctrlC = new CtrlC()) {
            return Trainer.fit(trained, photographs.training(), photographs.validation(), settings,
                    List.of(new CsvLog(out.resolve(name + ".csv")),
                            new Progress(spec.commandLine().getErr(), !quiet && Progress.isWatched()), ctrlC))
                    .outcome();
        } finally {
            // The interruption has done its work.
            Thread.interrupted();
        }
    }

    private void print(SizeReport before, Model model, byte[] dense, byte[] sparse) {
        Table files = new Table("", "file", "gzip", "entropy bound");
        row(files, "before", before);
        row(files, "float32.tflite", SizeReport.of(model, dense));
        row(files, "sparse.tflite", SizeReport.of(model, sparse));
        spec.commandLine().getOut()
                .println(files + System.lineSeparator() + tensors(SizeReport.of(model, dense)));
    }

    private static void row(Table files, String name, SizeReport report) {
        files.row(name, report.fileBytes(), report.gzipBytes(), Math.round(report.entropyBytes()));
    }

    /// The constants of a report as a table.
    static Table tensors(SizeReport report) {
        Table table = new Table("tensor", "type", "elements", "bytes", "zeros %", "values", "entropy bound");
        for (SizeReport.TensorSize tensor : report.tensors()) {
            table.row(tensor.name(), tensor.type(), tensor.elements(), tensor.bytes(),
                    String.format(Locale.ROOT, "%.1f", 100 * tensor.zeros()), tensor.distinct(),
                    Math.round(tensor.entropyBytes()));
        }
        return table;
    }
}
