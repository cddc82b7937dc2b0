package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.engine.model.Model;
import dev.whittle.quantizer.microscope.Samples;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What a command judges a model's accuracy on, and how it prints what it found.
final class JudgingOptions {
    private static final int DEFAULT_SAMPLES = 500;

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Mixin private SampleOptions samples = new SampleOptions();

    @Mixin private DataOptions data = new DataOptions();

    /// The samples that were asked for.
    Samples samples(Model model) throws IOException {
        return samples.required(model, data, DEFAULT_SAMPLES);
    }

    /// Whether they are images, which have sets for different purposes.
    boolean isImages() {
        return samples.isImages();
    }

    DataOptions data() {
        return data;
    }

    /// Prints one of both forms.
    void print(PrintWriter out, Object document, String text) {
        out.print(json ? Json.text(document) + System.lineSeparator() : text);
        out.flush();
    }
}
