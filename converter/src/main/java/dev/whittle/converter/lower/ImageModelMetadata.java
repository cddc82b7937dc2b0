package dev.whittle.converter.lower;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Metadata;
import dev.whittle.engine.model.Model;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// What an image classifier's file says beside the graph, so that it can be used without its training: two metadata
/// entries of plain UTF-8 text. `labels.txt` has one class name on each line, in the order of the outputs.
/// `input_range.txt` has two numbers, `minimum maximum`: the values that the darkest and the brightest sample of an image
/// take at the input, whatever scaling the graph then does itself.
///
/// @param labels the class of each output
/// @param inputMinimum what black is at the input
/// @param inputMaximum what white is at the input
public record ImageModelMetadata(List<String> labels, float inputMinimum, float inputMaximum) {
    private static final String LABELS = "labels.txt";
    private static final String INPUT_RANGE = "input_range.txt";

    public ImageModelMetadata {
        labels = List.copyOf(labels);
        for (String label : labels) {
            if (label.indexOf('\n') >= 0) {
                throw new IllegalArgumentException("label \"" + label.replace("\n", "\\n") + "\" has a line break");
            }
        }
        if (!(inputMinimum < inputMaximum) || Float.isInfinite(inputMaximum - inputMinimum)) {
            throw new IllegalArgumentException("input range " + inputMinimum + " to " + inputMaximum
                    + ", must be finite and in ascending order");
        }
    }

    /// What a model's file says; empty where it has not both entries, or they are not as described.
    public static Optional<ImageModelMetadata> of(Model model) {
        Optional<String> labels = text(model, LABELS);
        Optional<String> range = text(model, INPUT_RANGE);
        if (labels.isEmpty() || range.isEmpty()) {
            return Optional.empty();
        }
        String[] ends = range.get().strip().split(" ", -1);
        try {
            return ends.length == 2
                    ? Optional.of(new ImageModelMetadata(labels.get().lines().toList(), Float.parseFloat(ends[0]),
                            Float.parseFloat(ends[1])))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            // Text by another writer, which means something else by it.
            return Optional.empty();
        }
    }

    private static Optional<String> text(Model model, String name) {
        return model.metadata(name).map(content -> new String(content.toBytes(), StandardCharsets.UTF_8));
    }

    /// The entries to put into a model.
    public List<Metadata> entries() {
        return List.of(entry(LABELS, String.join("\n", labels) + "\n"),
                entry(INPUT_RANGE, inputMinimum + " " + inputMaximum + "\n"));
    }

    private static Metadata entry(String name, String text) {
        return new Metadata(name, Buffer.of(text.getBytes(StandardCharsets.UTF_8)));
    }
}
