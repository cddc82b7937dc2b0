package dev.whittle.cli.training;

import dev.whittle.cli.Sha256;
import dev.whittle.cli.image.PixelRange;
import dev.whittle.converter.lower.ImageModelMetadata;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.trainer.data.PixelImage;
import dev.whittle.trainer.layer.Rescaling;
import dev.whittle.trainer.network.Network;
import dev.whittle.trainer.network.NetworkSpec;
import dev.whittle.trainer.transfer.ClassifierHead;
import dev.whittle.trainer.transfer.ModelImport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A float `.tflite` model that a training starts from.
///
/// @param path absolute
/// @param range numbers for black and white that the model takes; empty for what its metadata says, else 0 and 255
public record ModelStart(String path, String sha256, List<Float> range) {
    public ModelStart {
        range = List.copyOf(range);
        if (!range.isEmpty() && range.size() != 2) {
            throw new IllegalArgumentException("--from-range " + range + ", must be two numbers as in 0,1");
        }
    }

    /// The model in `file`.
    public static ModelStart of(Path file, List<Float> range) throws IOException {
        return new ModelStart(file.toAbsolutePath().normalize().toString(), Sha256.of(file), range);
    }

    /// The network to start with, for images with values 0 to 255.
    ///
    /// @param labels the classes of the images
    /// @param seed of a fresh last layer
    /// @throws IllegalArgumentException when the file is no longer the same, or cannot be trained
    public Network network(List<String> labels, long seed) throws IOException {
        String found = Sha256.of(Path.of(path));
        if (!found.equals(sha256)) {
            throw new IllegalArgumentException("[%s] is another model than the run had: SHA-256 %s, must be %s"
                    .formatted(Path.of(path).getFileName(), found, sha256));
        }
        Model model = ModelReader.read(Path.of(path));
        Network network = ModelImport.of(model);
        NetworkSpec spec = network.spec();
        if (spec.inputShape().rank() != 3 || spec.inputShape().dimension(2) != PixelImage.CHANNELS) {
            throw new IllegalArgumentException("[%s] takes %s, expected images of [height, width, %d]"
                    .formatted(model.source(), spec.inputShape(), PixelImage.CHANNELS));
        }
        Optional<ImageModelMetadata> metadata = ImageModelMetadata.of(model);
        List<String> known = metadata.map(ImageModelMetadata::labels).orElse(List.of());
        int outputs = network.outputShape(network.layers().size() - 1).elementCount();
        Network labelled = network.withSpec(
                new NetworkSpec(spec.inputShape(), spec.nodes(), known.size() == outputs ? known : List.of()));
        return scaled(ClassifierHead.replace(labelled, labels, seed), range(metadata));
    }

    private PixelRange range(Optional<ImageModelMetadata> metadata) {
        return range.isEmpty()
                ? metadata.map(known -> new PixelRange(known.inputMinimum(), known.inputMaximum()))
                        .orElse(PixelRange.BYTES)
                : new PixelRange(range.get(0), range.get(1));
    }

    /// The network behind a rescaling of 0 … 255 to what it takes.
    private static Network scaled(Network network, PixelRange range) {
        if (range.equals(PixelRange.BYTES)) {
            return network;
        }
        Rescaling rescaling = new Rescaling("pixel_range", (range.white() - range.black()) / 255, range.black());
        NetworkSpec spec = network.spec();
        List<NetworkSpec.Node> nodes = new ArrayList<>();
        nodes.add(new NetworkSpec.Node(rescaling, List.of(NetworkSpec.INPUT)));
        for (NetworkSpec.Node node : spec.nodes()) {
            nodes.add(new NetworkSpec.Node(node.layer(), node.inputs().stream()
                    .map(input -> input.equals(NetworkSpec.INPUT) ? rescaling.name() : input).toList()));
        }
        return network.withSpec(new NetworkSpec(spec.inputShape(), nodes, spec.labels()));
    }
}
