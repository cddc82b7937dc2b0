package dev.whittle.cli.training;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.Sha256;
import dev.whittle.cli.report.Curves;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.callback.TrainingListener;
import dev.whittle.trainer.network.Network;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;

/// The folder of a training. `run.json` and `environment.json` are there from its start; [#LAST] and [#CURVES] are renewed
/// after every epoch, [#BEST] after every one with a lower validation loss than all before; `hashes.json` comes when the
/// training is over. Each appears whole or not at all.
public final class RunFolder implements TrainingListener {
    /// The weights that the training gives.
    public static final String BEST = "best.whittle";
    /// The weights after the latest epoch.
    public static final String LAST = "last.whittle";
    /// Loss and accuracy of the epochs.
    public static final String CURVES = "curves.svg";
    /// What decides the result.
    public static final String CONFIG = "run.json";
    /// SHA-256 of data and weights.
    public static final String HASHES = "hashes.json";

    private final Path folder;
    private final RunConfig config;
    private final RunEnvironment environment;
    private final Network network;
    private final List<EpochReport> epochs = new ArrayList<>();
    private double lowestLoss = Double.POSITIVE_INFINITY;

    /// What `hashes.json` holds.
    ///
    /// @param data SHA-256 of the list of images
    /// @param files SHA-256 of each file of weights
    public record Hashes(int format, String data, SequencedMap<String, String> files) {

        /// Reads the file of a folder.
        public static Hashes read(Path folder) throws IOException {
            return Json.read(HASHES, Files.readString(folder.resolve(HASHES)), Hashes.class);
        }
    }

    /// @param network that is trained
    public RunFolder(Path folder, RunConfig config, RunEnvironment environment, Network network) {
        this.folder = folder;
        this.config = config;
        this.environment = environment;
        this.network = network;
    }

    @Override
    public void trainingStarted(int epochCount, int batches, int images, List<EpochReport> history) {
        write(() -> {
            Files.deleteIfExists(folder.resolve(HASHES));
            Output.write(folder.resolve(CONFIG), config.text());
            Output.write(folder.resolve("environment.json"), Json.text(environment));
        });
        epochs.addAll(history);
        history.forEach(this::isBest);
    }

    @Override
    public void epochEnded(EpochReport report) {
        epochs.add(report);
        boolean best = isBest(report);
        write(() -> {
            network.write(folder.resolve(LAST));
            if (best) {
                network.write(folder.resolve(BEST));
            }
            Output.write(folder.resolve(CURVES), Curves.svg(epochs));
        });
    }

    /// The network has its best weights by now, unless it was interrupted.
    @Override
    public void trainingEnded(History history) {
        if (history.outcome() == History.Outcome.INTERRUPTED) {
            return;
        }
        write(() -> {
            network.write(folder.resolve(BEST));
            SequencedMap<String, String> files = new TreeMap<>();
            for (String file : List.of(BEST, LAST)) {
                files.put(file, Sha256.of(folder.resolve(file)));
            }
            Output.write(folder.resolve(HASHES), Json.text(new Hashes(1, config.data().sha256(), files)));
        });
    }

    private boolean isBest(EpochReport report) {
        if (report.validationLoss() < lowestLoss) {
            lowestLoss = report.validationLoss();
            return true;
        }
        return false;
    }

    private interface Writing {
        void run() throws IOException;
    }

    private static void write(Writing writing) {
        try {
            writing.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
