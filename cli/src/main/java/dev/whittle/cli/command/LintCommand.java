package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.cli.Table;
import dev.whittle.cli.pipeline.Photographs;
import dev.whittle.cli.pipeline.RunRecords;
import dev.whittle.cli.pipeline.RunRecords.Predictions;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.calibrate.CalibrationRecord;
import dev.whittle.quantizer.microscope.Samples;
import dev.whittle.quantizer.microscope.lint.Evidence;
import dev.whittle.quantizer.microscope.lint.Finding;
import dev.whittle.quantizer.microscope.lint.Lint;
import dev.whittle.quantizer.microscope.lint.LintRule;
import dev.whittle.quantizer.microscope.lint.Severity;
import dev.whittle.quantizer.microscope.lint.Target;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "lint", description = "Look for mistakes that people make with quantized models, each with its cure.", exitCodeList = {
    "0:done, no errors or warnings", "1:failed", "2:wrong usage", "3:done, with errors or warnings"}, footer = {
        "  whittle lint int8.tflite --data photos",
        "  whittle lint int8.tflite --run runs/7 --target edgetpu"})
public final class LintCommand implements Callable<Integer> {
    private static final int FOUND = 3;
    private static final int DEFAULT_SAMPLES = 100;

    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "A .tflite file.") private @Nullable Path model;

    @Option(names = "--run", paramLabel = "DIR", description = "A folder with predictions.json or calibration.json, the records of a run.") private @Nullable Path run;

    @Option(names = "--expect-qat", description = "The model is said to be trained quantization-aware, whatever its names say.") private boolean expectsQat;

    @Option(names = "--target", paramLabel = "TARGET", split = ",", description = "Where the model is meant to run: micro, edgetpu.") private Set<Target> targets =
            Set.of();

    @Option(names = "--rules", description = "List what is looked for.") private boolean rules;

    @Mixin private SampleOptions samples = new SampleOptions();

    @Mixin private DataOptions data = new DataOptions();

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    /// The JSON document.
    ///
    /// @param format the version of this layout
    record Document(int format, String file, List<Finding> findings) {
    }

    record RuleRow(String id, String description, String cure) {
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (rules) {
            out.print(rules());
            out.flush();
            return 0;
        }
        if (model == null) {
            throw new ParameterException(spec.commandLine(),
                    "Missing required parameter: 'MODEL'");
        }
        samples.refuseRandom("ranges are judged by data like those that will come, expected --npy or images");
        Model read = ModelReader.read(model);
        List<Finding> findings = Lint.check(read, evidence(model, read));
        out.print(json
                ? Json.text(new Document(1, model.toString(), findings)) + System.lineSeparator()
                : text(model, findings));
        out.flush();
        return findings.stream().anyMatch(finding -> finding.severity() != Severity.NOTE) ? FOUND : 0;
    }

    private Evidence evidence(Path file, Model read) throws IOException {
        Evidence evidence = Evidence.ofName(String.valueOf(file.getFileName())).withTargets(targets);
        if (expectsQat) {
            evidence = evidence.calledQat();
        }
        Predictions predictions = new Predictions(1, null, List.of());
        Set<String> calibration = Set.of();
        if (run != null) {
            if (!Files.isDirectory(run)) {
                throw Files.exists(run) ? new NotDirectoryException(run.toString())
                        : new NoSuchFileException(run.toString());
            }
            predictions = RunRecords.predictions(run);
            calibration = RunRecords.calibrationImages(run);
        }
        Set<String> tested = new HashSet<>(RunRecords.images(predictions));
        Photographs photographs = data.photographs().orElse(null);
        boolean isCalibrationKnown = !calibration.isEmpty() || CalibrationRecord.of(read).isPresent();
        if (photographs != null && isCalibrationKnown) {
            tested.addAll(RunRecords.hashes(photographs.test()));
        }
        List<Evidence.Prediction> recorded = new ArrayList<>();
        for (RunRecords.Prediction prediction : predictions.predictions()) {
            recorded.add(new Evidence.Prediction(prediction.codes(), prediction.scores()));
        }
        return evidence.withImages(calibration, tested).withPredictions(recorded)
                .withSamples(samples.chosen(read, read, data, DEFAULT_SAMPLES).map(Samples::all).orElse(List.of()));
    }

    private String rules() {
        List<RuleRow> rows = new ArrayList<>();
        for (LintRule rule : LintRule.values()) {
            rows.add(new RuleRow(rule.id(), rule.description(), rule.cure()));
        }
        if (json) {
            return Json.text(rows) + System.lineSeparator();
        }
        Table table = new Table("id", "what", "cure");
        rows.forEach(row -> table.row(row.id, row.description, row.cure));
        return table.toString();
    }

    private static String text(Path model, List<Finding> findings) {
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings) {
            text.append("%s %s: %s: %s%n    cure: %s%n".formatted(
                    finding.severity().name().toLowerCase(Locale.ROOT), finding.id(), finding.where(),
                    finding.found(), finding.cure()));
        }
        return text.append("%s: %d errors, %d warnings, %d notes%n".formatted(model,
                count(findings, Severity.ERROR), count(findings, Severity.WARNING), count(findings, Severity.NOTE)))
                .toString();
    }

    private static long count(List<Finding> findings, Severity severity) {
        return findings.stream().filter(finding -> finding.severity() == severity).count();
    }
}
