package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Output;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.trainer.callback.EpochReport;
import dev.whittle.trainer.callback.History;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.Trainer;
import dev.whittle.trainer.network.TrainingSettings;
import dev.whittle.trainer.weights.KerasWeights;
import dev.whittle.trainer.weights.WeightArrays;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "train", description = "Train a network on a folder of photographs.", footer = {
    "  whittle train --data photos --size 75 --out trained",
    "  whittle train --data photos --size 75 --out trained --resume",
    "  whittle train --data lists --weights keras.weights.h5 --out trained",
    "  whittle train --data photos --from model.tflite --freeze 'conv*' --out trained"})
public final class TrainCommand implements Callable<Integer> {
    @Mixin private DataOptions data = new DataOptions();

    @Mixin private TrainOptions training = new TrainOptions();

    @Mixin private TransferOptions transfer = new TransferOptions();

    @Option(names = "--size", paramLabel = "PIXELS", defaultValue = "75", description = "Pixels on each side that the convolutions see (default: ${DEFAULT-VALUE}).") private int size;

    @Option(names = "--weights", paramLabel = "FILE", description = "Start from weights that Keras has written for the same layers: .npz of get_weights(), .weights.h5 or .h5.") private @Nullable Path weights;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Where to write network.whittle, and checkpoint.whittle after each epoch.") private Path out =
            Path.of("");

    @Option(names = "--json", description = "Print every epoch as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Output.folder(out);
        Photographs photographs = data.required();
        BrokenImages.list(photographs.broken(), spec.commandLine().getErr());
        Network network = transfer.network(photographs.classNames(), data.seed())
                .orElseGet(() -> Network.create(NetworkSpec.imageClassifier(photographs.inputShape(size), size, true,
                        training.dropout(), photographs.classNames()), data.seed()));
        Path start = weights;
        if (start != null) {
            KerasWeights.assign(WeightArrays.read(start), network);
        }
        TrainingSettings settings = training.settings(data.seed(), data.threads())
                .withCheckpoint(out.resolve("checkpoint.whittle"), training.resume()).withFrozen(transfer.frozen());
        History history = Trainer.fit(network, photographs.training(), photographs.validation(), settings,
                List.of(training.progress(spec)));
        Path file = out.resolve("network.whittle");
        network.write(file);
        if (json) {
            spec.commandLine().getOut().println(Json.text(
                    new Document(1, file.toString(), history.bestEpoch(), history.outcome(), history.epochs())));
        } else {
            spec.commandLine().getOut().println(file);
        }
        return 0;
    }

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param bestEpoch the epoch whose weights were kept, from 0
    record Document(int format, String network, int bestEpoch, History.Outcome outcome, List<EpochReport> epochs) {
    }
}
