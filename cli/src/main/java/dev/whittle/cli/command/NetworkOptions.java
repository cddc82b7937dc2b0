package dev.whittle.cli.command;

import dev.whittle.cli.OptionGroup;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.trainer.layer.Cutout;
import dev.whittle.trainer.layer.GaussianNoise;
import dev.whittle.trainer.layer.RandomAugmentation;
import dev.whittle.trainer.layer.RandomBrightness;
import dev.whittle.trainer.layer.RandomContrast;
import dev.whittle.trainer.layer.RandomFlip;
import dev.whittle.trainer.layer.RandomRotation;
import dev.whittle.trainer.layer.RandomTranslation;
import dev.whittle.trainer.layer.RandomZoom;
import dev.whittle.trainer.network.NetworkJson;
import dev.whittle.trainer.network.NetworkSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Which network is trained: the built-in classifier at a size, or one described in a file.
final class NetworkOptions implements OptionGroup {
    private static final String AUGMENT = "--augment";

    @Option(names = "--network", paramLabel = "FILE", description = "A network described in JSON, instead of the built-in classifier: its own input size, augmentation and dropout.") private @Nullable Path network;

    @Option(names = "--size", paramLabel = "PIXELS", defaultValue = "75", description = "Pixels on each side that the convolutions see (default: ${DEFAULT-VALUE}).") private int size;

    @Option(names = AUGMENT, paramLabel = "LIST", defaultValue = "flip,rotation=0.2", description = "What is done to training images at random, of: flip (both ways), mirror (left and right), rotation=0.2 (of a full turn), zoom=0.1, shift=0.1, contrast=0.2, brightness=0.1, noise=0.05, cutout=0.3 (default: ${DEFAULT-VALUE}).") private String augment =
            "";

    @Option(names = "--no-augment", description = "Train on the images as they are.") private boolean isPlain;

    @Spec(Spec.Target.MIXEE) private CommandSpec spec = CommandSpec.create();

    /// The network for the images.
    NetworkSpec network(Photographs photographs, float dropout) throws IOException {
        Path file = network;
        if (file != null) {
            for (String other : List.of("--size", AUGMENT, "--no-augment", "--dropout")) {
                if (spec.commandLine().getParseResult().hasMatchedOption(other)) {
                    throw new ParameterException(spec.commandLine(), "--network says itself what " + other + " would");
                }
            }
            NetworkSpec described = NetworkJson.read(file);
            return described.labels().isEmpty()
                    ? new NetworkSpec(described.inputShape(), described.nodes(), photographs.classNames())
                    : described;
        }
        List<RandomAugmentation> augmentation = isPlain ? List.of()
                : augmentation(new NamedNumbers(spec.commandLine(), AUGMENT, augment));
        return NetworkSpec.imageClassifier(photographs.inputShape(size), size, augmentation, dropout,
                photographs.classNames());
    }

    /// The layers of an augmentation, for values from 0 to 1.
    private static List<RandomAugmentation> augmentation(NamedNumbers numbers) {
        List<RandomAugmentation> layers = new ArrayList<>();
        for (String name : List.copyOf(numbers.names())) {
            layers.add(switch (name) {
                case "flip" -> {
                    numbers.requireNoNumber(name);
                    yield new RandomFlip("random_flip", true, true);
                }
                case "mirror" -> {
                    numbers.requireNoNumber(name);
                    yield new RandomFlip("random_flip", true, false);
                }
                case "rotation" -> new RandomRotation("random_rotation", numbers.take(name, 0.2f));
                case "zoom" -> new RandomZoom("random_zoom", numbers.take(name, 0.1f));
                case "shift" -> {
                    float share = numbers.take(name, 0.1f);
                    yield new RandomTranslation("random_translation", share, share);
                }
                case "contrast" -> new RandomContrast("random_contrast", numbers.take(name, 0.2f), 0, 1);
                case "brightness" -> new RandomBrightness("random_brightness", numbers.take(name, 0.1f), 0, 1);
                case "noise" -> new GaussianNoise("gaussian_noise", numbers.take(name, 0.05f));
                case "cutout" -> new Cutout("cutout", numbers.take(name, 0.3f), 0.5f);
                default -> throw numbers.refused("has \"" + name
                        + "\", expected flip, mirror, rotation, zoom, shift, contrast, brightness, noise and cutout");
            });
        }
        return layers;
    }

    @Override
    public String heading() {
        return "Network";
    }
}
