package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.plan.PlanOptions;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.prune.SizeReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "inspect", description = "Show a model's subgraphs, operators, tensors, sizes and memory, or verify a file from a stranger.", footer = {
    "  whittle inspect demo/float.tflite",
    "  whittle inspect --verify --max-bytes 512MB --max-time 30s unknown.tflite"})
public final class InspectCommand implements Callable<Integer> {
    /// A file that someone has to decide about should not keep them waiting for an hour.
    private static final Duration VERIFY_TIME = Duration.ofMinutes(1);
    /// Minutes of work, where `ModelLimits` allows for hours.
    private static final long VERIFY_MULTIPLICATIONS = 1L << 38;

    @Parameters(paramLabel = "MODEL", description = "A .tflite file.") private Path model = Path.of("");

    @Option(names = "--verify", description = "Verify the file, plan it, and run it once on zeros within the limits (time: 1min, multiplications: 2^38 where not given); exit 0 if all went well.") private boolean verify;

    @Option(names = "--sizes", description = "Show what the file, the file after gzip and each constant take, its zeros, its different values, and the bound that their entropy sets.") private boolean sizes;

    @Mixin private LimitOptions limits = new LimitOptions();

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        if (sizes) {
            return sized();
        }
        return verify ? verified() : inspected();
    }

    private int sized() throws IOException {
        SizeReport report = SizeReport.of(ModelReader.read(model, limits.limits(ModelLimits.defaults())),
                Files.readAllBytes(model));
        print(json
                ? Json.text(report) + System.lineSeparator()
                : "file %d bytes, gzip %d, entropy bound of the weights %d%n%s".formatted(report.fileBytes(),
                        report.gzipBytes(), Math.round(report.entropyBytes()), CompressCommand.tensors(report)));
        return 0;
    }

    private int inspected() throws IOException {
        Inspection inspection = Inspection.of(model, limits.limits(ModelLimits.defaults()));
        print(json ? Json.text(inspection) + System.lineSeparator() : InspectionText.of(inspection));
        return 0;
    }

    private int verified() {
        ModelLimits base = ModelLimits.defaults().withMaxTime(VERIFY_TIME)
                .withMaxMultiplications(VERIFY_MULTIPLICATIONS);
        Verification verification =
                Verification.of(model, PlanOptions.defaults().withLimits(limits.limits(base)));
        print(json ? Json.text(verification) + System.lineSeparator() : verification.text());
        if (verification.error() == null) {
            return 0;
        }
        spec.commandLine().getErr().println("whittle: " + verification.error());
        return 1;
    }

    private void print(String text) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(text);
        out.flush();
    }
}
