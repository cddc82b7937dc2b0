package dev.whittle.cli.training;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.whittle.cli.Json;
import dev.whittle.cli.Sha256;
import dev.whittle.cli.pipeline.DataChoice;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.trainer.callback.EarlyStopping;
import dev.whittle.trainer.callback.ReduceOnPlateau;
import dev.whittle.trainer.loss.Loss;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkJson;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.network.TrainingSettings;
import dev.whittle.trainer.optimizer.GradientClipping;
import dev.whittle.trainer.optimizer.LearningRate;
import dev.whittle.trainer.optimizer.Optimizer;
import dev.whittle.trainer.weights.KerasWeights;
import dev.whittle.trainer.weights.WeightArrays;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Everything that decides what a training gives, as `run.json`. Two runs of one config end with the same weights to the
/// last bit, whatever threads and processors compute them.
///
/// @param format the version of this layout
/// @param whittle the version that wrote it, for the record
/// @param weights that the network starts with; null for fresh ones, drawn from the seed
/// @param from a model that the network and its weights come from; null for none
/// @param network the description that [NetworkJson] reads, resizing and augmentation among its layers
public record RunConfig(int format, String whittle, Data data, @Nullable Weights weights, @Nullable ModelStart from,
        Training training, JsonNode network) {
    /// The layout that this version writes and reads.
    public static final int FORMAT = 1;

    /// Where the images are and how they are divided.
    ///
    /// @param path absolute; null for generated castings
    /// @param validation share of the training images, where the data has no validation set
    /// @param sha256 of the list of images as it was, [Photographs#listSha256]
    public record Data(@Nullable String path, Photographs.Division split, double validation, String sha256) {

        DataChoice choice() {
            return new DataChoice(path == null ? null : Path.of(path), split, validation);
        }
    }

    /// A file of weights to start with.
    ///
    /// @param path absolute
    public record Weights(String path, String sha256) {

        /// The weights in `file`.
        public static Weights of(Path file) throws IOException {
            return new Weights(absolute(file), Sha256.of(file));
        }
    }

    /// What [TrainingSettings] has, but for what changes no result.
    public record Training(long seed, int epochs, int batchSize,
            @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "type") Optimizer optimizer,
            @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "type") LearningRate learningRate,
            // A record whose property is asked for as `isClassification()` is taken for a bean with that property.
            @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "type") @JsonIgnoreProperties("classification") @Nullable Loss loss,
            List<Float> classWeights, float mixup,
            @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "type") @Nullable GradientClipping clipping,
            List<String> frozen, @Nullable EarlyStopping earlyStopping, @Nullable ReduceOnPlateau reduceOnPlateau) {

        static Training of(TrainingSettings settings) {
            return new Training(settings.seed(), settings.epochs(), settings.batchSize(), settings.optimizer(),
                    settings.learningRate(), settings.loss(), settings.classWeights(), settings.mixup(),
                    settings.clipping(), settings.frozen(), settings.earlyStopping(), settings.plateau());
        }

        /// With the defaults of [TrainingSettings] for threads and memory, and without a checkpoint.
        public TrainingSettings settings() {
            return TrainingSettings.ofEpochs(epochs)
                    .withSeed(seed)
                    .withBatchSize(batchSize)
                    .withOptimizer(optimizer)
                    .withLearningRate(learningRate)
                    .withLoss(loss)
                    .withClassWeights(classWeights)
                    .withMixup(mixup)
                    .withClipping(clipping)
                    .withFrozen(frozen)
                    .withEarlyStopping(earlyStopping)
                    .withReduceOnPlateau(reduceOnPlateau);
        }
    }

    /// The config of a training that is about to start.
    ///
    /// @param photographs what `data` gave
    public static RunConfig of(String whittle, DataChoice data, Photographs photographs, @Nullable Weights weights,
            @Nullable ModelStart from, TrainingSettings settings, NetworkSpec network) {
        Path path = data.path();
        return new RunConfig(FORMAT, whittle,
                new Data(path == null ? null : absolute(path), data.division(), data.validationShare(),
                        photographs.listSha256()),
                weights, from, Training.of(settings), Json.tree("network", NetworkJson.write(network)));
    }

    /// Reads a file that [#text] was written to.
    ///
    /// @throws IllegalArgumentException naming the file, when it is not one
    public static RunConfig read(Path file) throws IOException {
        String text = Files.readString(file);
        String name = String.valueOf(file.getFileName());
        int format = Json.tree(name, text).path("format").asInt(0);
        if (format != FORMAT) {
            throw new IllegalArgumentException(
                    "[%s] is a run of format %d, this version reads format %d".formatted(name, format, FORMAT));
        }
        return Json.readStrictly(name, text, RunConfig.class);
    }

    /// The JSON text.
    public String text() {
        return Json.text(this);
    }

    /// The images, which must be those of the run.
    ///
    /// @throws IllegalArgumentException when the list of images is another
    public Photographs photographs(int threads) {
        Photographs photographs = data.choice().photographs(training.seed(), threads);
        String found = photographs.listSha256();
        if (!found.equals(data.sha256)) {
            throw new IllegalArgumentException(
                    "[%s] lists other images than the run had: SHA-256 %s, must be %s".formatted(photographs.name(),
                            found, data.sha256));
        }
        return photographs;
    }

    /// The network as the training starts with it.
    ///
    /// @throws IllegalArgumentException when the weights are no longer those of the run
    public Network startingNetwork() throws IOException {
        NetworkSpec spec = NetworkJson.parse(network.toString());
        if (from != null) {
            return from.network(spec.labels(), training.seed());
        }
        Network start = Network.create(spec, training.seed());
        if (weights != null) {
            Path file = Path.of(weights.path);
            String found = Sha256.of(file);
            if (!found.equals(weights.sha256)) {
                throw new IllegalArgumentException("[%s] holds other weights than the run had: SHA-256 %s, must be %s"
                        .formatted(file.getFileName(), found, weights.sha256));
            }
            KerasWeights.assign(WeightArrays.read(file), start);
        }
        return start;
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }
}
