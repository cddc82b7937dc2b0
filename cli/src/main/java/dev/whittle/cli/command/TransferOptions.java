package dev.whittle.cli.command;

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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Training that starts from a model.
final class TransferOptions {
    @Option(names = "--from", paramLabel = "MODEL", description = "Go on from a float .tflite model, whose last layer is replaced where the images have other classes.") private @Nullable Path from;

    @Option(names = "--from-range", paramLabel = "BLACK,WHITE", split = ",", arity = "1", description = "Numbers for black and white that the model takes; by default what its metadata says, else 0,255.") private List<Float> range =
            List.of();

    @Option(names = "--freeze", paramLabel = "GLOB", split = ",", description = "Layers that keep their weights: names of tensors in the model, * standing for any characters.") private List<String> frozen =
            List.of();

    /// Names of layers that are not trained.
    List<String> frozen() {
        return frozen;
    }

    /// The network to start from, for images with values 0 to 255; empty where none was asked for.
    ///
    /// @param labels the classes of the images
    /// @param seed of a fresh last layer
    Optional<Network> network(List<String> labels, long seed) throws IOException {
        Path file = from;
        if (file == null) {
            return Optional.empty();
        }
        Model model = ModelReader.read(file);
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
        return Optional.of(scaled(ClassifierHead.replace(labelled, labels, seed), range(metadata)));
    }

    private PixelRange range(Optional<ImageModelMetadata> metadata) {
        return switch (range.size()) {
            case 0 -> metadata.map(known -> new PixelRange(known.inputMinimum(), known.inputMaximum()))
                    .orElse(PixelRange.BYTES);
            case 2 -> new PixelRange(range.get(0), range.get(1));
            default -> throw new IllegalArgumentException("--from-range " + range + ", must be two numbers as in 0,1");
        };
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
