package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.pipeline.DataChoice;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.training.CtrlC;
import dev.whittle.cli.training.ModelStart;
import dev.whittle.cli.training.RunConfig;
import dev.whittle.cli.training.RunEnvironment;
import dev.whittle.cli.training.RunFolder;
import dev.whittle.trainer.callback.CsvLog;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TensorBoardLog;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(name = "train", description = "Train a network on a folder of photographs. Everything about the run goes to one folder, and a run that was stopped goes on with --resume to the same weights.", exitCodeList = {
    "0:done", "1:failed", "2:wrong usage", "130:stopped by Ctrl-C"}, footer = {
        "  whittle train --data photos --size 75 --out trained",
        "  whittle train --data photos --size 75 --out trained --resume",
        "  whittle train --config trained/run.json --out again",
        "  whittle train --data photos --network net.json --optimizer sgd,momentum=0.9 --schedule cosine,warm-up=3 --out trained",
        "  whittle train --data lists --weights keras.weights.h5 --freeze 'conv_*' --augment flip,zoom=0.1 --out trained",
        "  whittle train --data photos --from model.tflite --freeze 'conv*' --out trained"})
public final class TrainCommand implements Callable<Integer> {
    private static final String CONFIG = "--config";
    /// What may stand beside a config: nothing that decides the result.
    private static final Set<String> BESIDE_CONFIG = Set.of(CONFIG, "--out", "--threads", "--resume", "--quiet",
            "--json", "--tensorboard", "--checkpoint-minutes");

    @Mixin private DataOptions data = new DataOptions();

    @Mixin private NetworkOptions architecture = new NetworkOptions();

    @Mixin private TransferOptions transfer = new TransferOptions();

    @Option(names = "--weights", paramLabel = "FILE", description = "Start from weights that Keras has written for the same layers: .npz of get_weights(), .weights.h5 or .h5.") private @Nullable Path weights;

    @Mixin private TrainOptions training = new TrainOptions();

    @Mixin private LearningOptions learning = new LearningOptions();

    @Option(names = CONFIG, paramLabel = "FILE", description = "Repeat the run of a run.json exactly and compare the weights; beside it go only --out, --threads, --resume and how to show it.") private @Nullable Path configFile;

    @Option(names = "--out", paramLabel = "DIR", description = "The folder of the run: run.json, environment.json, log.csv, curves.svg, best.whittle, last.whittle, hashes.json, checkpoint.whittle (default with --config: its folder with -repeat behind).") private @Nullable Path out;

    @Option(names = "--checkpoint-minutes", paramLabel = "N", defaultValue = "5", description = "Within a long epoch, a checkpoint after so many minutes (default: ${DEFAULT-VALUE}).") private double checkpointMinutes;

    @Option(names = "--tensorboard", paramLabel = "DIR", description = "Write event files for TensorBoard below it.") private @Nullable Path tensorBoard;

    @Option(names = "--json", description = "Print every epoch as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Path folder = Output.folder(folder());
        Path repeated = configFile;
        RunConfig config;
        Photographs photographs;
        if (repeated == null) {
            DataChoice choice = data.requiredChoice();
            photographs = choice.photographs(data.seed(), data.threads());
            config = config(choice, photographs);
        } else {
            requireNothingBesideConfig();
            config = RunConfig.read(repeated);
            photographs = config.photographs(data.threads());
        }
        BrokenImages.list(photographs.broken(), spec.commandLine().getErr());
        History history = train(config, photographs, folder);
        if (history.outcome() == History.Outcome.INTERRUPTED) {
            spec.commandLine().getErr()
                    .println("stopped; this goes on: " + command() + (training.resume() ? "" : " --resume"));
            return CtrlC.exitCode();
        }
        Path file = folder.resolve(RunFolder.BEST);
        if (json) {
            spec.commandLine().getOut().println(Json.text(
                    new Document(1, file.toString(), history.bestEpoch(), history.outcome(), history.epochs())));
        } else {
            spec.commandLine().getOut().println(file);
        }
        return repeated == null ? 0 : compare(repeated.toAbsolutePath().resolveSibling(""), config, folder);
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param bestEpoch the epoch whose weights were kept, from 0
    record Document(int format, String network, int bestEpoch, History.Outcome outcome, List<EpochReport> epochs) {
    }

    private Path folder() {
        if (out != null) {
            return out;
        }
        if (configFile == null) {
            throw new ParameterException(spec.commandLine(), "Missing required option: '--out=DIR'");
        }
        Path original = configFile.toAbsolutePath().normalize().getParent();
        Path name = original == null ? null : original.getFileName();
        return original == null || name == null ? Path.of("repeat") : original.resolveSibling(name + "-repeat");
    }

    private void requireNothingBesideConfig() {
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            if (!BESIDE_CONFIG.contains(option.longestName())) {
                throw new ParameterException(spec.commandLine(),
                        CONFIG + " says itself what " + option.longestName() + " would");
            }
        }
    }

    private RunConfig config(DataChoice choice, Photographs photographs) throws IOException {
        ModelStart from = transfer.start();
        if (from != null && weights != null) {
            throw new ParameterException(spec.commandLine(), "--from and --weights both say what to start with");
        }
        NetworkSpec network = from == null
                ? architecture.network(photographs, training.dropout())
                : from.network(photographs.classNames(), data.seed()).spec();
        TrainingSettings settings = learning.applyTo(training.settings(data.seed(), data.threads()),
                training.learningRate(), photographs, network.layers().getLast());
        return RunConfig.of(spec.root().version()[0], choice, photographs,
                weights == null ? null : RunConfig.Weights.of(weights), from, settings, network);
    }

    private History train(RunConfig config, Photographs photographs, Path folder) throws IOException {
        Network network = config.startingNetwork();
        TrainingSettings settings = config.training().settings()
                .withThreads(data.threads())
                .withCheckpoint(folder.resolve("checkpoint.whittle"), training.resume())
                .withCheckpointInterval(Duration.ofMillis(Math.round(checkpointMinutes * 60_000)));
        List<TrainingListener> listeners = new ArrayList<>(List.of(
                new RunFolder(folder, config,
                        RunEnvironment.current(spec.root().version()[0], command(), data.threads()), network),
                new CsvLog(folder.resolve("log.csv")), training.progress(spec)));
        if (tensorBoard != null) {
            listeners.add(new TensorBoardLog(Output.folder(tensorBoard)));
        }
        try (CtrlC ctrlC = new CtrlC()) {
            listeners.add(ctrlC);
            return Trainer.fit(network, photographs.training(), photographs.validation(), settings, listeners);
        } finally {
            // The interruption has done its work.
            Thread.interrupted();
        }
    }

    /// Holds the weights of a repeated run against those of the run, where they are known.
    private int compare(Path original, RunConfig config, Path repeat) throws IOException {
        if (!Files.exists(original.resolve(RunFolder.HASHES))) {
            return 0;
        }
        RunFolder.Hashes expected = RunFolder.Hashes.read(original);
        RunFolder.Hashes found = RunFolder.Hashes.read(repeat);
        if (!found.equals(expected)) {
            throw new IllegalStateException("[%s] differs from that of %s, which %s wrote, must be the same".formatted(
                    repeat.resolve(RunFolder.HASHES), original, config.whittle()));
        }
        spec.commandLine().getErr().println("the same weights as in " + original);
        return 0;
    }

    private String command() {
        return spec.root().commandLine().getParseResult().originalArgs().stream().map(TrainCommand::quoted)
                .collect(Collectors.joining(" ", "whittle ", ""));
    }

    /// As a shell reads it.
    private static String quoted(String argument) {
        return argument.matches("[\\w./=,:+-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }
}
